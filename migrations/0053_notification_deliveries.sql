-- Why: what an endpoint is to be told outlives the process that noticed it. Rows are written in the transaction that
-- moves the place in the log, so that an event is neither lost nor told under two ids.

-- How far the log has been turned into deliveries; one transaction at a time moves a partition's place.
CREATE TABLE payments.notification_places (
    partition   smallint    NOT NULL,
    position    bigint      NOT NULL,
    -- When grants that are about to expire are looked for next.
    expiries_at timestamptz NOT NULL,
    -- Serves the lock of one partition's place.
    CONSTRAINT notification_places_pkey PRIMARY KEY (partition)
);

COMMENT ON TABLE payments.notification_places IS 'How far notifications have read each partition of the log';

CREATE TABLE payments.notification_deliveries (
    endpoint_id     uuid        NOT NULL,
    notification_id uuid        NOT NULL,
    -- Within an organization it is the order of the log: the place's lock is held when it is taken.
    ordinal         bigint      GENERATED ALWAYS AS IDENTITY,
    -- What must be told in order: an organization's id, or one of its own for what is sent out of turn.
    lane            text        COLLATE "C" NOT NULL,
    -- NULL: a test.
    organization    text        COLLATE "C",
    type            text        COLLATE "C" NOT NULL,
    -- Text, because its bytes are signed: every try sends the same ones.
    body            text        NOT NULL,
    state           text        COLLATE "C" NOT NULL,
    tries           int         NOT NULL DEFAULT 0,
    -- When it was written, or sent again by hand: its day of tries counts from here.
    accepted_at     timestamptz NOT NULL,
    tried_at        timestamptz,
    status          int,
    error           text,
    ended_at        timestamptz,
    -- An event is told to an endpoint under one id: writing it again finds this row.
    CONSTRAINT notification_deliveries_pkey PRIMARY KEY (endpoint_id, notification_id),
    CONSTRAINT notification_deliveries_endpoint FOREIGN KEY (endpoint_id)
        REFERENCES payments.notification_endpoints ON DELETE CASCADE,
    -- The states that `notifications::delivery::State` knows.
    CONSTRAINT notification_deliveries_state_known CHECK (state IN ('waiting', 'delivered', 'parked')),
    CONSTRAINT notification_deliveries_end_is_dated CHECK ((state = 'waiting') = (ended_at IS NULL))
);

-- Serves the first of a lane that waits.
CREATE INDEX notification_deliveries_waiting ON payments.notification_deliveries (endpoint_id, lane, ordinal)
    WHERE state = 'waiting';
-- Serves pages of an endpoint, newest first.
CREATE INDEX notification_deliveries_newest ON payments.notification_deliveries (endpoint_id, ordinal);
-- Serves pages of one state, and sending all parked ones again.
CREATE INDEX notification_deliveries_by_state ON payments.notification_deliveries (endpoint_id, state, ordinal)
    WHERE state <> 'delivered';
-- Serves pruning.
CREATE INDEX notification_deliveries_ended ON payments.notification_deliveries (ended_at) WHERE ended_at IS NOT NULL;

COMMENT ON TABLE payments.notification_deliveries IS 'What endpoints are told, and what became of it';

-- Lanes with something waiting. A claim is a due time in the future: whoever dies with it leaves a lane that is due again.
CREATE TABLE payments.notification_lanes (
    endpoint_id uuid        NOT NULL,
    lane        text        COLLATE "C" NOT NULL,
    due_at      timestamptz NOT NULL,
    -- Who works on it: a worker that was too slow finds another's claim, and leaves the lane alone.
    claim       uuid,
    -- Serves the lock of a lane, by the writer of deliveries and by the worker: neither misses what the other did.
    CONSTRAINT notification_lanes_pkey PRIMARY KEY (endpoint_id, lane),
    CONSTRAINT notification_lanes_endpoint FOREIGN KEY (endpoint_id)
        REFERENCES payments.notification_endpoints ON DELETE CASCADE
) WITH (fillfactor = 70); -- Claimed, moved and removed all the time.

-- Serves what is due at an endpoint, longest first.
CREATE INDEX notification_lanes_due ON payments.notification_lanes (endpoint_id, due_at);

COMMENT ON TABLE payments.notification_lanes IS 'What is waiting at each endpoint, by what must be told in order';

-- Which endpoint was told that which grant is about to expire: time says that, not the log, so it is kept apart from
-- deliveries, which are pruned.
CREATE TABLE payments.notification_expiries (
    endpoint_id uuid        NOT NULL,
    grant_id    uuid        NOT NULL,
    expires_at  timestamptz NOT NULL,
    -- A grant's expiry is told to an endpoint once.
    CONSTRAINT notification_expiries_pkey PRIMARY KEY (endpoint_id, grant_id, expires_at),
    CONSTRAINT notification_expiries_endpoint FOREIGN KEY (endpoint_id)
        REFERENCES payments.notification_endpoints ON DELETE CASCADE
);

-- Serves pruning of grants that have expired since.
CREATE INDEX notification_expiries_past ON payments.notification_expiries (expires_at);

COMMENT ON TABLE payments.notification_expiries IS 'Grants whose coming expiry an endpoint was told of';
