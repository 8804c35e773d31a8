-- Columns are TEXT, INTEGER, BIGINT and BLOB only; JSON is TEXT, times are milliseconds since 1970.

CREATE TABLE events (
    id      TEXT PRIMARY KEY,
    time    BIGINT NOT NULL,
    body    TEXT NOT NULL
);
-- Who and what an event is about: principals, access keys, resources, addresses.
CREATE TABLE event_subjects (
    subject TEXT NOT NULL,
    time    BIGINT NOT NULL,
    event   TEXT NOT NULL,
    PRIMARY KEY (subject, time, event)
) WITHOUT ROWID;
CREATE TABLE quarantine (
    delivery TEXT NOT NULL,
    position BIGINT NOT NULL,
    time     BIGINT NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (delivery, position)
);
CREATE TABLE findings (
    id   TEXT PRIMARY KEY,
    body TEXT NOT NULL
);
CREATE TABLE incidents (
    id      TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    status  TEXT NOT NULL,
    opened  BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    body    TEXT NOT NULL
);
CREATE INDEX incidents_opened ON incidents (opened);
CREATE TABLE incident_keys (
    key      TEXT NOT NULL,
    incident TEXT NOT NULL,
    PRIMARY KEY (key, incident)
) WITHOUT ROWID;
CREATE TABLE blast_radii (
    incident TEXT PRIMARY KEY,
    body     TEXT NOT NULL
);
-- What agents remember from one decision to the next.
CREATE TABLE states (
    key     TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    value   TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX states_expires ON states (expires);
CREATE TABLE decisions (
    agent       TEXT NOT NULL,
    key         TEXT NOT NULL,
    digest      TEXT NOT NULL,
    body        TEXT NOT NULL,
    carried_out INTEGER NOT NULL,
    PRIMARY KEY (agent, key)
);
CREATE INDEX decisions_digest ON decisions (digest);
CREATE TABLE refusals (
    step  TEXT PRIMARY KEY,
    error TEXT NOT NULL
);
CREATE TABLE messages (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    correlation TEXT NOT NULL,
    body        TEXT NOT NULL,
    decision    TEXT NOT NULL,
    policies    TEXT NOT NULL
);
CREATE INDEX messages_correlation ON messages (correlation, seq);
CREATE TABLE queue (
    receiver TEXT NOT NULL,
    message  BIGINT NOT NULL,
    visible  BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    failure  TEXT,
    dead     INTEGER NOT NULL,
    PRIMARY KEY (receiver, message)
);
CREATE INDEX queue_visible ON queue (receiver, dead, visible);
CREATE TABLE ledger (
    seq     BIGINT PRIMARY KEY,
    message TEXT NOT NULL UNIQUE,
    body    TEXT NOT NULL
);
CREATE TABLE checkpoints (
    seq  BIGINT PRIMARY KEY,
    body TEXT NOT NULL
);
CREATE TABLE blobs (
    digest TEXT PRIMARY KEY,
    body   BLOB NOT NULL
);
CREATE TABLE executions (
    name    TEXT PRIMARY KEY,
    machine TEXT NOT NULL,
    status  TEXT NOT NULL,
    body    TEXT NOT NULL
);
CREATE INDEX executions_status ON executions (status);
CREATE TABLE history (
    execution TEXT NOT NULL,
    id        BIGINT NOT NULL,
    body      TEXT NOT NULL,
    PRIMARY KEY (execution, id)
);
CREATE TABLE people (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL
);
-- One-time links, sessions and socket tickets, by the digest of their secret.
CREATE TABLE credentials (
    digest  TEXT PRIMARY KEY,
    kind    TEXT NOT NULL,
    person  TEXT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE TABLE documents (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL
);
