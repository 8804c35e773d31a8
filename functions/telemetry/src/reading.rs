//! A delivery's bytes become records, and each record an event or a reason why not.
//!
//! The format is recognised from the content, never from a name: names are the sender's claim.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{Event, Time, delivery::Door};
use serde_json::Value;

use crate::{
    cloudtrail, expand,
    expand::{Expanded, MAX_EXPANDED},
    guardduty, known,
    split::{self, Split},
    webhook,
};

/// Most records of one delivery; what stands behind them is set aside as one.
const MAX_RECORDS: usize = 250_000;
/// Most bytes of one record. CloudTrail's own limit is 256 KiB ("CloudTrail record contents"), and 1 MiB for those that
/// were enlarged.
const MAX_RECORD: usize = 2 * 1024 * 1024;
/// Most envelopes around each other.
const MAX_ENVELOPES: u8 = 6;
/// Most of an unreadable record's text that is kept beside its reason.
const KEPT: usize = 16 * 1024;

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
    let mut reader = Reader { door, received, expandable: MAX_EXPANDED, records: Vec::new() };
    match expand::expand(delivered, MAX_EXPANDED) {
        Ok(Expanded { bytes, damage }) => {
            if !bytes.is_empty() || damage.is_none() {
                reader.text(&bytes, 0);
            }
            if let Some(damage) = damage {
                reader.set_aside(format!("Cut off: {damage}. Deliver it again, whole."), &[]);
            }
        }
        Err(error) => reader.set_aside(format!("The delivery {error}."), delivered),
    }
    reader.records
}

struct Reader {
    door: Door,
    received: Time,
    /// Bytes that payloads inside of the delivery may still expand to.
    expandable: usize,
    records: Vec<Record>,
}

impl Reader {
    /// A text of unknown shape: one document, values in sequence, or one record a line.
    fn text(&mut self, text: &[u8], envelopes: u8) {
        let text = text.trim_ascii();
        if text.is_empty() {
            return self.set_aside("It is empty.", text);
        }
        let whole = split::sequence(text);
        if whole.rest.is_none() {
            return self.values(whole, envelopes);
        }
        let lines = || text.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|l| !l.is_empty());
        let is_whole = |line: &[u8]| line.starts_with(b"{") && split::sequence(line).rest.is_none();
        let is_cut_list = whole.values.is_empty() && (text.starts_with(b"[") || list(text).is_some());
        let starts_whole = lines().next().is_some_and(is_whole);
        if starts_whole || (!is_cut_list && lines().any(is_whole)) {
            for line in lines() {
                self.values(split::sequence(line), envelopes);
            }
        } else if is_cut_list {
            self.value(text, envelopes);
        } else {
            self.values(whole, envelopes);
        }
    }

    fn values(&mut self, split: Split<'_>, envelopes: u8) {
        for value in split.values {
            if self.is_full() {
                return;
            }
            self.value(value, envelopes);
        }
        if let Some(rest) = split.rest {
            self.set_aside(known::text(rest), rest);
        }
    }

    /// A value that begins with a bracket: an envelope to be opened, or a record.
    fn value(&mut self, value: &[u8], envelopes: u8) {
        if envelopes > MAX_ENVELOPES {
            return self.set_aside(format!("It stands in more than {MAX_ENVELOPES} envelopes."), value);
        }
        if value.starts_with(b"[") {
            return self.values(split::elements(value), envelopes + 1);
        }
        if let Some(list) = list(value) {
            return self.values(split::elements(list), envelopes + 1);
        }
        if value.len() > MAX_RECORD {
            return self.set_aside(format!("It is longer than {MAX_RECORD} bytes."), value);
        }
        match serde_json::from_slice::<Value>(value) {
            Ok(parsed) => self.record(parsed, value, envelopes),
            Err(error) => self.set_aside(format!("It is not valid JSON: {error}."), value),
        }
    }

    fn record(&mut self, parsed: Value, text: &[u8], envelopes: u8) {
        if self.door == Door::Webhook {
            return match webhook::event(parsed) {
                Ok(event) => self.records.push(Record::Read(Box::new(event))),
                Err(reason) => self.set_aside(reason, text),
            };
        }
        if let Some(inner) = enclosed(&parsed) {
            return self.text(inner.as_bytes(), envelopes + 1);
        }
        if let Some(data) = parsed.pointer("/awslogs/data").and_then(Value::as_str) {
            return match self.open(data) {
                Ok(inner) => self.text(&inner, envelopes + 1),
                Err(reason) => self.set_aside(reason, text),
            };
        }
        let (outer, record) = match parsed {
            Value::Object(mut bridge)
                if bridge.contains_key("detail-type") && bridge.contains_key("detail") =>
            {
                let detail = bridge.remove("detail").unwrap_or_default();
                (Some(Value::Object(bridge)), detail)
            }
            bare => (None, bare),
        };
        let event = if cloudtrail::is(&record) {
            cloudtrail::event(record, self.received)
        } else if guardduty::is(&record) {
            guardduty::event(record, self.received)
        } else {
            return self.set_aside(known::record(&record, outer.as_ref()), text);
        };
        self.records.push(Record::Read(Box::new(event)));
    }

    /// A subscription's payload as CloudWatch Logs hands it to a function. All payloads of a delivery share one limit, or
    /// many small bombs would be a large one.
    fn open(&mut self, data: &str) -> Result<Vec<u8>, String> {
        let bytes =
            STANDARD.decode(data).map_err(|error| format!("Its `awslogs.data` is not Base64: {error}."))?;
        let expanded = expand::expand(&bytes, self.expandable);
        let used = expanded.as_ref().map_or(self.expandable, |expanded| expanded.bytes.len());
        self.expandable = self.expandable.saturating_sub(used);
        match expanded {
            Ok(Expanded { bytes, damage: None }) => Ok(bytes),
            Ok(Expanded { damage: Some(damage), .. }) => Err(format!("Its `awslogs.data`: {damage}.")),
            Err(error) => Err(format!("Its `awslogs.data` {error}.")),
        }
    }

    fn is_full(&mut self) -> bool {
        if self.records.len() == MAX_RECORDS {
            let reason =
                format!("The delivery holds more than {MAX_RECORDS} records; the rest was not looked at.");
            self.set_aside(reason, &[]);
        }
        self.records.len() > MAX_RECORDS
    }

    fn set_aside(&mut self, reason: impl Into<String>, text: &[u8]) {
        let raw = String::from_utf8_lossy(text.get(..KEPT).unwrap_or(text)).into_owned();
        self.records.push(Record::Unread { reason: reason.into(), raw });
    }
}

/// The list that an envelope holds: CloudTrail's log files, LookupEvents, GetFindings, CloudWatch Logs subscriptions.
fn list(object: &[u8]) -> Option<&[u8]> {
    split::members(object).into_iter().find_map(|(key, value)| {
        let is_list = matches!(key, b"Records" | b"Events" | b"Findings" | b"logEvents");
        (is_list && value.starts_with(b"[")).then_some(value)
    })
}

/// The text that an envelope holds: an entry of LookupEvents, or an event of CloudWatch Logs.
fn enclosed(envelope: &Value) -> Option<&str> {
    let text = |key: &str| envelope.get(key).and_then(Value::as_str);
    let is_log_event = envelope.get("id").is_some() && envelope.get("timestamp").is_some();
    text("CloudTrailEvent").or_else(|| text("message").filter(|_| is_log_event))
}
