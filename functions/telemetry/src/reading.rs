//! What is read, how much of it, and what it gives.

use std::{
    borrow::Cow,
    io::{self, Read},
    ops::ControlFlow::{self, Continue},
};

use domain::{Event, Time, delivery::Door};

use crate::{expand::MAX_EXPANDED, flow::FlowFormat, record::Raw, scan::Scanner, webhook};

/// How much of a stream is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most records; what stands behind them is set aside as one.
    pub records: u64,
    /// Most bytes once it is expanded; also of all payloads inside it together.
    pub expanded: u64,
}

impl Limits {
    /// Of what others deliver, all of which is in memory.
    pub const DELIVERY: Limits = Limits { records: 250_000, expanded: MAX_EXPANDED };
    /// Of a stream that is read record by record.
    pub const NONE: Limits = Limits { records: u64::MAX, expanded: u64::MAX };
}

/// How a stream is read.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'m> {
    /// Which door it came through: only at the webhook's is an alert read as one, and nothing else.
    pub door: Door,
    /// How much of it is read.
    pub limits: Limits,
    /// The format of flow logs that have no header line; the default one if none is declared.
    pub flow_format: Option<&'m FlowFormat>,
    /// How a webhook's body becomes the form's fields; it is in the form if there is none.
    pub mapping: Option<&'m webhook::Mapping>,
}

/// What stands at one position of a stream.
#[derive(Debug)]
pub enum Scanned<'a> {
    /// A record that is known.
    Record(Raw<'a>),
    /// What cannot be read.
    Unread {
        /// Why, and what would make it readable.
        reason: String,
        /// Its text, cut at 16 KiB.
        raw: Cow<'a, str>,
    },
}

/// One record of a delivery; its position is its index in the reading.
#[derive(Debug, PartialEq)]
pub enum Record {
    /// It was understood.
    Read(Box<Event>),
    /// It was not.
    Unread {
        /// Why, and what would make it readable.
        reason: String,
        /// Its text, cut at 16 KiB.
        raw: String,
    },
}

/// Reads a delivery. One that cannot be read at all is one record that was not; only an empty list has none.
pub fn read(delivered: &[u8], door: Door, received: Time) -> Vec<Record> {
    Reading::delivery(door).read(delivered, received)
}

/// Reads a stream of any size, in memory for one record, and gives each record or what cannot be read with its position,
/// in order, until it is told to stop.
///
/// # Errors
/// The stream's own, behind all that was read before it.
pub fn scan(
    input: impl Read,
    reading: &Reading<'_>,
    mut each: impl FnMut(u64, Scanned<'_>) -> ControlFlow<()>,
) -> io::Result<()> {
    Scanner::new(reading, &mut each).stream(input)
}

impl Reading<'_> {
    /// Of what came through this door.
    pub fn delivery(door: Door) -> Self {
        Self { door, limits: Limits::DELIVERY, flow_format: None, mapping: None }
    }

    /// Of a log file of any size.
    pub fn file() -> Self {
        Self { limits: Limits::NONE, ..Self::delivery(Door::Logs) }
    }

    /// Reads a delivery as events.
    pub fn read(&self, delivered: &[u8], received: Time) -> Vec<Record> {
        let mut records = Vec::new();
        // Bytes in memory have no errors of their own.
        let _ = scan(delivered, self, |_, scanned| {
            records.push(match scanned {
                Scanned::Record(raw) => Record::Read(Box::new(raw.event(received))),
                Scanned::Unread { reason, raw } => Record::Unread { reason, raw: raw.into_owned() },
            });
            Continue(())
        });
        records
    }
}
