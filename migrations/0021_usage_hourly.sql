-- Why: what was used, by whom and for what, without reading every consumption.

CREATE TABLE ledger.usage_hourly_v1 (
    partition       smallint    NOT NULL,
    organization_id text        COLLATE "C" NOT NULL,
    hour            timestamptz NOT NULL,
    -- A hash of operation, subject and dimensions: together they may be longer than an entry of an index.
    series          uuid        NOT NULL,
    count           bigint      NOT NULL,
    credits         bigint      NOT NULL,
    shortfall       numeric     NOT NULL,
    -- Position of the last event counted: an event that is applied again changes nothing.
    last_position   bigint      NOT NULL,
    operation       text        COLLATE "C",
    subject         text        COLLATE "C",
    dimensions      jsonb       NOT NULL,
    quantities      jsonb       NOT NULL,
    -- Serves an organization's usage of a span of time, and the projector's own look-up.
    PRIMARY KEY (partition, organization_id, hour, series)
) WITH (fillfactor = 70); -- Rows of the current hour change often; no other index has those columns.

COMMENT ON TABLE ledger.usage_hourly_v1 IS
    'One row an hour x organization x operation x subject x dimensions: consumptions and confirmed reservations, refunded ones included';
COMMENT ON COLUMN ledger.usage_hourly_v1.partition IS 'Where the organization''s events are kept; a hash of its id';
COMMENT ON COLUMN ledger.usage_hourly_v1.organization_id IS 'The caller''s own id of the account';
COMMENT ON COLUMN ledger.usage_hourly_v1.hour IS
    'Begin of the hour (UTC): of the time that the caller gave as occurred_at, else of the consumption';
COMMENT ON COLUMN ledger.usage_hourly_v1.series IS 'A hash of operation, subject and dimensions';
COMMENT ON COLUMN ledger.usage_hourly_v1.count IS 'How many consumptions';
COMMENT ON COLUMN ledger.usage_hourly_v1.credits IS 'Credits that they cost';
COMMENT ON COLUMN ledger.usage_hourly_v1.shortfall IS 'Credits of work that nothing paid for (reservations with take_available)';
COMMENT ON COLUMN ledger.usage_hourly_v1.last_position IS 'Position, in its partition of the feed, of the last event counted';
COMMENT ON COLUMN ledger.usage_hourly_v1.operation IS 'What was done; NULL: not given';
COMMENT ON COLUMN ledger.usage_hourly_v1.subject IS 'Who used it: an end user or key, as the caller names them; NULL: not given';
COMMENT ON COLUMN ledger.usage_hourly_v1.dimensions IS 'Model, region and the like, as the caller names them; {} where not given';
COMMENT ON COLUMN ledger.usage_hourly_v1.quantities IS
    'Sum of the quantities by unit, whole numbers of any size: (quantities->>''input_tokens'')::numeric';

SELECT ledger.publish('usage_hourly', 1);
