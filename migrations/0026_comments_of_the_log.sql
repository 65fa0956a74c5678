-- Why: whoever audits the log reads its tables in psql, and should be told there what each column says, as analysts are of
-- the read models.

COMMENT ON TABLE store.events IS 'The log: every event, written once by store.append and never changed or removed';
COMMENT ON COLUMN store.events.partition IS 'Part of the log that the organization belongs to (store.partition_of)';
COMMENT ON COLUMN store.events.position IS 'Place in the partition, from 1 without gaps, in the order of commits';
COMMENT ON COLUMN store.events.aggregate_type IS 'Kind of stream; always organization';
COMMENT ON COLUMN store.events.aggregate_id IS 'The organization';
COMMENT ON COLUMN store.events.sequence IS 'Place in the organization''s stream, from 1 without gaps';
COMMENT ON COLUMN store.events.event_id IS 'Derived from the command and the place in it';
COMMENT ON COLUMN store.events.event_type IS 'What happened, such as CreditsConsumed';
COMMENT ON COLUMN store.events.event_version IS 'Version of the payload''s shape';
COMMENT ON COLUMN store.events.command_id IS 'The command that caused it';
COMMENT ON COLUMN store.events.command_index IS 'Place in the command''s events, from 0';
COMMENT ON COLUMN store.events.command_count IS 'Number of the command''s events';
COMMENT ON COLUMN store.events.entity_id IS 'The grant, purchase, consumption, reservation or recharge that it is about';
COMMENT ON COLUMN store.events.occurred_at IS 'When it took effect';
COMMENT ON COLUMN store.events.recorded_at IS 'When it was written';
COMMENT ON COLUMN store.events.idempotency_key IS 'The caller''s key, on the first event of its command';
COMMENT ON COLUMN store.events.request_hash IS 'SHA-256 of the request that the key stood for';
COMMENT ON COLUMN store.events.payload IS 'The fact, and the figures right after it; hashed as it is written here';
COMMENT ON COLUMN store.events.metadata IS 'Who asked (actor), by which request, because of what';
COMMENT ON COLUMN store.events.chain_hash IS 'SHA-256 of all fields of the row and of the stream''s row before it';

COMMENT ON TABLE store.heads IS 'One row a partition, locked by each append and never updated: what makes positions gapless';
COMMENT ON COLUMN store.heads.partition IS 'The partition';
COMMENT ON COLUMN store.heads.partitions IS 'How many there are; fixed by the first migration';

COMMENT ON TABLE store.snapshots IS 'The latest folded state of each organization: a shortcut for loading, never a truth';
COMMENT ON COLUMN store.snapshots.partition IS 'Partition of the organization';
COMMENT ON COLUMN store.snapshots.aggregate_id IS 'The organization';
COMMENT ON COLUMN store.snapshots.sequence IS 'The last event that it holds';
COMMENT ON COLUMN store.snapshots.version IS 'Which code folded it; that of another is ignored';
COMMENT ON COLUMN store.snapshots.chain_hash IS 'Chain hash of that last event; where it differs, the snapshot is of another log';
COMMENT ON COLUMN store.snapshots.recorded_at IS 'When that last event was written';
COMMENT ON COLUMN store.snapshots.payload IS 'The state, as JSON that only the ledger reads';

COMMENT ON TABLE store.daily_snapshots IS 'The first snapshot of each day (UTC), kept, so that a balance of the past is folded from near by';
COMMENT ON COLUMN store.daily_snapshots.partition IS 'Partition of the organization';
COMMENT ON COLUMN store.daily_snapshots.aggregate_id IS 'The organization';
COMMENT ON COLUMN store.daily_snapshots.day IS 'The day (UTC)';
COMMENT ON COLUMN store.daily_snapshots.sequence IS 'The last event that it holds';
COMMENT ON COLUMN store.daily_snapshots.version IS 'Which code folded it; that of another is ignored';
COMMENT ON COLUMN store.daily_snapshots.chain_hash IS 'Chain hash of that last event; where it differs, the snapshot is of another log';
COMMENT ON COLUMN store.daily_snapshots.recorded_at IS 'When that last event was written';
COMMENT ON COLUMN store.daily_snapshots.payload IS 'The state, as JSON that only the ledger reads';

COMMENT ON TABLE store.due IS 'When time alone causes something next, so that organizations that nobody calls are settled, too';
COMMENT ON COLUMN store.due.partition IS 'Partition of the organization';
COMMENT ON COLUMN store.due.organization IS 'The organization';
COMMENT ON COLUMN store.due.due_at IS 'Not later than what falls due next; corrected by whoever sweeps';

COMMENT ON TABLE store.sweeps IS 'Which node settles what has fallen due in a partition';
COMMENT ON COLUMN store.sweeps.partition IS 'The partition';
COMMENT ON COLUMN store.sweeps.holder IS 'The node; none until the first';
COMMENT ON COLUMN store.sweeps.leased_until IS 'When another may take over';

COMMENT ON TABLE store.api_keys IS 'Who may call the API, and as what; the keys themselves are not kept';
COMMENT ON COLUMN store.api_keys.id IS 'Names the key in lists, and as the actor of events';
COMMENT ON COLUMN store.api_keys.name IS 'What it is for, as its maker says';
COMMENT ON COLUMN store.api_keys.scope IS 'admin, command or read';
COMMENT ON COLUMN store.api_keys.organization IS 'The only organization that it may see; none: all';
COMMENT ON COLUMN store.api_keys.secret_hash IS 'SHA-256 of the key';
COMMENT ON COLUMN store.api_keys.created_at IS 'When it was made';
COMMENT ON COLUMN store.api_keys.revoked_at IS 'When it was revoked; none while it opens';
