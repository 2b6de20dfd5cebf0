-- Use over time: single check-outs are in the daily data files (docs/USAGE.md), here are the roll-ups made from them.
-- Times are integer Unix milliseconds, UTC; a day is a number of UTC days since 1970-01-01.

-- How far the check-outs of each run of a client are stored.
CREATE TABLE usage_streams (
    session      INTEGER PRIMARY KEY, -- the run of the client
    acknowledged INTEGER NOT NULL,    -- number of the last record taken
    dropped      INTEGER NOT NULL     -- records that never came
) STRICT;

-- How many bytes of each data file are part of what is stored here. What lies beyond was not committed.
CREATE TABLE usage_files (
    day       INTEGER PRIMARY KEY,
    committed INTEGER NOT NULL,
    missing   INTEGER NOT NULL DEFAULT 0 -- bytes that were found to be gone
) STRICT;

-- Check-outs that are still out. One that was given up as lost stays for a while, so that its end is not counted again.
CREATE TABLE usage_open (
    session INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    taken   INTEGER NOT NULL,
    series  INTEGER NOT NULL, -- of the client
    user    TEXT    NOT NULL,
    host    TEXT    NOT NULL,
    lost_at INTEGER,
    PRIMARY KEY (session, number)
) STRICT, WITHOUT ROWID;

-- How far the roll-ups go.
CREATE TABLE usage_rolled (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    at         INTEGER NOT NULL, -- until when the check-outs that are out are counted, a full hour
    seen       INTEGER NOT NULL, -- the latest time any record named
    edges_from INTEGER NOT NULL, -- the changes of days before this one were purged
    hours_from INTEGER NOT NULL  -- the hours of days before this one were purged
) STRICT;
INSERT INTO usage_rolled (id, at, seen, edges_from, hours_from) VALUES (1, 0, 0, 0, 0);

-- Whose use: a client of a deployment; all clients of a deployment (client ''); the whole server (deployment '*', client '').
CREATE TABLE usage_series (
    id         INTEGER PRIMARY KEY,
    context    TEXT    NOT NULL,
    deployment TEXT    NOT NULL,
    product    TEXT    NOT NULL,
    client     TEXT    NOT NULL,
    UNIQUE (context, deployment, product, client)
) STRICT;

CREATE TABLE usage_days (
    series  INTEGER NOT NULL,
    day     INTEGER NOT NULL,
    taken   INTEGER NOT NULL,
    use_ms  INTEGER NOT NULL,
    denied  INTEGER NOT NULL,
    peak    INTEGER NOT NULL,
    peak_at INTEGER NOT NULL, -- the hour of the peak, Unix milliseconds
    before  INTEGER NOT NULL, -- in use just before the day began
    hours   BLOB,             -- the 24 hours; none once purged
    levels  BLOB,             -- time by number in use; of totals only
    PRIMARY KEY (series, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_days_by_day ON usage_days (day);

-- Every change of the number in use, in chunks that are put together now and then.
CREATE TABLE usage_edges (
    day    INTEGER NOT NULL,
    series INTEGER NOT NULL,
    chunk  INTEGER NOT NULL,
    edges  BLOB    NOT NULL,
    PRIMARY KEY (day, series, chunk)
) STRICT, WITHOUT ROWID;

-- Names of users, and what each used on a day.
CREATE TABLE usage_names (
    id   INTEGER PRIMARY KEY,
    name TEXT    NOT NULL UNIQUE
) STRICT;
CREATE TABLE usage_users (
    series INTEGER NOT NULL, -- all clients of a deployment
    day    INTEGER NOT NULL,
    users  BLOB    NOT NULL, -- user, taken, time, refused; repeated
    PRIMARY KEY (series, day)
) STRICT, WITHOUT ROWID;

-- Refused requests; those of one client, product and user within a minute are one row.
CREATE TABLE usage_denials (
    minute INTEGER NOT NULL, -- since 1970
    series INTEGER NOT NULL, -- of the client
    user   INTEGER NOT NULL,
    at     INTEGER NOT NULL, -- the first of them
    last   INTEGER NOT NULL,
    host   TEXT    NOT NULL,
    count  INTEGER NOT NULL,
    PRIMARY KEY (minute, series, user)
) STRICT, WITHOUT ROWID;

-- What was licensed when.
CREATE TABLE licensed_history (
    context  TEXT    NOT NULL,
    product  TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    licensed INTEGER NOT NULL,
    PRIMARY KEY (context, product, at)
) STRICT, WITHOUT ROWID;
