//! Lines of flow logs, and the formats that say what their fields are.

use std::sync::LazyLock;

use json::{Document, Shape};
use serde_json::Value;
use thiserror::Error;

/// The default format, version 2.
const DEFAULT: [&str; 14] = [
    "version",
    "account-id",
    "interface-id",
    "srcaddr",
    "dstaddr",
    "srcport",
    "dstport",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "action",
    "log-status",
];
/// What later versions added: 3, 4, 5, 7 (version 6 is that of transit gateways), and 8 and later.
#[rustfmt::skip] // A row for each version.
const LATER: [&str; 28] = [
    "vpc-id", "subnet-id", "instance-id", "tcp-flags", "type", "pkt-srcaddr", "pkt-dstaddr",
    "region", "az-id", "sublocation-type", "sublocation-id",
    "pkt-src-aws-service", "pkt-dst-aws-service", "flow-direction", "traffic-path",
    "ecs-cluster-arn", "ecs-cluster-name", "ecs-container-instance-arn", "ecs-container-instance-id", "ecs-container-id",
    "ecs-second-container-id", "ecs-service-name", "ecs-task-definition-arn", "ecs-task-arn", "ecs-task-id",
    "reject-reason", "resource-id", "encryption-status",
];
const NUMBERS: [&str; 10] = [
    "version",
    "srcport",
    "dstport",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "tcp-flags",
    "traffic-path",
];
/// Most fields of a line. AWS has about fifty.
const MAX_FIELDS: usize = 128;

/// The order of the fields on a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowFormat(Vec<String>);

static DEFAULT_ORDER: LazyLock<FlowFormat> =
    LazyLock::new(|| FlowFormat(DEFAULT.map(str::to_owned).to_vec()));

/// Why a text is no format.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a flow log's format names its fields as AWS does, such as `${{version}} ${{srcaddr}} ${{dstaddr}}`")]
pub struct FlowFormatError;

impl FlowFormat {
    /// Reads a format as it was given to AWS (`LogFormat`: `${version} ${srcaddr}`) or as a header line has it.
    ///
    /// # Errors
    /// If it names no known field, or anything but field names.
    pub fn parse(text: &str) -> Result<Self, FlowFormatError> {
        let bare = |field: &str| field.trim_start_matches("${").trim_end_matches('}').to_owned();
        let fields: Vec<String> = text.split_whitespace().map(bare).collect();
        let is_name = |field: &String| {
            field.starts_with(|c: char| c.is_ascii_lowercase())
                && field.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let known = fields.iter().filter(|field| documented(field).is_some()).count();
        // A new version may have fields that are not known here; a line of prose has hardly any that are.
        let is_format = known * 2 > fields.len() && fields.len() <= MAX_FIELDS && fields.iter().all(is_name);
        is_format.then_some(Self(fields)).ok_or(FlowFormatError)
    }
}

/// The documented name of a field, also where it is spelled as databases and programs do: `srcAddr`, `log_status`.
fn documented(name: &str) -> Option<&'static str> {
    let letters = |text: &str| -> String {
        text.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect()
    };
    let name = letters(name);
    names().find(|field| letters(field) == name)
}

fn names() -> impl Iterator<Item = &'static str> {
    DEFAULT.into_iter().chain(LATER)
}

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Names of fields, for the lines that follow.
    Header,
    /// A record, as JSON.
    Record(String),
    /// A record that cannot be read, and why.
    Unread(String),
    /// Nothing of a flow log.
    Other,
}

/// The lines of one text: a header holds for those behind it.
#[derive(Debug)]
pub(crate) struct Lines {
    format: Option<FlowFormat>,
}

impl Lines {
    /// At the beginning of a text, whose format may be known.
    pub(crate) fn new(declared: Option<&FlowFormat>) -> Self {
        Self { format: declared.cloned() }
    }

    /// Reads the next line.
    pub(crate) fn read(&mut self, line: &[u8]) -> Line {
        let Ok(line) = std::str::from_utf8(line) else { return Line::Other };
        let fields: Vec<&str> = line.split_whitespace().take(MAX_FIELDS + 1).collect();
        // Whether it is a header is asked of each line, and so begins with what is cheap.
        if fields.len() > 2
            && fields.iter().take(3).any(|field| names().any(|name| name == *field))
            && let Ok(header) = FlowFormat::parse(line)
        {
            self.format = Some(header);
            return Line::Header;
        }
        match &self.format {
            Some(format) if format.0.len() == fields.len() => Line::Record(record(format, &fields)),
            Some(format) if is_like_record(&fields) || fields.len() + 1 >= format.0.len() => {
                let (expected, found) = (format.0.len(), fields.len());
                Line::Unread(format!(
                    "It is a line of a VPC flow log whose format has {expected} fields, but it has {found}."
                ))
            }
            None if is_default(&fields) => Line::Record(record(&DEFAULT_ORDER, &fields)),
            None if is_like_record(&fields) => Line::Unread(format!(
                "It is a line of a VPC flow log in a format of its own: without a header line the default format is \
                 expected, which has {} fields, and it has {}. Deliver it with its header line, or declare the format.",
                DEFAULT_ORDER.0.len(),
                fields.len()
            )),
            _ => Line::Other,
        }
    }
}

/// Whether fields without a header are those of the default format. Each is looked at whose values are few: fields in
/// another order would be read as what they are not.
fn is_default(fields: &[&str]) -> bool {
    let at = |place: usize| fields.get(place).copied().unwrap_or_default();
    let is_address = |text: &str| text == "-" || text.parse::<std::net::IpAddr>().is_ok();
    fields.len() == 14
        && at(0) == "2"
        && is_address(at(3))
        && is_address(at(4))
        && (5..12).all(|place| at(place) == "-" || at(place).parse::<u64>().is_ok())
        && matches!(at(12), "ACCEPT" | "REJECT" | "-")
        && matches!(at(13), "OK" | "NODATA" | "SKIPDATA")
}

fn is_like_record(fields: &[&str]) -> bool {
    let has = |word: &str| fields.contains(&word);
    let addresses = fields.iter().filter(|field| field.parse::<std::net::IpAddr>().is_ok()).count();
    fields.len() > 2
        && (fields.iter().any(|field| field.starts_with("eni-"))
            || has("NODATA")
            || has("SKIPDATA")
            || addresses > 1 && (has("ACCEPT") || has("REJECT")))
}

/// A line as JSON. A dash says that there is no value.
fn record(format: &FlowFormat, fields: &[&str]) -> String {
    let named = format.0.iter().zip(fields).filter(|(_, value)| **value != "-");
    object(named.map(|(name, value)| (name.as_str(), value_of(name, value))))
}

fn value_of(name: &str, value: &str) -> Value {
    match value.parse::<u64>() {
        Ok(number) if NUMBERS.contains(&name) => number.into(),
        _ => value.into(),
    }
}

fn object<'a>(members: impl Iterator<Item = (&'a str, Value)>) -> String {
    let mut text = String::with_capacity(512);
    for (name, value) in members {
        text.push(if text.is_empty() { '{' } else { ',' });
        text.push_str(&Value::from(name).to_string());
        text.push(':');
        text.push_str(&value.to_string());
    }
    if text.is_empty() {
        text.push('{');
    }
    text.push('}');
    text
}

/// A record that is JSON already, with AWS's own field names; nothing if it is no record.
pub(crate) fn renamed(document: &Document<'_>) -> Option<String> {
    let Shape::Map(members) = document.root().shape() else { return None };
    let has = |asked: &str| members.iter().any(|(name, _)| documented(name) == Some(asked));
    if members.iter().count() > MAX_FIELDS || !(has("srcaddr") && (has("dstaddr") || has("dstport"))) {
        return None;
    }
    let value = |name: &str, value: Value| match value {
        Value::String(text) => value_of(name, &text),
        other => other,
    };
    let named = members.iter().map(|(name, node)| {
        let name = documented(name).unwrap_or(name);
        (name, value(name, node.to_value()))
    });
    Some(object(named.filter(|(_, value)| *value != "-")))
}
