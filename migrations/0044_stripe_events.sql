-- Why: what Stripe tells is kept as it came, and answered, before anybody acts on it; so a crash loses nothing, a repeated
-- delivery is known by its id, and an event that cannot be worked at is still there when it can.

CREATE TABLE payments.stripe_events (
    event_id    text        COLLATE "C" NOT NULL,
    kind        text        COLLATE "C" NOT NULL,
    api_version text        COLLATE "C",
    livemode    boolean     NOT NULL,
    created_at  timestamptz NOT NULL,
    -- `text`, not `json`: the bytes that were signed.
    payload     text        NOT NULL,
    source      text        COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL,
    status      text        COLLATE "C" NOT NULL DEFAULT 'pending',
    tries       int         NOT NULL DEFAULT 0,
    next_at     timestamptz NOT NULL,
    note        text,
    -- One row an event, however often and by whichever way it comes.
    CONSTRAINT stripe_events_pkey PRIMARY KEY (event_id),
    -- Delivered to us, or found by a reconciliation.
    CONSTRAINT stripe_events_source CHECK (source IN ('webhook', 'sweep')),
    CONSTRAINT stripe_events_status CHECK (status IN ('pending', 'done', 'ignored', 'parked'))
);

-- Serves the claim of what is due; finished events, which are nearly all, are not in it.
CREATE INDEX stripe_events_due ON payments.stripe_events (next_at) WHERE status = 'pending';
-- Serves the list of what a person has to look at, and its count.
CREATE INDEX stripe_events_parked ON payments.stripe_events (received_at, event_id) WHERE status = 'parked';
-- Serves the list of all, newest first, and the removal of what is old.
CREATE INDEX stripe_events_received ON payments.stripe_events (received_at, event_id);

COMMENT ON TABLE payments.stripe_events IS 'The inbox: every event that Stripe told us, once';
COMMENT ON COLUMN payments.stripe_events.event_id IS 'Stripe''s id, evt_...';
COMMENT ON COLUMN payments.stripe_events.kind IS 'Stripe''s type, such as checkout.session.completed';
COMMENT ON COLUMN payments.stripe_events.api_version IS 'The version of the API that the payload is written in';
COMMENT ON COLUMN payments.stripe_events.livemode IS 'Whether it is about real money';
COMMENT ON COLUMN payments.stripe_events.created_at IS 'When it happened, by Stripe''s clock';
COMMENT ON COLUMN payments.stripe_events.payload IS 'The body as it came';
COMMENT ON COLUMN payments.stripe_events.source IS 'How it came: webhook or sweep';
COMMENT ON COLUMN payments.stripe_events.received_at IS 'When it came first, by the ledger''s clock';
COMMENT ON COLUMN payments.stripe_events.status IS 'pending, done, ignored (not about us), or parked (a person has to look)';
COMMENT ON COLUMN payments.stripe_events.tries IS 'How often it could not be worked at';
COMMENT ON COLUMN payments.stripe_events.next_at IS 'When it is looked at next; whoever works at it moves this ahead first';
COMMENT ON COLUMN payments.stripe_events.note IS 'What came of it, or what is in the way';
