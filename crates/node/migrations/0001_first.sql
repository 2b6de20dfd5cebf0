-- Customers, their servers, what each may use, what was issued, what was reported.
-- Times are integer Unix milliseconds, UTC.

CREATE TABLE node (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    fingerprint TEXT    NOT NULL -- of the key everything here was signed with; the key itself is in node.key
) STRICT;

CREATE TABLE addresses ( -- where this node listens, for registration files
    scheme  TEXT    NOT NULL CHECK (scheme IN ('http', 'https')),
    address TEXT    NOT NULL, -- host:port
    process INTEGER NOT NULL, -- of the process that listens there
    at      INTEGER NOT NULL,
    PRIMARY KEY (scheme, address)
) STRICT;

CREATE TABLE customers (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL COLLATE NOCASE UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE servers (
    id             INTEGER PRIMARY KEY,
    guid           TEXT    NOT NULL UNIQUE, -- {DF9960A1-…}: braces, upper case
    customer_id    INTEGER NOT NULL REFERENCES customers (id),
    context        TEXT    NOT NULL CHECK (context IN ('production', 'backup', 'development')),
    auth           BLOB    NOT NULL CHECK (length(auth) = 32), -- SHA-256 of the auth string
    operator_id    TEXT    NOT NULL,
    contact_days   INTEGER NOT NULL CHECK (contact_days >= 60),
    instance       TEXT, -- the installation that owns the GUID; none before its first report
    instance_since INTEGER,
    rival          TEXT, -- another installation that reported with this GUID
    rival_at       INTEGER, -- its latest report
    created_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX servers_by_customer ON servers (customer_id);

CREATE TABLE deployments (
    id         TEXT    PRIMARY KEY, -- lower case, no braces; the first is the server's GUID
    server_id  INTEGER NOT NULL REFERENCES servers (id),
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX deployments_by_server ON deployments (server_id);

CREATE TABLE licenses (
    id          TEXT    PRIMARY KEY, -- L-XXXXXXXX
    server_id   INTEGER NOT NULL REFERENCES servers (id),
    product     TEXT    NOT NULL,
    kind        TEXT    NOT NULL CHECK (kind IN ('concurrent', 'countdown', 'metered')),
    count       INTEGER NOT NULL CHECK (count > 0),
    context     TEXT    NOT NULL CHECK (context IN ('production', 'backup', 'development')),
    hours       INTEGER CHECK (hours > 0),
    expires     INTEGER,
    maintenance INTEGER,
    version     TEXT,
    created_at  INTEGER NOT NULL,
    removed_at  INTEGER,
    CHECK ((kind = 'countdown') = (hours IS NOT NULL))
) STRICT;
CREATE INDEX licenses_by_server ON licenses (server_id, product);

CREATE TABLE bundles (
    server_id INTEGER NOT NULL REFERENCES servers (id),
    serial    INTEGER NOT NULL CHECK (serial > 0),
    issued    INTEGER NOT NULL,
    signed    TEXT    NOT NULL, -- as sent: bundle, key id, signature
    PRIMARY KEY (server_id, serial)
) STRICT;

CREATE TABLE status_ids ( -- each is good for one answer, for ever
    server_id INTEGER NOT NULL REFERENCES servers (id),
    status_id TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (server_id, status_id)
) STRICT;

CREATE TABLE reports (
    id        INTEGER PRIMARY KEY,
    server_id INTEGER NOT NULL REFERENCES servers (id),
    status_id TEXT    NOT NULL,
    instance  TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    outcome   TEXT    NOT NULL CHECK (outcome IN ('answered', 'refused', 'stranger')), -- stranger: wrong auth string
    reason    TEXT, -- why it was refused
    serial    INTEGER, -- of the bundle it was answered with
    body      TEXT -- as received; none of a stranger
) STRICT;
CREATE INDEX reports_by_server ON reports (server_id, outcome, id);
CREATE INDEX reports_by_status_id ON reports (status_id);
