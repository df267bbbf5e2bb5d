-- Diligence: claims, conditions, overrides, blocking and suspicion reports.
ALTER TABLE reviews ADD COLUMN claimed_by VARCHAR;
ALTER TABLE reviews ADD COLUMN claimed_until TIMESTAMP WITH TIME ZONE;
ALTER TABLE reviews ADD COLUMN for_senior BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE votes ADD COLUMN note VARCHAR;
ALTER TABLE notes ADD COLUMN confidential BOOLEAN DEFAULT false NOT NULL;

CREATE TABLE overrides (
    id VARCHAR(40) NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    review_id VARCHAR(40) NOT NULL,
    before VARCHAR NOT NULL,
    band VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    note VARCHAR NOT NULL,
    proposed_by VARCHAR NOT NULL,
    proposed_story TIMESTAMP WITH TIME ZONE NOT NULL,
    state VARCHAR NOT NULL,
    second VARCHAR,
    decided_story TIMESTAMP WITH TIME ZONE,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_overrides PRIMARY KEY (id),
    CONSTRAINT fk_overrides_case_id FOREIGN KEY(case_id) REFERENCES cases (id),
    CONSTRAINT fk_overrides_review_id FOREIGN KEY(review_id) REFERENCES reviews (id),
    CONSTRAINT two_people CHECK (second IS NULL OR second <> proposed_by)
);
CREATE INDEX ix_overrides_case_id ON overrides (case_id);

CREATE TABLE conditions (
    id VARCHAR(40) NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    review_id VARCHAR(40) NOT NULL,
    code VARCHAR NOT NULL,
    owner VARCHAR NOT NULL,
    days BIGINT NOT NULL,
    words BYTEA,
    proposed_by VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    task_id VARCHAR(40),
    due_nominal TIMESTAMP WITH TIME ZONE,
    due_effective TIMESTAMP WITH TIME ZONE,
    due_reason VARCHAR,
    closed_by VARCHAR,
    closed_story TIMESTAMP WITH TIME ZONE,
    reason VARCHAR,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_conditions PRIMARY KEY (id),
    CONSTRAINT fk_conditions_case_id FOREIGN KEY(case_id) REFERENCES cases (id),
    CONSTRAINT fk_conditions_review_id FOREIGN KEY(review_id) REFERENCES reviews (id),
    CONSTRAINT fk_conditions_task_id FOREIGN KEY(task_id) REFERENCES tasks (id)
);
CREATE INDEX ix_conditions_case_id ON conditions (case_id);
CREATE INDEX ix_conditions_state ON conditions (state);

-- suspicion reports stand apart: no column names a case, and nothing of a case names them
CREATE TABLE suspicion_reports (
    id VARCHAR(40) NOT NULL,
    wrapped BYTEA,
    content BYTEA NOT NULL,
    state VARCHAR NOT NULL,
    raised_by VARCHAR NOT NULL,
    raised TIMESTAMP WITH TIME ZONE NOT NULL,
    closed TIMESTAMP WITH TIME ZONE,
    erase_after TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_suspicion_reports PRIMARY KEY (id)
);

CREATE TABLE suspicion_entries (
    seq BIGINT NOT NULL,
    report_id VARCHAR(40) NOT NULL,
    actor VARCHAR NOT NULL,
    what VARCHAR NOT NULL,
    reason VARCHAR,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    detail BYTEA,
    previous VARCHAR NOT NULL,
    hash VARCHAR NOT NULL,
    signer VARCHAR NOT NULL,
    signature VARCHAR NOT NULL,
    CONSTRAINT pk_suspicion_entries PRIMARY KEY (seq),
    CONSTRAINT fk_suspicion_entries_report_id FOREIGN KEY(report_id) REFERENCES suspicion_reports (id)
);

GRANT SELECT, INSERT, UPDATE ON overrides, suspicion_reports TO aboard_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON conditions TO aboard_app;
GRANT SELECT, INSERT ON suspicion_entries TO aboard_app;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON suspicion_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON suspicion_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
