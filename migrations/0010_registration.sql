-- A registration that is written together with a revision of the conf file: kept in force, or dropped, with it.
ALTER TABLE conf_revisions ADD COLUMN registration TEXT; -- JSON with a secret; only while the revision is pending
