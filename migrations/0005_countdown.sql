-- Countdown hours: what is left of them, and each time they ran. Times are integer Unix milliseconds, UTC.

CREATE TABLE countdown (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    installation TEXT    NOT NULL, -- a random UUID that names the anchor outside the data folder; made once
    license      TEXT    NOT NULL, -- names the license the hours came from; empty before the first
    serial       INTEGER NOT NULL,
    granted_ms   INTEGER NOT NULL,
    balance_ms   INTEGER NOT NULL CHECK (balance_ms BETWEEN 0 AND granted_ms),
    interval_ms  INTEGER NOT NULL, -- how long before zero clients are told
    version      INTEGER NOT NULL
) STRICT;

-- Each time the hours ran, from the first login to the last logout.
CREATE TABLE countdown_runs (
    id           INTEGER PRIMARY KEY,
    began_ms     INTEGER NOT NULL,
    ended_ms     INTEGER,          -- empty while it goes on
    spent_ms     INTEGER NOT NULL, -- what it took from the hours
    most_clients INTEGER NOT NULL,
    cause        TEXT              -- why it ended
) STRICT;
