-- A revision that brought back an earlier one says which, and so does one that took the change of another out again.
ALTER TABLE conf_revisions ADD COLUMN restored_from INTEGER;
ALTER TABLE conf_revisions ADD COLUMN undoes INTEGER;
