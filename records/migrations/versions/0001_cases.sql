CREATE TABLE clients (
    id VARCHAR(40) NOT NULL,
    kind VARCHAR NOT NULL,
    language VARCHAR NOT NULL,
    profile BYTEA NOT NULL,
    created TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_clients PRIMARY KEY (id)
);

CREATE TABLE cases (
    id VARCHAR(40) NOT NULL,
    client_id VARCHAR(40) NOT NULL,
    playbook VARCHAR NOT NULL,
    speed DOUBLE PRECISION NOT NULL,
    status VARCHAR NOT NULL,
    reason VARCHAR,
    band VARCHAR,
    owner VARCHAR NOT NULL,
    started_by VARCHAR NOT NULL,
    reference VARCHAR,
    plan JSONB,
    facts JSONB DEFAULT '{}'::jsonb NOT NULL,
    journal_length BIGINT DEFAULT 0 NOT NULL,
    created TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    started TIMESTAMP WITH TIME ZONE,
    ended_story TIMESTAMP WITH TIME ZONE,
    due_nominal TIMESTAMP WITH TIME ZONE,
    due_effective TIMESTAMP WITH TIME ZONE,
    due_reason VARCHAR,
    CONSTRAINT pk_cases PRIMARY KEY (id),
    CONSTRAINT fk_cases_client_id FOREIGN KEY(client_id) REFERENCES clients (id),
    CONSTRAINT uq_cases_reference UNIQUE (reference)
);
CREATE INDEX ix_cases_client_id ON cases (client_id);
CREATE INDEX ix_cases_created_id ON cases (created, id);
CREATE INDEX ix_cases_owner ON cases (owner);
CREATE INDEX ix_cases_started ON cases (started);
CREATE INDEX ix_cases_status ON cases (status);

CREATE TABLE client_keys (
    id VARCHAR(40) NOT NULL,
    client_id VARCHAR(40) NOT NULL,
    retention VARCHAR NOT NULL,
    wrapped BYTEA,
    created TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    destroyed TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_client_keys PRIMARY KEY (id),
    CONSTRAINT uq_client_keys_client_id_retention UNIQUE (client_id, retention),
    CONSTRAINT fk_client_keys_client_id FOREIGN KEY(client_id) REFERENCES clients (id)
);
CREATE INDEX ix_client_keys_client_id ON client_keys (client_id);

CREATE TABLE retention_clocks (
    client_id VARCHAR(40) NOT NULL,
    retention VARCHAR NOT NULL,
    regime VARCHAR NOT NULL,
    ended TIMESTAMP WITH TIME ZONE,
    erase_after TIMESTAMP WITH TIME ZONE,
    wished TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_retention_clocks PRIMARY KEY (client_id, retention),
    CONSTRAINT fk_retention_clocks_client_id FOREIGN KEY(client_id) REFERENCES clients (id)
);

CREATE TABLE notes (
    id VARCHAR(40) NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    key VARCHAR,
    author VARCHAR NOT NULL,
    text BYTEA NOT NULL,
    created TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_notes PRIMARY KEY (id),
    CONSTRAINT uq_notes_case_id_key UNIQUE (case_id, key),
    CONSTRAINT fk_notes_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);
CREATE INDEX ix_notes_case_id ON notes (case_id);

CREATE TABLE steps (
    case_id VARCHAR(40) NOT NULL,
    key VARCHAR NOT NULL,
    position BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    owner VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    outcome VARCHAR,
    opened_story TIMESTAMP WITH TIME ZONE,
    closed_story TIMESTAMP WITH TIME ZONE,
    due_nominal TIMESTAMP WITH TIME ZONE,
    due_effective TIMESTAMP WITH TIME ZONE,
    due_reason VARCHAR,
    CONSTRAINT pk_steps PRIMARY KEY (case_id, key),
    CONSTRAINT fk_steps_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);

CREATE TABLE tasks (
    id VARCHAR(40) NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    step VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    code VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    owner VARCHAR,
    holder VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    opened_story TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_story TIMESTAMP WITH TIME ZONE,
    resolution VARCHAR,
    resources JSONB NOT NULL,
    exit_criterion VARCHAR,
    created TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    due_nominal TIMESTAMP WITH TIME ZONE,
    due_effective TIMESTAMP WITH TIME ZONE,
    due_reason VARCHAR,
    CONSTRAINT pk_tasks PRIMARY KEY (id),
    CONSTRAINT uq_tasks_case_id_step_key UNIQUE (case_id, step, key),
    CONSTRAINT fk_tasks_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);
CREATE INDEX ix_tasks_case_id ON tasks (case_id);
CREATE INDEX ix_tasks_state_owner ON tasks (state, owner);

CREATE TABLE waits (
    case_id VARCHAR(40) NOT NULL,
    step VARCHAR NOT NULL,
    holder VARCHAR NOT NULL,
    why VARCHAR NOT NULL,
    since_story TIMESTAMP WITH TIME ZONE NOT NULL,
    wakes_story TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_waits PRIMARY KEY (case_id, step),
    CONSTRAINT fk_waits_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);

GRANT SELECT, INSERT, UPDATE ON clients, client_keys, retention_clocks, cases, steps, tasks, notes TO aboard_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON waits TO aboard_app;
