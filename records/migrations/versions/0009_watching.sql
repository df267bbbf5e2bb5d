-- Watching: sources of lists, the reverse index, what Monitoring is to hear of, holds and the mails that wait for their end.
CREATE TABLE list_sources (
    name VARCHAR NOT NULL,
    marks JSONB DEFAULT '{}'::jsonb NOT NULL,
    asked TIMESTAMP WITH TIME ZONE,
    answered TIMESTAMP WITH TIME ZONE,
    version VARCHAR,
    held VARCHAR,
    failed_since TIMESTAMP WITH TIME ZONE,
    reason VARCHAR,
    alerted VARCHAR,
    swept VARCHAR,
    CONSTRAINT pk_list_sources PRIMARY KEY (name)
);

CREATE TABLE list_releases (
    version VARCHAR NOT NULL,
    staff_id VARCHAR(40) NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_list_releases PRIMARY KEY (version, staff_id)
);

-- keyed hashes of words of names, and of the keys under which each word is found again
CREATE TABLE name_words (
    word BIGINT NOT NULL,
    keys BIGINT[] NOT NULL,
    CONSTRAINT pk_name_words PRIMARY KEY (word)
);
CREATE INDEX ix_name_words_keys ON name_words USING gin (keys);

CREATE TABLE watched_names (
    client_id VARCHAR(40) NOT NULL,
    party VARCHAR NOT NULL,
    place BIGINT NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    kind VARCHAR NOT NULL,
    words BIGINT[] NOT NULL,
    roles VARCHAR NOT NULL,
    wholes BIGINT[] NOT NULL,
    since TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_watched_names PRIMARY KEY (client_id, party, place),
    CONSTRAINT fk_watched_names_client_id FOREIGN KEY(client_id) REFERENCES clients (id),
    CONSTRAINT fk_watched_names_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);
CREATE INDEX ix_watched_names_words ON watched_names USING gin (words);
CREATE INDEX ix_watched_names_wholes ON watched_names USING gin (wholes);

CREATE TABLE stirs (
    id VARCHAR(40) NOT NULL,
    client_id VARCHAR(40) NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    cause VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    created TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    told TIMESTAMP WITH TIME ZONE,
    heard TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_stirs PRIMARY KEY (id),
    CONSTRAINT uq_stirs_client_id_key UNIQUE (client_id, key),
    CONSTRAINT fk_stirs_client_id FOREIGN KEY(client_id) REFERENCES clients (id),
    CONSTRAINT fk_stirs_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);
CREATE INDEX ix_stirs_heard_created ON stirs (heard, created);

CREATE TABLE holds (
    id VARCHAR(40) NOT NULL,
    client_id VARCHAR(40) NOT NULL,
    reason VARCHAR NOT NULL,
    actor VARCHAR NOT NULL,
    since_story TIMESTAMP WITH TIME ZONE NOT NULL,
    lifted_by VARCHAR,
    lifted_story TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_holds PRIMARY KEY (id),
    CONSTRAINT fk_holds_client_id FOREIGN KEY(client_id) REFERENCES clients (id)
);
CREATE INDEX ix_holds_client_id ON holds (client_id);

CREATE TABLE kept_mails (
    case_id VARCHAR(40) NOT NULL,
    key VARCHAR NOT NULL,
    notice JSONB NOT NULL,
    kept TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    sent TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_kept_mails PRIMARY KEY (case_id, key),
    CONSTRAINT fk_kept_mails_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);

GRANT SELECT, INSERT, UPDATE ON list_sources, stirs, holds, kept_mails TO aboard_app;
GRANT SELECT, INSERT ON list_releases TO aboard_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON watched_names, name_words TO aboard_app;
