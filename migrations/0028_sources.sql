-- Other license daemons that are observed. The picture is the last good one; the state is what the reader needs to go on.
CREATE TABLE sources (
    tag TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    input TEXT NOT NULL,
    every_s INTEGER NOT NULL,
    zone TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    tried_at INTEGER,
    last_good INTEGER,
    problem TEXT,
    picture TEXT,
    state TEXT
) STRICT;
