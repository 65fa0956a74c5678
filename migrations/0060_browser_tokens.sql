-- Why: a page of an end customer reads one organization's credits without a key. Its token lives an hour at most and
-- ends with the key that made it; only hashes are kept.

CREATE TABLE store.browser_tokens (
    id           uuid        NOT NULL,
    -- The one organization that the token may see.
    organization text        COLLATE "C" NOT NULL,
    -- Who looks at the page, in the words of the service that made the token.
    subject      text,
    secret_hash  bytea       NOT NULL,
    -- SHA-256 of the API key that made it: revoked, it takes its tokens along. Also of keys that stand in no table.
    key_hash     bytea       NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    -- Serves revocation.
    CONSTRAINT browser_tokens_pkey PRIMARY KEY (id),
    -- Serves the look-up of a caller's token.
    CONSTRAINT browser_tokens_secret_hash_key UNIQUE (secret_hash),
    CONSTRAINT browser_tokens_hash_lengths CHECK (octet_length(secret_hash) = 32 AND octet_length(key_hash) = 32)
);

-- Serves the removal of expired tokens.
CREATE INDEX browser_tokens_expires_at ON store.browser_tokens (expires_at);
