-- Why: whoever audits who may call reads these tables in psql, as those of the log (0026), and should be told there what
-- each column says.

COMMENT ON TABLE store.browser_tokens IS 'Tokens of pages of end customers: one organization, an hour at most';
COMMENT ON COLUMN store.browser_tokens.id IS 'The token, for revocation; not its secret';
COMMENT ON COLUMN store.browser_tokens.organization IS 'The one organization that the token may see';
COMMENT ON COLUMN store.browser_tokens.subject IS 'Who looks at the page, in the words of the service that made the token';
COMMENT ON COLUMN store.browser_tokens.secret_hash IS 'SHA-256 of the token';
COMMENT ON COLUMN store.browser_tokens.key_hash IS 'SHA-256 of the API key that made it: revoked, it takes its tokens along';
COMMENT ON COLUMN store.browser_tokens.created_at IS 'When it was made';
COMMENT ON COLUMN store.browser_tokens.expires_at IS 'When it ends';
COMMENT ON COLUMN store.browser_tokens.revoked_at IS 'When it was ended before its time';

COMMENT ON TABLE store.sessions IS 'Who is signed in to the dashboard: a cookie in place of a key';
COMMENT ON COLUMN store.sessions.secret_hash IS 'SHA-256 of the cookie''s value';
COMMENT ON COLUMN store.sessions.key_hash IS 'SHA-256 of the API key that was given: its rights are the session''s, and revoked it ends the session';
COMMENT ON COLUMN store.sessions.created_at IS 'When the key was given';
COMMENT ON COLUMN store.sessions.expires_at IS 'When it ends';

COMMENT ON COLUMN payments.notification_endpoints.id IS 'The endpoint';
COMMENT ON COLUMN payments.notification_endpoints.organization IS 'The only organization that it is told of; NULL: all';
COMMENT ON COLUMN payments.notification_endpoints.url IS 'Where notifications are posted to';
COMMENT ON COLUMN payments.notification_endpoints.description IS 'For people';
COMMENT ON COLUMN payments.notification_endpoints.types IS 'The types that it is told of; empty: every type';
COMMENT ON COLUMN payments.notification_endpoints.enabled IS 'Whether it is told of what happens now; what waits is kept';
COMMENT ON COLUMN payments.notification_endpoints.begins IS 'By partition: it is told of events behind this position';
COMMENT ON COLUMN payments.notification_endpoints.secret IS 'Signs what it is told; sealed where the server was given a key for it';
COMMENT ON COLUMN payments.notification_endpoints.former_secret IS 'Signs beside the secret until former_until';
COMMENT ON COLUMN payments.notification_endpoints.former_until IS 'When the former secret ends';
COMMENT ON COLUMN payments.notification_endpoints.created_by IS 'Who made it: the API key, or the command line';
COMMENT ON COLUMN payments.notification_endpoints.created_at IS 'When it was made';
COMMENT ON COLUMN payments.notification_endpoints.updated_at IS 'When it was changed last';

COMMENT ON COLUMN payments.notification_places.partition IS 'The partition';
COMMENT ON COLUMN payments.notification_places.position IS 'The last event that was turned into deliveries';
COMMENT ON COLUMN payments.notification_places.expiries_at IS 'When grants that are about to expire are looked for next';

COMMENT ON COLUMN payments.notification_deliveries.endpoint_id IS 'Who is told';
COMMENT ON COLUMN payments.notification_deliveries.notification_id IS 'The id by which a receiver drops repeats (webhook-id)';
COMMENT ON COLUMN payments.notification_deliveries.ordinal IS 'The order of writing; within an organization that of the log';
COMMENT ON COLUMN payments.notification_deliveries.lane IS 'What must be told in order: the organization, or an id of its own for what is sent out of turn';
COMMENT ON COLUMN payments.notification_deliveries.organization IS 'Whom it is about; NULL: a test';
COMMENT ON COLUMN payments.notification_deliveries.type IS 'Such as credits.balance.low';
COMMENT ON COLUMN payments.notification_deliveries.body IS 'The bytes that are signed: every try sends the same ones';
COMMENT ON COLUMN payments.notification_deliveries.state IS 'waiting, delivered or parked';
COMMENT ON COLUMN payments.notification_deliveries.tries IS 'How often it was tried since accepted_at';
COMMENT ON COLUMN payments.notification_deliveries.accepted_at IS 'When it was written, or sent again by hand: its day of tries counts from here';
COMMENT ON COLUMN payments.notification_deliveries.tried_at IS 'When it was tried last';
COMMENT ON COLUMN payments.notification_deliveries.status IS 'HTTP status of the last answer; NULL: none came';
COMMENT ON COLUMN payments.notification_deliveries.error IS 'What went wrong at the last try';
COMMENT ON COLUMN payments.notification_deliveries.ended_at IS 'When it was delivered or parked';

COMMENT ON COLUMN payments.notification_lanes.endpoint_id IS 'Who is to be told';
COMMENT ON COLUMN payments.notification_lanes.lane IS 'As in notification_deliveries';
COMMENT ON COLUMN payments.notification_lanes.due_at IS 'When its first waiting delivery is tried; a claim is a due time in the future';
COMMENT ON COLUMN payments.notification_lanes.claim IS 'Which worker has it';

COMMENT ON COLUMN payments.notification_expiries.endpoint_id IS 'Who was told';
COMMENT ON COLUMN payments.notification_expiries.grant_id IS 'The grant';
COMMENT ON COLUMN payments.notification_expiries.expires_at IS 'The expiry that was told; another one is told again';
