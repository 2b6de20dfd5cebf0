-- Since when the auth string is the one it is, how each of the vendor's keys came to be trusted, and what of the check-list is done with.
ALTER TABLE registration ADD COLUMN auth_at INTEGER;
UPDATE registration SET auth_at = at WHERE auth_string IS NOT NULL;
ALTER TABLE vendor_keys ADD COLUMN came_from TEXT CHECK (came_from IN ('registration file', 'fingerprint')); -- none before this was kept
CREATE TABLE checklist (
    item TEXT    NOT NULL PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
