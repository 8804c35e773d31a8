//! Telemetry as its host sees it.
#![allow(clippy::unwrap_used, clippy::panic)] // Clippy knows only functions marked as tests, not those around them.

mod decision;
mod formats;
mod fuzz;
mod proofs;
mod stream;

use std::io::Write;

use domain::{Delivery, Digest, EventId, Time, delivery::Door};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use telemetry::Record;

/// 2026-01-01T00:00:00Z.
fn received() -> Time {
    Time::from_millis(1_767_225_600_000)
}

fn delivery(body: &[u8], door: Door) -> Delivery {
    Delivery {
        digest: Digest::of(body),
        name: "log.json.gz".into(),
        door,
        mapping: None,
        received: received(),
    }
}

/// A CloudTrail record that is complete enough to be recognised.
fn record(id: &str) -> Value {
    json!({
        "eventVersion": "1.11",
        "eventID": id,
        "eventTime": "2025-12-31T23:59:00Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "ListUsers",
        "awsRegion": "us-east-1",
        "recipientAccountId": "111122223333",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.30.0",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ann", "userName": "ann"},
    })
}

/// The id of [`record`]'s event.
fn event_id(id: &str) -> EventId {
    match telemetry::read(record(id).to_string().as_bytes(), Door::Logs, received()).remove(0) {
        Record::Read(event) => event.id,
        Record::Unread { reason, .. } => panic!("{reason}"),
    }
}

/// The part of an event's id that its source gave it.
fn name(id: &EventId) -> &str {
    id.as_str().split('~').next().unwrap_or_default()
}

fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes.as_ref()).unwrap();
    encoder.finish().unwrap()
}
