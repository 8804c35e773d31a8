//! A stream of any size becomes records, and each record one that a log's reader knows or a reason why not.
//!
//! The format is recognised from the content, never from a name: names are the sender's claim.

use std::{
    borrow::Cow,
    io::{self, Read},
    ops::ControlFlow::{self, Break, Continue},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::delivery::Door;
use json::{Cutter, Cutting, Document, Fault, Node, Piece, Whole};

use crate::{
    envelope::{self, Inside},
    expand::{ExpandError, expand},
    flow::{self, Line},
    known,
    reading::{Reading, Scanned},
    record::{Form, Raw, form_of},
    webhook,
};

/// Most bytes of one record. CloudTrail's own limit is 256 KiB ("CloudTrail record contents"), and 1 MiB for those that
/// were enlarged.
const MAX_RECORD: usize = 2 * 1024 * 1024;
/// Most envelopes around each other.
const MAX_ENVELOPES: usize = 6;
/// Most of an unreadable record's text that is kept beside its reason.
const KEPT: usize = 16 * 1024;

/// Who reads a stream and gives what it finds.
pub(crate) struct Scanner<'s> {
    reading: &'s Reading<'s>,
    each: &'s mut dyn FnMut(u64, Scanned<'_>) -> ControlFlow<()>,
    position: u64,
    /// Bytes that payloads inside of the stream may still expand to. They share one limit, or many small bombs would be a
    /// large one.
    expandable: u64,
    /// What the text that is read stands in.
    within: Vec<&'static str>,
    failed: Option<io::Error>,
}

impl<'s> Scanner<'s> {
    /// At the beginning of a stream.
    pub(crate) fn new(
        reading: &'s Reading<'s>,
        each: &'s mut dyn FnMut(u64, Scanned<'_>) -> ControlFlow<()>,
    ) -> Self {
        let expandable = reading.limits.expanded;
        Self { reading, each, position: 0, expandable, within: Vec::new(), failed: None }
    }

    /// Reads it to its end, or until it is told to stop.
    pub(crate) fn stream(mut self, input: impl Read) -> io::Result<()> {
        let _ = match expand(input, self.reading.limits.expanded) {
            Ok(text) => self.text(text),
            Err(error) => self.stopped(error),
        };
        self.failed.map_or(Ok(()), Err)
    }

    /// A text of unknown shape: one document, values in sequence, or one record a line.
    fn text(&mut self, text: impl Read) -> ControlFlow<()> {
        let is_webhook = self.reading.door == Door::Webhook;
        let mut cutter = Cutter::new(
            text,
            Cutting {
                record: MAX_RECORD,
                nesting: MAX_ENVELOPES.saturating_sub(self.within.len()),
                lists: if is_webhook { &[] } else { envelope::LISTS },
            },
        );
        let mut lines = flow::Lines::new(self.reading.flow_format);
        loop {
            match cutter.next() {
                Ok(Some(Piece::Value(value))) => self.value(value)?,
                Ok(Some(Piece::Line(line))) if is_webhook => self.set_aside(known::line(), line)?,
                Ok(Some(Piece::Line(line))) => self.line(line, &mut lines)?,
                Ok(Some(Piece::Fault(fault, text))) => self.set_aside(reason(fault, text), text)?,
                Ok(None) => break,
                Err(error) => return self.stopped(ExpandError::of(error)),
            }
        }
        if cutter.is_blank() { self.set_aside("It is empty.".into(), &[]) } else { Continue(()) }
    }

    fn line(&mut self, line: &[u8], lines: &mut flow::Lines) -> ControlFlow<()> {
        match lines.read(line) {
            Line::Header => Continue(()),
            Line::Record(json) => match Document::parse(json.as_bytes()) {
                Ok(document) => self.found(Raw::new(Form::Flow, document)),
                Err(error) => self.set_aside(format!("It is {error}."), line),
            },
            Line::Unread(reason) => self.set_aside(reason, line),
            Line::Other => self.set_aside(known::line(), line),
        }
    }

    /// A value: an envelope to be opened, or a record.
    fn value(&mut self, value: Whole<'_>) -> ControlFlow<()> {
        let read = value.document();
        let value = value.text();
        let document = match read {
            Ok(document) => document,
            Err(error) => return self.set_aside(format!("It is not valid JSON: {error}."), value),
        };
        if self.reading.door == Door::Webhook {
            return self.alert(document, value);
        }
        if let Some(form) = form_of(&document) {
            return self.found(Raw::new(form, document));
        }
        match envelope::inside(&document) {
            None => self.unknown(&document, &known::record(&document, None), value),
            Some(Inside::Nothing) => Continue(()),
            Some(Inside::Text(name, text)) => {
                self.inside(name, value, |scanner| scanner.text(text.as_bytes()))
            }
            Some(Inside::Encoded(name, text)) => {
                self.inside(name, value, |scanner| scanner.encoded(text, value))
            }
            Some(Inside::Record(node)) => self.node(node, &document),
            Some(Inside::List(nodes)) => nodes.iter().try_for_each(|node| self.node(node, &document)),
        }
    }

    /// A webhook's body, in the form or mapped to it.
    fn alert(&mut self, document: Document<'_>, text: &[u8]) -> ControlFlow<()> {
        let form = match self.reading.mapping {
            Some(mapping) => mapping.form(document.to_value()),
            None => document.to_value(),
        };
        let event = match webhook::event(form) {
            Ok(event) => event,
            Err(reason) => return self.set_aside(reason, text),
        };
        let mapped = event.raw.to_string();
        match Document::parse(mapped.as_bytes()) {
            Ok(document) => self.found(Raw::new(Form::Webhook(Box::new(event)), document)),
            Err(error) => self.set_aside(format!("It is not valid JSON: {error}."), text),
        }
    }

    fn inside(
        &mut self,
        name: &'static str,
        text: &[u8],
        read: impl FnOnce(&mut Self) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if self.within.len() == MAX_ENVELOPES {
            return self.set_aside(reason(Fault::Nested, text), text);
        }
        self.within.push(name);
        let outcome = read(self);
        self.within.pop();
        outcome
    }

    /// A payload in Base64, as CloudWatch Logs and streams hand it on.
    fn encoded(&mut self, data: &str, text: &[u8]) -> ControlFlow<()> {
        let bytes = match STANDARD.decode(data) {
            Ok(bytes) => bytes,
            Err(error) => return self.set_aside(format!("It is not Base64: {error}."), text),
        };
        let mut read = Counted { input: expand(bytes.as_slice(), self.expandable), bytes: 0 };
        let outcome = match &mut read.input {
            Ok(_) => self.text(&mut read),
            Err(_) => Continue(()),
        };
        self.expandable = self.expandable.saturating_sub(read.bytes);
        match (outcome, read.input) {
            (Continue(()), Err(error)) => self.stopped(error),
            (outcome, _) => outcome,
        }
    }

    /// A record that stands as JSON in an envelope.
    fn node(&mut self, node: &Node<'_>, envelope: &Document<'_>) -> ControlFlow<()> {
        let document = match Document::parse(node.raw().as_bytes()) {
            Ok(document) => document,
            Err(error) => {
                return self.set_aside(format!("It is not valid JSON: {error}."), node.raw().as_bytes());
            }
        };
        match form_of(&document) {
            Some(form) => self.found(Raw::new(form, document)),
            None => {
                let reason = known::record(&document, Some(envelope));
                self.unknown(&document, &reason, envelope.root().raw().as_bytes())
            }
        }
    }

    /// A record that is of no log as it is, unless it is a flow log's under other names.
    fn unknown(&mut self, document: &Document<'_>, reason: &str, text: &[u8]) -> ControlFlow<()> {
        match flow::renamed(document).as_deref().map(|json| Document::parse(json.as_bytes())) {
            Some(Ok(renamed)) => self.found(Raw::new(Form::Flow, renamed)),
            _ => self.set_aside(reason.to_owned(), text),
        }
    }

    fn found(&mut self, raw: Raw<'_>) -> ControlFlow<()> {
        self.give(Scanned::Record(raw))
    }

    fn set_aside(&mut self, reason: String, text: &[u8]) -> ControlFlow<()> {
        let reason = match self.within.last() {
            Some(name) => format!("In {name}: {reason}"),
            None => reason,
        };
        let raw = String::from_utf8_lossy(text.get(..KEPT).unwrap_or(text));
        self.give(Scanned::Unread { reason, raw })
    }

    fn give(&mut self, scanned: Scanned<'_>) -> ControlFlow<()> {
        let records = self.reading.limits.records;
        if self.position == records {
            let reason =
                format!("The delivery holds more than {records} records; the rest was not looked at.");
            let _ = (self.each)(self.position, Scanned::Unread { reason, raw: Cow::Borrowed("") });
            return Break(());
        }
        self.position += 1;
        (self.each)(self.position - 1, scanned)
    }

    /// A stream that does not go on.
    fn stopped(&mut self, error: ExpandError) -> ControlFlow<()> {
        let subject = if self.within.is_empty() { "The delivery" } else { "It" };
        match error {
            ExpandError::Input(error) => {
                self.failed = Some(error);
                Break(())
            }
            ExpandError::Damaged(_) => {
                self.set_aside(format!("Cut off: {error}. Deliver it again, whole."), &[])
            }
            error => self.set_aside(format!("{subject} {error}."), &[]),
        }
    }
}

/// Why a piece that was cut is not read.
fn reason(fault: Fault, text: &[u8]) -> String {
    match fault {
        Fault::Broken | Fault::CutOff => known::text(text),
        Fault::Long => format!("It is longer than {MAX_RECORD} bytes."),
        Fault::Deep => format!("It is nested deeper than {} levels.", json::MAX_DEPTH),
        Fault::Nested => format!("It stands in more than {MAX_ENVELOPES} envelopes."),
    }
}

/// A payload, and how much of it was read.
struct Counted<'a> {
    input: Result<Box<dyn Read + 'a>, ExpandError>,
    bytes: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.as_mut().map_or(Ok(0), |input| input.read(buffer))?;
        self.bytes += read as u64;
        Ok(read)
    }
}
