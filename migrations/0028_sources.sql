-- Other license daemons that are observed. The picture is the last good one, without its time; the state is what the reader needs to go on, without
-- when it last saw what is out. Both are large and come last: lists don't read them.
CREATE TABLE sources (
    tag TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    input TEXT NOT NULL,
    every_s INTEGER NOT NULL,
    zone TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    tried_at INTEGER,
    last_good INTEGER,
    picture_at INTEGER,
    seen_at INTEGER,
    feature_count INTEGER NOT NULL DEFAULT 0,
    unread_count INTEGER NOT NULL DEFAULT 0,
    problem TEXT,
    picture TEXT,
    state TEXT
) STRICT;
