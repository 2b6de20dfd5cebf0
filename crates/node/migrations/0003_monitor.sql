-- Licenses of the usage monitor, and the keys to what servers locked while they had none. Times are integer Unix
-- milliseconds, UTC.

CREATE TABLE monitor_licenses (
    id         TEXT    PRIMARY KEY, -- M-XXXXXXXX
    server_id  INTEGER NOT NULL REFERENCES servers (id),
    from_ms    INTEGER NOT NULL,
    to_ms      INTEGER NOT NULL CHECK (to_ms >= from_ms),
    users      INTEGER NOT NULL CHECK (users > 0),
    created_at INTEGER NOT NULL,
    removed_at INTEGER
) STRICT;
CREATE INDEX monitor_licenses_by_server ON monitor_licenses (server_id, from_ms);

CREATE TABLE monitor_documents ( -- the last one of each server, as sent
    server_id INTEGER PRIMARY KEY REFERENCES servers (id),
    issued    INTEGER NOT NULL,
    signed    TEXT    NOT NULL
) STRICT;

CREATE TABLE locked_keys ( -- as reported; without any record
    server_id     INTEGER NOT NULL REFERENCES servers (id),
    header        TEXT    NOT NULL, -- 16 hexadecimal digits
    day           INTEGER NOT NULL, -- UTC days since 1970-01-01
    vendor_key_id TEXT    NOT NULL,
    sealed        TEXT    NOT NULL,
    users         INTEGER, -- for how many users the key below is
    key           BLOB, -- kept because it takes long to derive
    at            INTEGER NOT NULL,
    PRIMARY KEY (server_id, header)
) STRICT;
CREATE INDEX locked_keys_by_day ON locked_keys (server_id, day);
