-- Check-outs of a run that did not lie within it: they are counted, and not kept.
ALTER TABLE lease_runs ADD COLUMN misdated INTEGER NOT NULL DEFAULT 0;
