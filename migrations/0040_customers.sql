-- Why: an organization pays as one customer at the payment processor, so that a card that was saved on one checkout is
-- there for the next, and for auto-recharge. Not on the write path: no partition (the rule does not cover this schema).

CREATE TABLE payments.customers (
    organization_id text        COLLATE "C" NOT NULL,
    customer_id     text        COLLATE "C" NOT NULL,
    created_at      timestamptz NOT NULL,
    -- Serves the look-up before each checkout and recharge; of two first checkouts at once, one row stays.
    CONSTRAINT customers_pkey PRIMARY KEY (organization_id)
);

-- Serves events that name only the customer; a customer pays for one organization.
CREATE UNIQUE INDEX customers_customer ON payments.customers (customer_id);

COMMENT ON TABLE payments.customers IS 'Who pays for an organization at the payment processor';
COMMENT ON COLUMN payments.customers.organization_id IS 'The organization';
COMMENT ON COLUMN payments.customers.customer_id IS 'Its customer at the processor, such as cus_...';
COMMENT ON COLUMN payments.customers.created_at IS 'When the customer was made or replaced, by the ledger''s clock';
