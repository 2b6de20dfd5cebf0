-- The exchange with the licensing nodes: identity, keys, ledger, installed licenses, the contact clock, usage totals.
-- Times are integer Unix milliseconds, UTC.

-- What registration gave besides the GUID and the auth string.
ALTER TABLE registration ADD COLUMN context TEXT CHECK (context IN ('production', 'backup', 'development'));
ALTER TABLE registration ADD COLUMN customer TEXT;
ALTER TABLE registration ADD COLUMN operator_id TEXT;

-- Names this installation of the server in its reports; made once.
CREATE TABLE instance (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    uuid       TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- The vendor's keys that are trusted. A key known by its fingerprint alone is fetched from a node and compared with it.
CREATE TABLE vendor_keys (
    fingerprint TEXT    PRIMARY KEY,
    signing     BLOB    CHECK (length(signing) = 32),
    sealing     BLOB    CHECK (length(sealing) = 32),
    pinned_at   INTEGER NOT NULL,
    pinned_by   TEXT    NOT NULL,
    CHECK ((signing IS NULL) = (sealing IS NULL))
) STRICT;

CREATE TABLE contact (
    id             INTEGER PRIMARY KEY CHECK (id = 1),
    last_verified  INTEGER,
    high_water     INTEGER NOT NULL,
    limit_days     INTEGER NOT NULL,
    flagged        INTEGER, -- milliseconds the wall clock was seen ahead (positive) or behind (negative)
    reported_phase TEXT,
    reported_at    INTEGER
) STRICT;

-- The licenses in force: the bundle as the vendor signed it. Verified again whenever it is loaded.
CREATE TABLE bundle (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    guid         TEXT    NOT NULL,
    serial       INTEGER NOT NULL,
    sha256       TEXT    NOT NULL,
    signed       TEXT    NOT NULL, -- JSON: bundle, key id, signature
    status_id    TEXT    NOT NULL,
    installed_at INTEGER NOT NULL
) STRICT;

-- Every report that was made, and its answer. A status id is good for one answer.
CREATE TABLE exchange_ledger (
    status_id   TEXT    PRIMARY KEY,
    guid        TEXT    NOT NULL,
    channel     TEXT    NOT NULL CHECK (channel IN ('online', 'console', 'api', 'command line', 'reporting api')),
    opened_at   INTEGER NOT NULL,
    known_at    INTEGER NOT NULL, -- the same instant on the contact clock, which nobody can set
    opened_by   TEXT    NOT NULL,
    report      TEXT    NOT NULL,
    digest      TEXT    NOT NULL, -- SHA-256 of the canonical report
    state       TEXT    NOT NULL CHECK (state IN ('open', 'answered', 'lost')),
    sent_at     INTEGER, -- when it first left this server by network
    node        TEXT,
    answered_at INTEGER,
    answered_by TEXT,
    response    TEXT,
    outcome     TEXT -- JSON: what the answer changed
) STRICT;
CREATE INDEX exchange_ledger_by_time ON exchange_ledger (opened_at);

-- Totals since this installation was made, as the reports carry them.
CREATE TABLE usage_totals (
    deployment  TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    usage_count INTEGER NOT NULL,
    usage_ms    INTEGER NOT NULL,
    PRIMARY KEY (deployment, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE session_totals (
    deployment       TEXT    PRIMARY KEY,
    session_ms       INTEGER NOT NULL,
    session_audio_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Clusters that are not this server, reached over their reporting API.
CREATE TABLE clusters (
    id            INTEGER PRIMARY KEY,
    name          TEXT    NOT NULL COLLATE NOCASE UNIQUE,
    uri           TEXT    NOT NULL, -- host:port
    tls           INTEGER NOT NULL CHECK (tls IN (0, 1)),
    ca            TEXT,             -- PEM
    deployment    TEXT    NOT NULL,
    operator      TEXT    NOT NULL,
    auth          TEXT,
    licensing_url TEXT    NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;

-- What the wizard has gathered for the exchange; emptied when it is over.
ALTER TABLE setup ADD COLUMN auth_string TEXT;
ALTER TABLE setup ADD COLUMN registration TEXT; -- a registration file
ALTER TABLE setup ADD COLUMN vendor_key TEXT;   -- JSON: fingerprint confirmed, and the key when it is known
