CREATE TABLE journal_refusals (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    actor VARCHAR NOT NULL,
    case_id VARCHAR,
    what VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_journal_refusals PRIMARY KEY (id)
);
CREATE INDEX ix_journal_refusals_actor_at ON journal_refusals (actor, at);
CREATE INDEX ix_journal_refusals_case_id ON journal_refusals (case_id);

CREATE TABLE effects (
    key VARCHAR NOT NULL,
    "order" BIGINT GENERATED ALWAYS AS IDENTITY,
    kind VARCHAR NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    step VARCHAR NOT NULL,
    actor VARCHAR NOT NULL,
    story TIMESTAMP WITH TIME ZONE NOT NULL,
    state VARCHAR NOT NULL,
    attempts BIGINT DEFAULT 0 NOT NULL,
    error VARCHAR,
    detail JSONB NOT NULL,
    undo VARCHAR,
    undo_args JSONB NOT NULL,
    receipt_id VARCHAR,
    receipt JSONB,
    intended TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    settled TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_effects PRIMARY KEY (key),
    CONSTRAINT uq_effects_order UNIQUE ("order"),
    CONSTRAINT fk_effects_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);
CREATE INDEX ix_effects_case_id ON effects (case_id);

CREATE TABLE journal_entries (
    case_id VARCHAR(40) NOT NULL,
    seq BIGINT NOT NULL,
    actor VARCHAR NOT NULL,
    what VARCHAR NOT NULL,
    reason VARCHAR,
    effect VARCHAR,
    key VARCHAR,
    story TIMESTAMP WITH TIME ZONE NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    detail BYTEA,
    previous VARCHAR NOT NULL,
    hash VARCHAR NOT NULL,
    CONSTRAINT pk_journal_entries PRIMARY KEY (case_id, seq),
    CONSTRAINT uq_journal_entries_case_id_key UNIQUE (case_id, key),
    CONSTRAINT fk_journal_entries_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);

CREATE TABLE journal_heads (
    case_id VARCHAR(40) NOT NULL,
    seq BIGINT NOT NULL,
    hash VARCHAR NOT NULL,
    signer VARCHAR NOT NULL,
    signature VARCHAR NOT NULL,
    CONSTRAINT pk_journal_heads PRIMARY KEY (case_id, seq),
    CONSTRAINT fk_journal_heads_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);

GRANT SELECT, INSERT ON journal_entries, journal_heads, journal_refusals TO aboard_app;
GRANT SELECT, INSERT, UPDATE ON effects TO aboard_app;

-- the application has no right to change the journal; these stop whoever has, the owner of the tables included
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON journal_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON journal_heads FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON journal_refusals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON journal_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON journal_heads FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON journal_refusals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
