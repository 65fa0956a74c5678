-- Why: a checkout is asked for at the processor after its purchase was committed. What was asked, and what came of it, has
-- to be found by a retry, by another node and after a crash; and a purchase whose page was never opened has to end.

CREATE TABLE payments.checkouts (
    purchase_id     uuid        NOT NULL,
    organization_id text        COLLATE "C" NOT NULL,
    created_at      timestamptz NOT NULL,
    customer_id     text        COLLATE "C",
    session_id      text        COLLATE "C",
    url             text,
    expires_at      timestamptz,
    refusal         text,
    ended           boolean     NOT NULL DEFAULT false,
    -- Serves retries; of two requests with one key, one row stays.
    CONSTRAINT checkouts_pkey PRIMARY KEY (purchase_id),
    -- A page is known as a whole or not at all.
    CONSTRAINT checkouts_session CHECK ((session_id IS NULL) = (url IS NULL) AND (session_id IS NULL) = (expires_at IS NULL)),
    -- What was refused has no page.
    CONSTRAINT checkouts_refusal CHECK (refusal IS NULL OR session_id IS NULL)
);

-- Serves events that name only the session.
CREATE UNIQUE INDEX checkouts_session_id ON payments.checkouts (session_id);
-- Serves the search for checkouts that have no page and will get none any more.
CREATE INDEX checkouts_abandoned ON payments.checkouts (created_at) WHERE session_id IS NULL AND NOT ended;

COMMENT ON TABLE payments.checkouts IS 'One row a checkout: what was asked of the payment processor, and what came of it';
COMMENT ON COLUMN payments.checkouts.purchase_id IS 'The purchase that it pays; derives from the caller''s idempotency key';
COMMENT ON COLUMN payments.checkouts.organization_id IS 'Whose purchase';
COMMENT ON COLUMN payments.checkouts.created_at IS 'When it was first asked for, by the ledger''s clock: the processor forgets its key a day later';
COMMENT ON COLUMN payments.checkouts.customer_id IS 'Who pays, fixed before the first try because a key goes with one request';
COMMENT ON COLUMN payments.checkouts.session_id IS 'The page''s session at the processor; NULL: none yet';
COMMENT ON COLUMN payments.checkouts.url IS 'The page';
COMMENT ON COLUMN payments.checkouts.expires_at IS 'When the page closes';
COMMENT ON COLUMN payments.checkouts.refusal IS 'Why there is no page and never will be';
COMMENT ON COLUMN payments.checkouts.ended IS 'Whether the purchase was ended because there is no page';
