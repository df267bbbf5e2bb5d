-- Keys of names by row, so that one join finds the words that a change of a list touches. The keys themselves are others
-- than before, and nobody can compute them here: each client's next look writes its names anew.
DROP TABLE name_words;
DELETE FROM watched_names;

CREATE TABLE name_keys (
    key BIGINT NOT NULL,
    word BIGINT NOT NULL,
    less SMALLINT NOT NULL,
    CONSTRAINT pk_name_keys PRIMARY KEY (key, word) INCLUDE (less)
);
CREATE INDEX ix_name_keys_word ON name_keys (word);

ALTER TABLE watched_names ADD COLUMN number BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY;
ALTER TABLE watched_names ADD CONSTRAINT uq_watched_names_number UNIQUE (number);

GRANT SELECT, INSERT, DELETE ON name_keys TO aboard_app;
