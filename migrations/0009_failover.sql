-- Clients of virtual environments, and what clients and servers saw when a client changed its server.
-- Times are integer Unix milliseconds, UTC.

ALTER TABLE lease_runs ADD COLUMN ve TEXT; -- the product of the VE license it logged in to

-- A client that came here from another server: what it saw, and what this server saw of that one.
CREATE TABLE client_switches (
    id              INTEGER PRIMARY KEY,
    at              INTEGER NOT NULL,
    client          TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    from_server     TEXT    NOT NULL,
    silent_ms       INTEGER NOT NULL, -- since that server's last usable answer to the client
    problem         TEXT    NOT NULL, -- what the client says was wrong
    server_observed TEXT    NOT NULL, -- what this server saw of it: a sentence
    server_up       INTEGER          -- whether it was up as this server saw it; none when that is not known
) STRICT;
CREATE INDEX client_switches_by_time ON client_switches (at);

-- Times in which this server and another one of the installation had clients at once.
CREATE TABLE simultaneous_use (
    id       INTEGER PRIMARY KEY,
    began    INTEGER NOT NULL,
    ended    INTEGER NOT NULL,
    ms       INTEGER NOT NULL,
    server   TEXT    NOT NULL, -- the other one
    here     INTEGER NOT NULL, -- the most clients at once here …
    there    INTEGER NOT NULL  -- … and there
) STRICT;

-- A server that sends its clients to the backup for a while.
CREATE TABLE handover (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    began      INTEGER NOT NULL,
    until      INTEGER NOT NULL,
    by         TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    clients    TEXT,            -- JSON: the ids of the clients of a rehearsal; none: all clients
    budget_ms  INTEGER          -- of the backup's hours, for a rehearsal
) STRICT;
