-- Why: a refund is asked for at the payment processor under a key that it forgets after a day, and money that goes back
-- twice is gone. What was asked, and what came of it, has to be found by a retry, by another node and after a crash.

CREATE TABLE payments.refunds (
    command_id      uuid        NOT NULL,
    organization_id text        COLLATE "C" NOT NULL,
    purchase_id     uuid        NOT NULL,
    request_hash    bytea       NOT NULL,
    -- `json`, not `jsonb`: it is sent again as it was written.
    request         json        NOT NULL,
    actor           text        NOT NULL,
    created_at      timestamptz NOT NULL,
    refund_id       text        COLLATE "C",
    refusal         text,
    -- Serves retries; of two requests with one key, one row stays.
    CONSTRAINT refunds_pkey PRIMARY KEY (command_id),
    -- What was refused gave nothing back.
    CONSTRAINT refunds_outcome CHECK (refusal IS NULL OR refund_id IS NULL),
    CONSTRAINT refunds_hash CHECK (octet_length(request_hash) = 32)
);

-- Serves the reconciliation: refunds whose outcome nobody has heard of. Finished ones, nearly all, are not in it.
CREATE INDEX refunds_open ON payments.refunds (created_at) WHERE refund_id IS NULL AND refusal IS NULL;

-- Serves the question who asked for a refund that Stripe shows; a refund is of one request.
CREATE UNIQUE INDEX refunds_refund ON payments.refunds (refund_id);

COMMENT ON TABLE payments.refunds IS 'One row a refund that was asked for by the API: what was sent, and what came of it';
COMMENT ON COLUMN payments.refunds.command_id IS 'Derives from the organization and the caller''s idempotency key; so does the key that is sent';
COMMENT ON COLUMN payments.refunds.organization_id IS 'Whose purchase';
COMMENT ON COLUMN payments.refunds.purchase_id IS 'Which purchase';
COMMENT ON COLUMN payments.refunds.request_hash IS 'Of the caller''s request: the same key with another request is refused';
COMMENT ON COLUMN payments.refunds.request IS 'What is asked of the payment processor, fixed before the first try';
COMMENT ON COLUMN payments.refunds.actor IS 'Who asked';
COMMENT ON COLUMN payments.refunds.created_at IS 'When it was first asked for, by the ledger''s clock: the processor forgets its key a day later';
COMMENT ON COLUMN payments.refunds.refund_id IS 'The refund at the processor, such as re_...; NULL: not known';
COMMENT ON COLUMN payments.refunds.refusal IS 'Why there is no refund and never will be';
