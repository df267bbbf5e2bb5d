-- What decisions rested on, policies in force, allowances.

CREATE TABLE policies (
    hash VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    content VARCHAR NOT NULL,
    proposed_by VARCHAR,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_policies PRIMARY KEY (hash)
);
CREATE INDEX ix_policies_kind_name ON policies (kind, name);

CREATE TABLE policy_approvals (
    policy VARCHAR NOT NULL,
    actor VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_policy_approvals PRIMARY KEY (policy, actor),
    CONSTRAINT fk_policy_approvals_policy FOREIGN KEY(policy) REFERENCES policies (hash)
);

CREATE TABLE policy_backtests (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    policy VARCHAR NOT NULL,
    against VARCHAR NOT NULL,
    blocked BOOLEAN NOT NULL,
    report JSONB NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_policy_backtests PRIMARY KEY (id),
    CONSTRAINT fk_policy_backtests_policy FOREIGN KEY(policy) REFERENCES policies (hash)
);
CREATE INDEX ix_policy_backtests_policy ON policy_backtests (policy);

CREATE TABLE policies_in_force (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    kind VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    policy VARCHAR NOT NULL,
    actor VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_policies_in_force PRIMARY KEY (id),
    CONSTRAINT fk_policies_in_force_policy FOREIGN KEY(policy) REFERENCES policies (hash)
);
CREATE INDEX ix_policies_in_force_kind_name ON policies_in_force (kind, name);

CREATE TABLE decision_bases (
    decision_id VARCHAR(40) NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    engine VARCHAR NOT NULL,
    policy VARCHAR NOT NULL,
    lists JSONB NOT NULL,
    inputs JSONB NOT NULL,
    digest VARCHAR NOT NULL,
    content BYTEA NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_decision_bases PRIMARY KEY (decision_id),
    CONSTRAINT fk_decision_bases_decision_id FOREIGN KEY(decision_id) REFERENCES decisions (id),
    CONSTRAINT fk_decision_bases_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);
CREATE INDEX ix_decision_bases_case_id ON decision_bases (case_id);

CREATE TABLE rating_bases (
    rating_id VARCHAR(40) NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    policy VARCHAR NOT NULL,
    facts BYTEA NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_rating_bases PRIMARY KEY (rating_id),
    CONSTRAINT fk_rating_bases_rating_id FOREIGN KEY(rating_id) REFERENCES ratings (id),
    CONSTRAINT fk_rating_bases_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);
CREATE INDEX ix_rating_bases_case_id ON rating_bases (case_id);

CREATE TABLE openings (
    actor VARCHAR NOT NULL,
    what VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_openings PRIMARY KEY (actor, what, subject),
    CONSTRAINT fk_openings_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);
CREATE INDEX ix_openings_case_id ON openings (case_id);

CREATE TABLE allowances (
    id VARCHAR(40) NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    client_id VARCHAR(40) NOT NULL,
    signal_id VARCHAR(40) NOT NULL,
    party VARCHAR NOT NULL,
    entry VARCHAR NOT NULL,
    matching VARCHAR NOT NULL,
    strength DOUBLE PRECISION NOT NULL,
    policy VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    proposed_by VARCHAR NOT NULL,
    approved_by VARCHAR,
    state VARCHAR NOT NULL,
    ended_reason VARCHAR,
    expires_story TIMESTAMP WITH TIME ZONE NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_allowances PRIMARY KEY (id),
    CONSTRAINT fk_allowances_case_id FOREIGN KEY(case_id) REFERENCES cases (id),
    CONSTRAINT fk_allowances_client_id FOREIGN KEY(client_id) REFERENCES clients (id),
    CONSTRAINT fk_allowances_signal_id FOREIGN KEY(signal_id) REFERENCES signals (id)
);
CREATE INDEX ix_allowances_case_id ON allowances (case_id);
CREATE INDEX ix_allowances_client_id ON allowances (client_id);

CREATE TABLE near_miss_samples (
    month VARCHAR NOT NULL,
    screening_id VARCHAR(40) NOT NULL,
    task_id VARCHAR(40) NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_near_miss_samples PRIMARY KEY (month, screening_id),
    CONSTRAINT fk_near_miss_samples_screening_id FOREIGN KEY(screening_id) REFERENCES screenings (id),
    CONSTRAINT fk_near_miss_samples_task_id FOREIGN KEY(task_id) REFERENCES tasks (id)
);

CREATE TABLE house_journal (
    seq BIGINT NOT NULL,
    actor VARCHAR NOT NULL,
    what VARCHAR NOT NULL,
    reason VARCHAR,
    about VARCHAR,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    previous VARCHAR NOT NULL,
    hash VARCHAR NOT NULL,
    signer VARCHAR NOT NULL,
    signature VARCHAR NOT NULL,
    CONSTRAINT pk_house_journal PRIMARY KEY (seq)
);

GRANT SELECT, INSERT ON decision_bases, rating_bases, openings, policies, policy_approvals, policy_backtests,
    policies_in_force, near_miss_samples, house_journal TO aboard_app;
GRANT SELECT, INSERT, UPDATE ON allowances TO aboard_app;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON house_journal FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON decision_bases FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON policies_in_force FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON house_journal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
