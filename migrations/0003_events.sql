-- Why: the log. A superset of the table that stock postgres-es reads, so that its repository can replay every stream.
-- Rows are only ever inserted, and only by store.append.

CREATE TABLE store.events (
    partition       smallint    NOT NULL,
    -- Place in the partition, from 1 without gaps, in commit order.
    position        bigint      NOT NULL,
    aggregate_type  text        COLLATE "C" NOT NULL,
    aggregate_id    text        COLLATE "C" NOT NULL,
    -- Place in the stream, from 1 without gaps.
    sequence        bigint      NOT NULL,
    event_id        uuid        NOT NULL,
    event_type      text        COLLATE "C" NOT NULL,
    event_version   text        COLLATE "C" NOT NULL,
    command_id      uuid        NOT NULL,
    command_index   int         NOT NULL,
    command_count   int         NOT NULL,
    -- The grant, purchase, consumption, reservation or recharge that the event is about.
    entity_id       uuid,
    occurred_at     timestamptz NOT NULL,
    recorded_at     timestamptz NOT NULL,
    idempotency_key text        COLLATE "C",
    request_hash    bytea,
    -- json, not jsonb: the text is hashed, so it has to come back as written.
    payload         json        NOT NULL,
    metadata        json        NOT NULL,
    chain_hash      bytea       NOT NULL,
    -- A stream has one event a sequence: the last line of defence against two writers. Serves the head and the tail of
    -- a stream, and the walk of `verify`.
    CONSTRAINT events_pkey PRIMARY KEY (partition, aggregate_type, aggregate_id, sequence),
    -- Sequences and positions run from 1.
    CONSTRAINT events_from_one CHECK (sequence >= 1 AND position >= 1),
    -- An event lies inside its command.
    CONSTRAINT events_in_command CHECK (command_index >= 0 AND command_index < command_count),
    -- A key stands on the first event of its command, together with the hash of the request that it stood for.
    CONSTRAINT events_key_on_first CHECK (idempotency_key IS NULL OR command_index = 0),
    CONSTRAINT events_key_with_hash CHECK ((idempotency_key IS NULL) = (request_hash IS NULL)),
    CONSTRAINT events_hash_length CHECK (octet_length(chain_hash) = 32)
);

-- The feed, `position > checkpoint`, and the next position of an append; one event a position.
CREATE UNIQUE INDEX events_position ON store.events (partition, position);

-- A key has one effect an organization, for ever. Serves the check of the append and the replay of an answer.
CREATE UNIQUE INDEX events_idempotency_key ON store.events (partition, aggregate_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL;

-- The history of one entity, as a decision needs it: never a scan of the stream.
CREATE INDEX events_entity ON store.events (partition, aggregate_id, entity_id, sequence)
    WHERE entity_id IS NOT NULL;

-- No index for what stock postgres-es asks for (a stream by type and id, without a partition): nothing of ours reads so,
-- and it would cost every append a tenth. Whoever reads with stock at length may add one:
-- CREATE INDEX CONCURRENTLY ON store.events (aggregate_type, aggregate_id, sequence);

-- Every append changes the end of the table and nothing else: analyse by absolute growth, so that plans over the newest
-- positions stay right when the table is large.
ALTER TABLE store.events SET (autovacuum_analyze_scale_factor = 0.02);
