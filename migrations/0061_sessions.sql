-- Why: whoever signs in to the dashboard with a key gets a cookie in its place, so that no key is kept in a browser. Only
-- hashes are kept.

CREATE TABLE store.sessions (
    secret_hash bytea       NOT NULL,
    -- SHA-256 of the API key that was given: its rights are the session's, and revoked it ends the session.
    key_hash    bytea       NOT NULL,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    -- Serves the look-up of a cookie, and signing out.
    CONSTRAINT sessions_pkey PRIMARY KEY (secret_hash),
    CONSTRAINT sessions_hash_lengths CHECK (octet_length(secret_hash) = 32 AND octet_length(key_hash) = 32)
);

-- Serves the removal of expired sessions.
CREATE INDEX sessions_expires_at ON store.sessions (expires_at);
