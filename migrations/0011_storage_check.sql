-- A row that is written every few seconds: it shows that the database can store something.
CREATE TABLE storage_check (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
) STRICT;
