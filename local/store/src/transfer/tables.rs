//! All tables, with their columns.

/// What a column holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    MaybeText,
    Number,
    Bytes,
}

use Kind::{Bytes, MaybeText, Number, Text};

pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [(&'static str, Kind)],
    /// Its primary key: rows come in this order.
    pub(super) order: &'static str,
}

impl Table {
    /// Its columns as SQL names them.
    pub(super) fn names(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    /// The place of the column by which PostgreSQL partitions it, if it does.
    pub(super) fn partitioned_by(&self) -> Option<usize> {
        matches!(self.name, "events" | "event_subjects").then_some(1)
    }
}

const fn table(name: &'static str, order: &'static str, columns: &'static [(&'static str, Kind)]) -> Table {
    Table { name, columns, order }
}

pub(super) const TABLES: &[Table] = &[
    table("events", "id", &[("id", Text), ("time", Number), ("body", Text)]),
    table("event_subjects", "subject, time, event", &[("subject", Text), ("time", Number), ("event", Text)]),
    table(
        "quarantine",
        "delivery, position",
        &[("delivery", Text), ("position", Number), ("time", Number), ("body", Text)],
    ),
    table("findings", "id", &[("id", Text), ("body", Text)]),
    table(
        "incidents",
        "id",
        &[
            ("id", Text),
            ("version", Number),
            ("status", Text),
            ("opened", Number),
            ("updated", Number),
            ("body", Text),
        ],
    ),
    table("incident_keys", "key, incident", &[("key", Text), ("incident", Text)]),
    table("blast_radii", "incident", &[("incident", Text), ("body", Text)]),
    table("states", "key", &[("key", Text), ("version", Number), ("expires", Number), ("value", Text)]),
    table(
        "decisions",
        "agent, key",
        &[("agent", Text), ("key", Text), ("digest", Text), ("body", Text), ("carried_out", Number)],
    ),
    table("refusals", "step", &[("step", Text), ("error", Text)]),
    table(
        "messages",
        "seq",
        &[
            ("seq", Number),
            ("id", Text),
            ("correlation", Text),
            ("body", Text),
            ("decision", Text),
            ("policies", Text),
        ],
    ),
    table(
        "queue",
        "receiver, message",
        &[
            ("receiver", Text),
            ("message", Number),
            ("visible", Number),
            ("attempts", Number),
            ("failure", MaybeText),
            ("dead", Number),
        ],
    ),
    table("ledger", "seq", &[("seq", Number), ("message", Text), ("body", Text)]),
    table("checkpoints", "seq", &[("seq", Number), ("body", Text)]),
    table("blobs", "digest", &[("digest", Text), ("body", Bytes)]),
    table("executions", "name", &[("name", Text), ("machine", Text), ("status", Text), ("body", Text)]),
    table("history", "execution, id", &[("execution", Text), ("id", Number), ("body", Text)]),
    table("people", "name", &[("name", Text), ("body", Text)]),
    table(
        "credentials",
        "digest",
        &[("digest", Text), ("kind", Text), ("person", Text), ("expires", Number)],
    ),
    table("documents", "name", &[("name", Text), ("body", Text)]),
];
