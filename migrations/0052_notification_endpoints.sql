-- Why: services want to be told of a low balance or a paid purchase instead of asking for it. An endpoint is an address
-- of theirs with a secret of its own. Schema payments, because no analyst may read it: a secret signs in our name.

CREATE TABLE payments.notification_endpoints (
    id            uuid        NOT NULL,
    -- The only organization that it is told of; NULL: all.
    organization  text        COLLATE "C",
    url           text        NOT NULL,
    description   text        NOT NULL,
    -- The types that it is told of; empty: every type.
    types         text[]      COLLATE "C" NOT NULL,
    enabled       boolean     NOT NULL,
    -- By partition: it is told of events behind this position. A new endpoint begins at the end of the log.
    begins        bigint[]    NOT NULL,
    -- Sealed where the server was given a key for it (`notifications::seal`).
    secret        bytea       NOT NULL,
    -- Signs beside the secret until the time, so that receivers can change over.
    former_secret bytea,
    former_until  timestamptz,
    created_by    text        COLLATE "C" NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    -- Serves one endpoint, and the list, as ids are made in the order of time.
    CONSTRAINT notification_endpoints_pkey PRIMARY KEY (id),
    CONSTRAINT notification_endpoints_former_is_whole CHECK ((former_secret IS NULL) = (former_until IS NULL))
);

-- Serves the list of a key that is bound to an organization, and who is told of an organization's events.
CREATE INDEX notification_endpoints_organization ON payments.notification_endpoints (organization, id);

COMMENT ON TABLE payments.notification_endpoints IS 'Where notifications are sent';
