-- Servers of one installation: who they are, how they joined, what happened. Times are integer Unix milliseconds, UTC.

-- This server in its installation; no row while it knows no other.
CREATE TABLE peer_self (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    name      TEXT    NOT NULL, -- what the others call it
    joined_as TEXT    NOT NULL CHECK (joined_as IN ('primary', 'backup')), -- counts while it is not registered
    url       TEXT              -- where it answers, when a person said so
) STRICT;

-- Codes with which a server may join. What is kept checks a signature made with the code and cannot make one.
CREATE TABLE peer_invitations (
    key        BLOB    PRIMARY KEY CHECK (length(key) = 32),
    made_at    INTEGER NOT NULL,
    made_by    TEXT    NOT NULL,
    expires_at INTEGER NOT NULL,
    wrong      INTEGER NOT NULL DEFAULT 0, -- wrong tries
    ended_at   INTEGER,
    used_by    TEXT                        -- who joined with it; none when wrong tries ended it
) STRICT, WITHOUT ROWID;

-- The other servers. One that was removed stays, so that it can be told.
CREATE TABLE peers (
    key        BLOB    PRIMARY KEY CHECK (length(key) = 32),
    name       TEXT    NOT NULL,
    role       TEXT    NOT NULL CHECK (role IN ('primary', 'backup')),
    context    TEXT    CHECK (context IN ('production', 'backup', 'development')),
    url        TEXT,             -- where it answers, as a person said
    told_url   TEXT,             -- the same, as it says itself
    through    TEXT,             -- which server told of it; none when it joined here, or this server there
    joined_at  INTEGER NOT NULL,
    joined_by  TEXT    NOT NULL,
    seen_at    INTEGER,          -- its last sign of life, stored now and then
    silent     INTEGER NOT NULL DEFAULT 0 CHECK (silent IN (0, 1)), -- its silence was told
    serial     INTEGER,          -- the newest countdown license it spoke of
    balance_ms INTEGER,          -- the least it said was left of it
    removed_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX peers_by_name ON peers (name COLLATE NOCASE) WHERE removed_at IS NULL;

CREATE TABLE peer_events (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    peer   TEXT    NOT NULL,
    kind   TEXT    NOT NULL CHECK (kind IN ('joined', 'first', 'silent', 'back', 'removed', 'left')),
    detail TEXT    NOT NULL
) STRICT;

-- The last answered report is looked up on every page.
CREATE INDEX exchange_ledger_answered ON exchange_ledger (answered_at);
