-- Drains, drills and standstills of this server stand in the timeline too.
CREATE TABLE peer_events_new (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    peer   TEXT    NOT NULL,
    kind   TEXT    NOT NULL CHECK (kind IN ('joined', 'first', 'silent', 'back', 'removed', 'left', 'drain', 'drill', 'returned', 'standstill')),
    detail TEXT    NOT NULL
) STRICT;
INSERT INTO peer_events_new SELECT id, at, peer, kind, detail FROM peer_events;
DROP TABLE peer_events;
ALTER TABLE peer_events_new RENAME TO peer_events;
