-- Why: who may call the API, and as what. Only hashes are kept: a copy of the database opens nothing.

CREATE TABLE store.api_keys (
    id           uuid        NOT NULL,
    name         text        NOT NULL,
    scope        text        COLLATE "C" NOT NULL,
    -- The only organization that the key may see; NULL: all.
    organization text        COLLATE "C",
    -- SHA-256 of the key: it has 256 random bits, so a slow hash would add nothing.
    secret_hash  bytea       NOT NULL,
    created_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    -- Serves revocation.
    CONSTRAINT api_keys_pkey PRIMARY KEY (id),
    -- Serves the look-up of a caller's key.
    CONSTRAINT api_keys_secret_hash_key UNIQUE (secret_hash),
    -- The scopes that `store::keys::Scope` knows.
    CONSTRAINT api_keys_scope_known CHECK (scope IN ('admin', 'command', 'read')),
    CONSTRAINT api_keys_hash_length CHECK (octet_length(secret_hash) = 32)
);
