-- Attempts to back up, and what came of each.
CREATE TABLE backups (
    id        INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL, -- when it began
    folder    TEXT NOT NULL,
    name      TEXT,             -- of the file; none when there is none
    size      INTEGER,          -- bytes
    sha256    TEXT,             -- of the file
    problem   TEXT              -- why there is none
) STRICT;

-- The last check of all pages of the database, and what each table took.
CREATE TABLE database_check (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    at      INTEGER NOT NULL,
    took_ms INTEGER NOT NULL,
    problem TEXT,
    tables  TEXT NOT NULL       -- JSON
) STRICT;
