-- Headers of keys that did not open: they are not tried again.
ALTER TABLE locked_keys ADD COLUMN bad INTEGER NOT NULL DEFAULT 0;
