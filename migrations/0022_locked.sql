-- Locked records of use: the records themselves are sealed lines of the daily data files (docs/USAGE.md). Here is what
-- opens them once and only once. Times are integer Unix milliseconds, UTC; a day is a number of UTC days since 1970-01-01.

-- Who was seen in the current span in which users are counted, in order of first appearance. Names are digests.
CREATE TABLE observed_users (
    span     TEXT    NOT NULL, -- day, week or month
    "window" INTEGER NOT NULL, -- its number
    user     BLOB    NOT NULL,
    number   INTEGER NOT NULL, -- from 1
    first_at INTEGER NOT NULL,
    PRIMARY KEY (span, "window", user)
) STRICT, WITHOUT ROWID;

-- The keys under which lines were sealed; each is itself sealed to the vendor.
CREATE TABLE locked_headers (
    id            TEXT    PRIMARY KEY,
    day           INTEGER NOT NULL,
    vendor_key_id TEXT    NOT NULL,
    sealed        TEXT    NOT NULL,
    users         INTEGER NOT NULL, -- the highest number of a user with a line
    records       INTEGER NOT NULL, -- lines
    opened        INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX locked_headers_by_day ON locked_headers (day);

-- What is told about the locked records of a day.
CREATE TABLE locked_files (
    day       INTEGER NOT NULL,
    violation TEXT    NOT NULL,
    from_ms   INTEGER NOT NULL,
    to_ms     INTEGER NOT NULL,
    records   INTEGER NOT NULL,
    least     INTEGER NOT NULL, -- the lowest number of a user
    users     INTEGER NOT NULL, -- the highest
    PRIMARY KEY (day, violation)
) STRICT, WITHOUT ROWID;

-- Which lines of a key are opened and counted: bits, in chunks of 8192 lines.
CREATE TABLE locked_opened (
    header TEXT    NOT NULL,
    chunk  INTEGER NOT NULL,
    bits   BLOB    NOT NULL,
    PRIMARY KEY (header, chunk)
) STRICT, WITHOUT ROWID;

-- Check-outs whose end is counted while the record of their start may still be locked: it isn't counted again.
CREATE TABLE locked_ended (
    session INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    PRIMARY KEY (session, number)
) STRICT, WITHOUT ROWID;

-- What the last unlocking found wrong with a day's file.
CREATE TABLE locked_damage (
    day     INTEGER PRIMARY KEY,
    damaged INTEGER NOT NULL, -- lines that don't open
    missing INTEGER NOT NULL  -- lines that are gone
) STRICT;
