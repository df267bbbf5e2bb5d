-- Vendors' events, identity checks, adverse media, ownership.
ALTER TABLE vendor_events ADD COLUMN offered TIMESTAMP WITH TIME ZONE, ADD COLUMN offers BIGINT DEFAULT 0 NOT NULL;

CREATE TABLE evidence_files (
    case_id VARCHAR(40) NOT NULL,
    occasion VARCHAR NOT NULL,
    round BIGINT NOT NULL,
    content BYTEA NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_evidence_files PRIMARY KEY (case_id, occasion),
    CONSTRAINT fk_evidence_files_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);

CREATE TABLE identity_checks (
    id VARCHAR(40) NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    step VARCHAR NOT NULL,
    party VARCHAR NOT NULL,
    attempt BIGINT NOT NULL,
    vendor VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    vendor_id VARCHAR,
    link BYTEA,
    result BYTEA,
    opened TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    settled TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_identity_checks PRIMARY KEY (id),
    CONSTRAINT uq_identity_checks_case_id_party_attempt UNIQUE (case_id, party, attempt),
    CONSTRAINT fk_identity_checks_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);
CREATE INDEX ix_identity_checks_case_id ON identity_checks (case_id);

GRANT SELECT, INSERT, UPDATE ON evidence_files, identity_checks TO aboard_app;
