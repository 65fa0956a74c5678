-- Why: a load is one snapshot and its tail, so that it costs the same at ten events and at a million.
-- A snapshot is only ever a shortcut: one that does not fit the log or the code is ignored.

-- The latest of each stream; replaced by the append.
CREATE TABLE store.snapshots (
    partition    smallint    NOT NULL,
    aggregate_id text        COLLATE "C" NOT NULL,
    sequence     bigint      NOT NULL,
    -- Which code folded it; another code's is ignored.
    version      text        COLLATE "C" NOT NULL,
    -- The chain hash of the event at `sequence`; where that row's differs, the snapshot is of another history.
    chain_hash   bytea       NOT NULL,
    -- When the event at `sequence` was recorded.
    recorded_at  timestamptz NOT NULL,
    -- JSON that only the write side reads: text, because nothing asks for a part of it.
    payload      text        NOT NULL,
    -- Serves the load of a stream.
    CONSTRAINT snapshots_pkey PRIMARY KEY (partition, aggregate_id)
);

-- The first of each day (UTC), kept, so that a balance in the past is folded from near by.
CREATE TABLE store.daily_snapshots (
    partition    smallint    NOT NULL,
    aggregate_id text        COLLATE "C" NOT NULL,
    day          date        NOT NULL,
    sequence     bigint      NOT NULL,
    version      text        COLLATE "C" NOT NULL,
    chain_hash   bytea       NOT NULL,
    recorded_at  timestamptz NOT NULL,
    payload      text        NOT NULL,
    -- One a day; serves the nearest one before an instant.
    CONSTRAINT daily_snapshots_pkey PRIMARY KEY (partition, aggregate_id, day)
);
