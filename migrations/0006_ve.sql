-- The license of this machine (a VE license). Times are integer Unix milliseconds, UTC.

CREATE TABLE ve_license (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    text         TEXT    NOT NULL, -- as the vendor signed it. Verified again whenever it is loaded.
    installed_at INTEGER NOT NULL,
    installed_by TEXT    NOT NULL,
    verdict      TEXT    NOT NULL, -- JSON: what the last check of the machine came to
    checked_at   INTEGER NOT NULL
) STRICT;

-- The newest license ever installed. No older one comes back.
CREATE TABLE ve_serials (
    machine TEXT    PRIMARY KEY, -- names a vendor's key and a fingerprint
    highest INTEGER NOT NULL CHECK (highest > 0),
    sha256  TEXT    NOT NULL -- of its text
) STRICT;
