-- Users, sessions, API tokens, the history of license_server.conf, the audit chain, set-up.
-- Times are integer Unix milliseconds, UTC.

CREATE TABLE users (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL COLLATE NOCASE UNIQUE,
    role       TEXT    NOT NULL CHECK (role IN ('viewer', 'operator', 'administrator')),
    password   TEXT    NOT NULL, -- Argon2id, PHC string
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    id         BLOB    PRIMARY KEY, -- SHA-256 of the session id: the id itself is only in the cookie
    handle     TEXT    NOT NULL UNIQUE, -- names the session on screen and in forms; opens nothing
    user_id    INTEGER REFERENCES users (id) ON DELETE CASCADE, -- none before login
    data       TEXT    NOT NULL,
    address    TEXT,
    agent      TEXT,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE tokens (
    id           INTEGER PRIMARY KEY,
    name         TEXT    NOT NULL COLLATE NOCASE UNIQUE,
    role         TEXT    NOT NULL CHECK (role IN ('viewer', 'operator', 'administrator')),
    hash         BLOB    NOT NULL UNIQUE, -- SHA-256 of the token
    created_by   TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at   INTEGER
) STRICT;

CREATE TABLE conf_revisions (
    number          INTEGER PRIMARY KEY,
    path            TEXT    NOT NULL,
    sha256          TEXT    NOT NULL,
    content         BLOB    NOT NULL,
    author          TEXT    NOT NULL,
    origin          TEXT    NOT NULL CHECK (origin IN ('console', 'api', 'command line', 'outside', 'system')),
    comment         TEXT    NOT NULL,
    removed         INTEGER NOT NULL, -- lines, against the revision before
    added           INTEGER NOT NULL,
    at              INTEGER NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('pending', 'applied', 'failed')),
    acknowledged_at INTEGER -- of an outside edit: when an administrator looked at it and kept it
) STRICT;

CREATE TABLE audit (
    seq      INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    who      TEXT    NOT NULL,
    origin   TEXT    NOT NULL,
    address  TEXT,
    action   TEXT    NOT NULL,
    sentence TEXT    NOT NULL,
    outcome  TEXT    NOT NULL CHECK (outcome IN ('done', 'refused', 'failed')),
    hash     BLOB    NOT NULL -- SHA-256 over the hash before and this entry
) STRICT;

CREATE TABLE setup (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    token_hash BLOB,
    expires_at INTEGER,
    guid       TEXT,    -- chosen in the wizard, not yet written
    connection TEXT,    -- JSON, chosen in the wizard, not yet written
    claimed_at INTEGER, -- the first administrator exists
    done_at    INTEGER  -- the wizard is over
) STRICT;
INSERT INTO setup (id) VALUES (1);

CREATE TABLE registration (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    guid        TEXT    NOT NULL,
    auth_string TEXT,
    vendor_key  TEXT, -- fingerprint
    at          INTEGER NOT NULL
) STRICT;
