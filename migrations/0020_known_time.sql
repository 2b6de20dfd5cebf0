-- A wall clock that is doubted: by how much it is ahead or behind, milliseconds, and for how much running time it has kept that
-- distance.
ALTER TABLE contact ADD COLUMN standing_by INTEGER;
ALTER TABLE contact ADD COLUMN standing_lasted INTEGER;

-- How far the removal of old usage has come: it goes on by one day a day, whatever the clock says.
CREATE TABLE usage_purge (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    counted INTEGER NOT NULL, -- the UTC day from which retention was last counted
    done    INTEGER NOT NULL  -- the UTC day on which that was, by measured time
) STRICT;
