-- A revision that brought back an earlier one says which, and so does one that took the change of another out again.
ALTER TABLE conf_revisions ADD COLUMN restored_from INTEGER;
ALTER TABLE conf_revisions ADD COLUMN undoes INTEGER;

-- Times in which this server, a backup, served clients instead of the primary.
CREATE TABLE stand_ins (
    id      INTEGER PRIMARY KEY,
    began   INTEGER NOT NULL,
    ended   INTEGER NOT NULL, -- when it last served any
    clients INTEGER NOT NULL, -- the most at once
    cause   TEXT    NOT NULL CHECK (cause IN ('failover', 'drain', 'drill'))
) STRICT;
