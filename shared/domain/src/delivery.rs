//! What arrives at the door, before it is read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Digest, Time};

/// Bytes that a source delivered, kept in the archive under their digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    /// Digest of the bytes as delivered.
    pub digest: Digest,
    /// Where they came from, for people: a file's name, `webhook`, an S3 URI.
    pub name: String,
    /// Which door they came through. It decides what a record may claim: only a verified webhook is read as one.
    pub door: Door,
    /// The mapping by which a webhook's body is read, where it is not in A-SOC's own form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<String>,
    /// When they arrived.
    pub received: Time,
}

/// Doors a delivery may come through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Door {
    /// A log file or an AWS log delivery.
    Logs,
    /// A webhook whose signature was verified.
    Webhook,
    /// A drill: played by an operator, and marked as such.
    Drill,
}

/// What became of a delivery's records: `read + duplicate + quarantined = given`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryReceipt {
    /// Records found in the delivery.
    pub given: u64,
    /// Stored as new events.
    pub read: u64,
    /// Dropped, because an event with the same id is stored already.
    pub duplicate: u64,
    /// Kept aside, because they could not be read.
    pub quarantined: u64,
    /// The first few reasons, for people.
    pub reasons: Vec<String>,
}

/// A record that could not be read, kept with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Quarantined {
    /// Digest of the delivery it stood in.
    pub delivery: Digest,
    /// The delivery's name.
    pub name: String,
    /// Its place there: the record's number, counted from 0.
    pub position: u64,
    /// Why it could not be read, and what would make it readable.
    pub reason: String,
    /// The record's text, cut at 16 KiB; the archive holds the whole.
    pub raw: String,
    /// When it was set aside.
    pub time: Time,
}
