-- Alerts: rules, how they stand, whom they tell, what was told; and the signals of the past, to try a rule on.
-- Times are integer Unix milliseconds, UTC.

CREATE TABLE alert_channels (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL COLLATE NOCASE UNIQUE,
    kind       TEXT    NOT NULL CHECK (kind IN ('email', 'webhook')),
    settings   TEXT    NOT NULL, -- JSON: what may be shown
    secrets    TEXT    NOT NULL, -- JSON: what is never shown
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE alert_rules (
    id         INTEGER PRIMARY KEY,
    rule       TEXT    NOT NULL, -- JSON: condition, wait, pause between reminders
    enabled    INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    created_at INTEGER NOT NULL,
    last_fired INTEGER
) STRICT;

CREATE TABLE alert_rule_channels (
    rule    INTEGER NOT NULL REFERENCES alert_rules (id) ON DELETE CASCADE,
    channel INTEGER NOT NULL REFERENCES alert_channels (id) ON DELETE CASCADE,
    PRIMARY KEY (rule, channel)
) STRICT, WITHOUT ROWID;

-- How a rule stands; without a row, all is well. Written in the transaction that queues what is to be told.
CREATE TABLE alert_states (
    rule  INTEGER PRIMARY KEY REFERENCES alert_rules (id) ON DELETE CASCADE,
    state TEXT    NOT NULL -- JSON
) STRICT;

-- What is to be told, and what became of it. Told at least once: the id tells a repetition.
CREATE TABLE alert_deliveries (
    id           TEXT    PRIMARY KEY,
    rule         INTEGER REFERENCES alert_rules (id) ON DELETE SET NULL,
    channel      INTEGER REFERENCES alert_channels (id) ON DELETE SET NULL,
    channel_name TEXT    NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('fired', 'reminder', 'resolved', 'test')),
    message      TEXT    NOT NULL, -- JSON: title, body, path
    made_at      INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    next_at      INTEGER,          -- none once it is over
    delivered    INTEGER NOT NULL CHECK (delivered IN (0, 1)),
    outcome      TEXT,
    ended_at     INTEGER
) STRICT;
CREATE INDEX alert_deliveries_due ON alert_deliveries (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX alert_deliveries_by_time ON alert_deliveries (made_at);

-- Lists change seldom: each is kept once and named by the rows it holds for.
CREATE TABLE signal_lists (
    id   INTEGER PRIMARY KEY,
    text TEXT    NOT NULL -- JSON: peers, grace, expiring; what is missing is not known
) STRICT;

CREATE TABLE signal_history (
    at                INTEGER PRIMARY KEY,
    hours_left_ms     INTEGER,
    countdown_running INTEGER CHECK (countdown_running IN (0, 1)),
    days_since_sync   INTEGER,
    clock_flagged     INTEGER CHECK (clock_flagged IN (0, 1)),
    lists             INTEGER NOT NULL REFERENCES signal_lists (id)
) STRICT;
CREATE INDEX signal_history_by_lists ON signal_history (lists);
