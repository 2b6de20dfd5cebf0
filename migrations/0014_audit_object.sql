-- What an entry of the audit log is about: the key of a setting, the name of a user, server or client; several on lines of their own.
-- Entries from before have none, and their hashes cover none.
ALTER TABLE audit ADD COLUMN object TEXT;
