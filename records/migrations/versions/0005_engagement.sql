CREATE TABLE agreements (
    id VARCHAR(40) NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    step VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    template VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    reason VARCHAR,
    document_key VARCHAR,
    document_digest VARCHAR,
    signed_key VARCHAR,
    signed_digest VARCHAR,
    certificate_key VARCHAR,
    certificate_digest VARCHAR,
    consent BYTEA,
    consented TIMESTAMP WITH TIME ZONE,
    sealed TIMESTAMP WITH TIME ZONE,
    created TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_agreements PRIMARY KEY (id),
    CONSTRAINT uq_agreements_case_id_step_key UNIQUE (case_id, step, key),
    CONSTRAINT fk_agreements_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);
CREATE INDEX ix_agreements_case_id ON agreements (case_id);

CREATE TABLE check_ins (
    id VARCHAR(40) NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    step VARCHAR NOT NULL,
    day BIGINT,
    dates JSONB NOT NULL,
    merged BOOLEAN NOT NULL,
    outcome VARCHAR,
    reasons JSONB DEFAULT '[]'::jsonb NOT NULL,
    missing JSONB DEFAULT '[]'::jsonb NOT NULL,
    recorded JSONB,
    recorded_by VARCHAR,
    exit_criterion VARCHAR,
    brief BYTEA,
    closed_story TIMESTAMP WITH TIME ZONE,
    due_nominal TIMESTAMP WITH TIME ZONE,
    due_effective TIMESTAMP WITH TIME ZONE,
    due_reason VARCHAR,
    CONSTRAINT pk_check_ins PRIMARY KEY (id),
    CONSTRAINT uq_check_ins_case_id_step UNIQUE (case_id, step),
    CONSTRAINT fk_check_ins_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);
CREATE INDEX ix_check_ins_case_id ON check_ins (case_id);

CREATE TABLE guidance (
    case_id VARCHAR(40) NOT NULL,
    step VARCHAR NOT NULL,
    guide VARCHAR NOT NULL,
    position BIGINT NOT NULL,
    published_story TIMESTAMP WITH TIME ZONE NOT NULL,
    read_story TIMESTAMP WITH TIME ZONE,
    choice VARCHAR,
    CONSTRAINT pk_guidance PRIMARY KEY (case_id, step, guide),
    CONSTRAINT fk_guidance_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);

CREATE TABLE meetings (
    id VARCHAR(40) NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    step VARCHAR NOT NULL,
    round BIGINT NOT NULL,
    purpose VARCHAR NOT NULL,
    minutes BIGINT NOT NULL,
    owner VARCHAR NOT NULL,
    uid VARCHAR NOT NULL,
    sequence BIGINT DEFAULT 0 NOT NULL,
    state VARCHAR NOT NULL,
    starts TIMESTAMP WITH TIME ZONE,
    ends TIMESTAMP WITH TIME ZONE,
    timezone VARCHAR NOT NULL,
    slots JSONB NOT NULL,
    moves JSONB DEFAULT '[]'::jsonb NOT NULL,
    notes VARCHAR,
    created TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_meetings PRIMARY KEY (id),
    CONSTRAINT uq_meetings_case_id_step_round UNIQUE (case_id, step, round),
    CONSTRAINT fk_meetings_case_id FOREIGN KEY(case_id) REFERENCES cases (id),
    CONSTRAINT uq_meetings_uid UNIQUE (uid)
);
CREATE INDEX ix_meetings_case_id ON meetings (case_id);

CREATE TABLE surveys (
    id VARCHAR(40) NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    step VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    answers BYTEA,
    answered TIMESTAMP WITH TIME ZONE,
    opened_story TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_story TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_story TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_surveys PRIMARY KEY (id),
    CONSTRAINT uq_surveys_case_id_step_kind UNIQUE (case_id, step, kind),
    CONSTRAINT fk_surveys_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);
CREATE INDEX ix_surveys_case_id ON surveys (case_id);

GRANT SELECT, INSERT, UPDATE ON agreements, meetings, surveys, check_ins, guidance TO aboard_app;
