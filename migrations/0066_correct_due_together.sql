-- Why: organizations by the thousand may fall due at one instant. One correction a transaction would take the partition's
-- head, and a flush of the log, as many times; what a round of the sweeper has settled is put right under one lock.

-- Sets the due times of streams that are still at their sequence, or removes them where nothing will fall due. As
-- `store.correct_due`, which servers of an older version call: a lowered bound must not be lost, hence under the lock.
CREATE FUNCTION store.correct_due_together(
    p_partition smallint, p_organizations text[], p_sequences bigint[], p_due_at timestamptz[]
) RETURNS void
    LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    PERFORM store.lock_head(p_partition);

    -- A statement of its own: it sees the log as of after the lock.
    WITH settled AS MATERIALIZED (
        SELECT s.organization, s.due_at
        FROM unnest(p_organizations, p_sequences, p_due_at) AS s (organization, sequence, due_at)
        WHERE s.sequence = coalesce((
            SELECT e.sequence FROM store.events e
            WHERE e.partition = p_partition AND e.aggregate_type = 'organization' AND e.aggregate_id = s.organization
            ORDER BY e.sequence DESC LIMIT 1), 0)
    ), removed AS (
        DELETE FROM store.due d USING settled s
        WHERE d.partition = p_partition AND d.organization = s.organization AND s.due_at IS NULL
    )
    INSERT INTO store.due AS known (partition, organization, due_at)
    SELECT p_partition, s.organization, s.due_at FROM settled s WHERE s.due_at IS NOT NULL
    ON CONFLICT ON CONSTRAINT due_pkey
        DO UPDATE SET due_at = excluded.due_at WHERE excluded.due_at <> known.due_at;
END
$$;

REVOKE EXECUTE ON FUNCTION store.correct_due_together FROM PUBLIC;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger_app') THEN
        GRANT EXECUTE ON FUNCTION store.correct_due_together TO ledger_app;
    END IF;
END
$$;
