-- Who may use licenses: the runs of clients, what they were granted and what they have used.
-- Times are integer Unix milliseconds, UTC.

CREATE TABLE lease_runs (
    id         INTEGER PRIMARY KEY,
    client     TEXT    NOT NULL,
    epoch      INTEGER NOT NULL,
    run        TEXT    NOT NULL UNIQUE, -- secret: who knows it speaks for the client
    name       TEXT    NOT NULL,
    host       TEXT    NOT NULL,
    software   TEXT    NOT NULL,
    address    TEXT    NOT NULL,
    deployment TEXT    NOT NULL,
    since      INTEGER NOT NULL,
    seen       INTEGER NOT NULL,
    sequence   INTEGER NOT NULL, -- the last refresh that was taken
    shares     TEXT    NOT NULL, -- JSON: what decides grants
    uses       TEXT    NOT NULL, -- JSON: counters by product
    audio_ms   INTEGER NOT NULL,
    dropped    INTEGER NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('open', 'superseded', 'ended')),
    UNIQUE (client, epoch)
) STRICT;
CREATE INDEX lease_runs_by_seen ON lease_runs (seen);
