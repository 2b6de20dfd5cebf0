-- The license of the usage monitor: the last document of each source, and since when its violations last.

CREATE TABLE monitor_documents (
    source   TEXT PRIMARY KEY CHECK (source IN ('exchange', 'key-file', 'server')),
    document TEXT NOT NULL,
    issued   INTEGER NOT NULL,
    seen     INTEGER NOT NULL
) STRICT;

CREATE TABLE monitor_state (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    state TEXT NOT NULL
) STRICT;
