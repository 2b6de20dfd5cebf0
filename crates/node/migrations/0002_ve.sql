-- Licenses of virtual environments, as issued. Times are integer Unix milliseconds, UTC.

CREATE TABLE ve_machines (
    id          INTEGER PRIMARY KEY,
    fingerprint TEXT    NOT NULL UNIQUE, -- 64 hexadecimal digits
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    number      INTEGER NOT NULL CHECK (number > 0), -- among the machines of that customer
    created_at  INTEGER NOT NULL,
    UNIQUE (customer_id, number)
) STRICT;

CREATE TABLE ve_licenses (
    machine_id INTEGER NOT NULL REFERENCES ve_machines (id),
    serial     INTEGER NOT NULL CHECK (serial > 0),
    license_id TEXT    NOT NULL UNIQUE, -- 01.CUSTOMER.MACHINE.SERIAL
    issued     INTEGER NOT NULL,
    signed     TEXT    NOT NULL, -- the license text as sent
    PRIMARY KEY (machine_id, serial)
) STRICT;
