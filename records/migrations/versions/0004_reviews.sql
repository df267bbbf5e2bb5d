CREATE TABLE ratings (
    id VARCHAR(40) NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    round BIGINT NOT NULL,
    band VARCHAR NOT NULL,
    points DOUBLE PRECISION NOT NULL,
    factors JSONB NOT NULL,
    policy VARCHAR NOT NULL,
    policy_version VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_ratings PRIMARY KEY (id),
    CONSTRAINT uq_ratings_case_id_round UNIQUE (case_id, round),
    CONSTRAINT fk_ratings_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);
CREATE INDEX ix_ratings_case_id ON ratings (case_id);

CREATE TABLE reviews (
    id VARCHAR(40) NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    step VARCHAR NOT NULL,
    round BIGINT NOT NULL,
    band VARCHAR NOT NULL,
    approvals BIGINT NOT NULL,
    barred JSONB NOT NULL,
    state VARCHAR NOT NULL,
    opened_story TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_story TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_reviews PRIMARY KEY (id),
    CONSTRAINT uq_reviews_case_id_step_round UNIQUE (case_id, step, round),
    CONSTRAINT fk_reviews_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);
CREATE INDEX ix_reviews_case_id ON reviews (case_id);
CREATE INDEX ix_reviews_state ON reviews (state);

CREATE TABLE screenings (
    id VARCHAR(40) NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    key VARCHAR NOT NULL,
    round BIGINT NOT NULL,
    party VARCHAR NOT NULL,
    list_name VARCHAR NOT NULL,
    list_version VARCHAR,
    outcome VARCHAR NOT NULL,
    held VARCHAR,
    hits BIGINT NOT NULL,
    evidence BYTEA,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_screenings PRIMARY KEY (id),
    CONSTRAINT uq_screenings_case_id_key UNIQUE (case_id, key),
    CONSTRAINT fk_screenings_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);
CREATE INDEX ix_screenings_case_id ON screenings (case_id);

CREATE TABLE signals (
    id VARCHAR(40) NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    key VARCHAR NOT NULL,
    round BIGINT NOT NULL,
    party VARCHAR,
    kind VARCHAR NOT NULL,
    code VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    evidence BYTEA NOT NULL,
    reason VARCHAR,
    judged_by VARCHAR,
    judged_at TIMESTAMP WITH TIME ZONE,
    created TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_signals PRIMARY KEY (id),
    CONSTRAINT uq_signals_case_id_key UNIQUE (case_id, key),
    CONSTRAINT fk_signals_case_id FOREIGN KEY(case_id) REFERENCES cases (id)
);
CREATE INDEX ix_signals_case_id ON signals (case_id);
CREATE INDEX ix_signals_state ON signals (state);

CREATE TABLE decisions (
    id VARCHAR(40) NOT NULL,
    case_id VARCHAR(40) NOT NULL,
    key VARCHAR NOT NULL,
    review_id VARCHAR(40),
    decision VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    band VARCHAR NOT NULL,
    reviewers JSONB NOT NULL,
    story TIMESTAMP WITH TIME ZONE NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_decisions PRIMARY KEY (id),
    CONSTRAINT uq_decisions_case_id_key UNIQUE (case_id, key),
    CONSTRAINT fk_decisions_case_id FOREIGN KEY(case_id) REFERENCES cases (id),
    CONSTRAINT fk_decisions_review_id FOREIGN KEY(review_id) REFERENCES reviews (id)
);
CREATE INDEX ix_decisions_case_id ON decisions (case_id);

CREATE TABLE votes (
    review_id VARCHAR(40) NOT NULL,
    reviewer VARCHAR NOT NULL,
    decision VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    items JSONB NOT NULL,
    story TIMESTAMP WITH TIME ZONE NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_votes PRIMARY KEY (review_id, reviewer),
    CONSTRAINT fk_votes_review_id FOREIGN KEY(review_id) REFERENCES reviews (id)
);

GRANT SELECT, INSERT, UPDATE ON signals, reviews TO aboard_app;
GRANT SELECT, INSERT ON screenings, ratings, votes, decisions TO aboard_app;
