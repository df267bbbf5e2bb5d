CREATE TABLE idempotency (
    scope VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    body VARCHAR NOT NULL,
    claim VARCHAR NOT NULL,
    claimed TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    status BIGINT,
    response BYTEA,
    created TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_idempotency PRIMARY KEY (scope, key)
);
CREATE INDEX ix_idempotency_created ON idempotency (created);

CREATE TABLE staff (
    id VARCHAR(40) NOT NULL,
    name VARCHAR NOT NULL,
    email VARCHAR NOT NULL,
    roles JSONB NOT NULL,
    token_hash VARCHAR NOT NULL,
    disabled TIMESTAMP WITH TIME ZONE,
    created TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_staff PRIMARY KEY (id),
    CONSTRAINT uq_staff_token_hash UNIQUE (token_hash)
);

CREATE TABLE links (
    id VARCHAR(40) NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    key VARCHAR NOT NULL,
    purpose VARCHAR NOT NULL,
    subject VARCHAR,
    generation BIGINT NOT NULL,
    token_hash VARCHAR NOT NULL,
    expires TIMESTAMP WITH TIME ZONE NOT NULL,
    used TIMESTAMP WITH TIME ZONE,
    created TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_links PRIMARY KEY (id),
    CONSTRAINT uq_links_case_id_key UNIQUE (case_id, key),
    CONSTRAINT fk_links_case_id FOREIGN KEY(case_id) REFERENCES cases (id),
    CONSTRAINT uq_links_token_hash UNIQUE (token_hash)
);
CREATE INDEX ix_links_case_id ON links (case_id);

CREATE TABLE vendor_events (
    vendor VARCHAR NOT NULL,
    event VARCHAR NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    step VARCHAR,
    kind VARCHAR NOT NULL,
    payload BYTEA NOT NULL,
    received TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    delivered TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_vendor_events PRIMARY KEY (vendor, event),
    CONSTRAINT fk_vendor_events_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);
CREATE INDEX ix_vendor_events_case_id ON vendor_events (case_id);
CREATE INDEX ix_vendor_events_delivered_received ON vendor_events (delivered, received);

CREATE TABLE sessions (
    token_hash VARCHAR NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    link_id VARCHAR(40) NOT NULL,
    purpose VARCHAR NOT NULL,
    subject VARCHAR,
    idle_until TIMESTAMP WITH TIME ZONE NOT NULL,
    expires TIMESTAMP WITH TIME ZONE NOT NULL,
    created TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (token_hash),
    CONSTRAINT fk_sessions_case_id FOREIGN KEY(case_id) REFERENCES cases (id),
    CONSTRAINT fk_sessions_link_id FOREIGN KEY(link_id) REFERENCES links (id)
);
CREATE INDEX ix_sessions_case_id ON sessions (case_id);
CREATE INDEX ix_sessions_expires ON sessions (expires);
CREATE INDEX ix_sessions_link_id ON sessions (link_id);

GRANT SELECT, INSERT, UPDATE ON links, staff, vendor_events TO aboard_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions, idempotency TO aboard_app;
