CREATE TABLE documents (
    id VARCHAR(40) NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    kind VARCHAR NOT NULL,
    party VARCHAR,
    state VARCHAR NOT NULL,
    reason VARCHAR,
    object_key VARCHAR NOT NULL,
    media_type VARCHAR NOT NULL,
    size BIGINT NOT NULL,
    digest VARCHAR NOT NULL,
    retention VARCHAR NOT NULL,
    uploaded_story TIMESTAMP WITH TIME ZONE NOT NULL,
    uploaded TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    extracted BYTEA,
    CONSTRAINT pk_documents PRIMARY KEY (id),
    CONSTRAINT fk_documents_case_id FOREIGN KEY(case_id) REFERENCES cases (id),
    CONSTRAINT uq_documents_object_key UNIQUE (object_key)
);
CREATE INDEX ix_documents_case_id ON documents (case_id);

CREATE TABLE forms (
    case_id VARCHAR(40) NOT NULL,
    form VARCHAR NOT NULL,
    draft BYTEA,
    saved TIMESTAMP WITH TIME ZONE,
    submitted BYTEA,
    submitted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_forms PRIMARY KEY (case_id, form),
    CONSTRAINT fk_forms_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);

GRANT SELECT, INSERT, UPDATE ON documents, forms TO aboard_app;
