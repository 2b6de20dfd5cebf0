-- Days whose data file was removed for its age: which check-outs of them are known can't be told any more.
CREATE TABLE usage_removed (
    day INTEGER PRIMARY KEY
) STRICT;
INSERT INTO usage_removed (day)
SELECT DISTINCT day FROM usage_days
WHERE (taken > 0 OR denied > 0) AND day NOT IN (SELECT day FROM usage_files) AND day < (SELECT MIN(day) FROM usage_files);

-- The UTC day on which check-outs of this file were last imported.
ALTER TABLE usage_files ADD COLUMN imported INTEGER;
