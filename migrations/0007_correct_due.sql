-- Why: the sweeper moves a stream's due time to what its settled state says. An append may lower it at the same moment,
-- and a lowered bound must not be lost: hence under the head lock, and only while the stream is as the sweeper saw it.

-- Sets the due time of a stream that is still at `p_sequence`, or removes it where nothing will fall due.
CREATE FUNCTION store.correct_due(
    p_partition smallint, p_organization text, p_sequence bigint, p_due_at timestamptz
) RETURNS void
    LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    head bigint;
BEGIN
    PERFORM store.lock_head(p_partition);

    SELECT e.sequence INTO head FROM store.events e
    WHERE e.partition = p_partition AND e.aggregate_type = 'organization' AND e.aggregate_id = p_organization
    ORDER BY e.sequence DESC LIMIT 1;
    IF coalesce(head, 0) <> p_sequence THEN
        RETURN;
    END IF;

    IF p_due_at IS NULL THEN
        DELETE FROM store.due d WHERE d.partition = p_partition AND d.organization = p_organization;
    ELSE
        INSERT INTO store.due AS known (partition, organization, due_at)
        VALUES (p_partition, p_organization, p_due_at)
        ON CONFLICT ON CONSTRAINT due_pkey
            DO UPDATE SET due_at = excluded.due_at WHERE excluded.due_at <> known.due_at;
    END IF;
END
$$;
