//! Telemetry as its host sees it.
#![allow(clippy::unwrap_used, clippy::panic)] // Clippy knows only functions marked as tests, not those around them.

mod decision;
mod formats;
mod proofs;

use domain::{Delivery, Digest, Time, delivery::Door};
use serde_json::{Value, json};

/// 2026-01-01T00:00:00Z.
fn received() -> Time {
    Time::from_millis(1_767_225_600_000)
}

fn delivery(body: &[u8], door: Door) -> Delivery {
    Delivery { digest: Digest::of(body), name: "log.json.gz".into(), door, received: received() }
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
