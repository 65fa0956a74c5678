-- Why: what should be booked for a payment follows from all that is known of it. Facts only move ahead, so those of two
-- workers, of a late event and of a reconciliation can be put together in any order.

CREATE TABLE payments.payments (
    intent_id       text        COLLATE "C" NOT NULL,
    organization_id text        COLLATE "C" NOT NULL,
    purchase_id     uuid        NOT NULL,
    amount_minor    bigint      NOT NULL,
    currency        text        COLLATE "C" NOT NULL,
    noted_at        timestamptz NOT NULL,
    -- A payment is of one purchase.
    CONSTRAINT payments_pkey PRIMARY KEY (intent_id),
    -- A purchase is paid once: a second payment for it is for a person to refund.
    CONSTRAINT payments_purchase UNIQUE (purchase_id)
);

COMMENT ON TABLE payments.payments IS 'Payments that have arrived, one a purchase';
COMMENT ON COLUMN payments.payments.intent_id IS 'The payment at Stripe, pi_...';
COMMENT ON COLUMN payments.payments.organization_id IS 'Whose purchase it pays';
COMMENT ON COLUMN payments.payments.purchase_id IS 'The purchase that it pays';
COMMENT ON COLUMN payments.payments.amount_minor IS 'What arrived, in the currency''s minor unit';
COMMENT ON COLUMN payments.payments.currency IS 'ISO 4217';
COMMENT ON COLUMN payments.payments.noted_at IS 'When we first knew, by the ledger''s clock';

CREATE TABLE payments.reversals (
    reversal_id  text        COLLATE "C" NOT NULL,
    intent_id    text        COLLATE "C" NOT NULL,
    cause        text        COLLATE "C" NOT NULL,
    amount_minor bigint      NOT NULL,
    currency     text        COLLATE "C" NOT NULL,
    created_at   timestamptz NOT NULL,
    standing     smallint    NOT NULL,
    -- A refund or dispute is a fact once, however often it is told; first by its payment, to be read together.
    CONSTRAINT reversals_pkey PRIMARY KEY (intent_id, reversal_id),
    CONSTRAINT reversals_cause CHECK (cause IN ('refund', 'dispute')),
    -- 0 announced, 1 taken, 2 returned; it never goes back.
    CONSTRAINT reversals_standing CHECK (standing BETWEEN 0 AND 2)
);

COMMENT ON TABLE payments.reversals IS 'Refunds and disputes of payments, as far as they have come';
COMMENT ON COLUMN payments.reversals.reversal_id IS 'The refund (re_...) or dispute (dp_..., du_...) at Stripe; the reference of what is taken back';
COMMENT ON COLUMN payments.reversals.intent_id IS 'The payment that it is of';
COMMENT ON COLUMN payments.reversals.cause IS 'refund or dispute';
COMMENT ON COLUMN payments.reversals.amount_minor IS 'How much goes back, in the currency''s minor unit';
COMMENT ON COLUMN payments.reversals.currency IS 'ISO 4217';
COMMENT ON COLUMN payments.reversals.created_at IS 'When it began, by Stripe''s clock';
COMMENT ON COLUMN payments.reversals.standing IS '0 announced (an inquiry), 1 taken, 2 returned (failed or won)';
