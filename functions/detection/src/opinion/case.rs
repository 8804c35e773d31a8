//! What a model is shown of a finding and its event.

use std::collections::VecDeque;

use domain::{Case, Contribution, Event, Finding};
use serde_json::Value;

use super::cut;

/// Most fields, longest value and longest path in characters.
const FIELDS: usize = 60;
const VALUE: usize = 256;
const PATH: usize = 128;
/// Values of a record that are looked at.
const LOOKED_AT: usize = 2_000;
/// Fields that are different in every event, and say nothing but that.
const SERIAL: [&str; 6] =
    ["eventID", "requestID", "sharedEventID", "eventTime", "creationDate", "x-amz-id-2"];
/// Parts of the names of fields that hold secrets.
const SECRET: [&str; 9] = [
    "password",
    "passwd",
    "secret",
    "token",
    "credential",
    "privatekey",
    "private_key",
    "authorization",
    "cookie",
];
/// What is shown in place of a secret.
const LEFT_OUT: &str = "[left out: may be a secret]";
/// Runs of so many characters without a break, of mixed kinds, are taken for keys.
const KEY: usize = 40;

/// The case of a finding: all that a model learns of it.
pub(super) fn of(finding: &Finding, event: &Event) -> Case {
    let text = |text: &str| cut(text, 2 * VALUE);
    Case {
        finding: finding.id.clone(),
        title: text(&finding.title),
        description: text(&finding.description),
        level: finding.level,
        risk: finding.risk,
        contributions: finding.contributions.iter().map(part).collect(),
        fields: fields(&event.raw),
    }
}

fn part(part: &Contribution) -> Contribution {
    Contribution { why: cut(&part.why, VALUE), ..part.clone() }
}

/// A record's fields, those at the top first, so that a deep or wide part does not hide the rest.
fn fields(record: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut waiting = VecDeque::from([(String::new(), record)]);
    for _ in 0..LOOKED_AT {
        let Some((path, value)) = waiting.pop_front() else { break };
        let below = |name: &str| {
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            cut(&path, PATH)
        };
        let text = match value {
            Value::Object(members) => {
                waiting.extend(members.iter().take(LOOKED_AT).map(|(name, value)| (below(name), value)));
                continue;
            }
            Value::Array(values) => {
                let numbered = values.iter().enumerate().take(LOOKED_AT);
                waiting.extend(numbered.map(|(n, value)| (below(&n.to_string()), value)));
                continue;
            }
            Value::Null => continue,
            Value::String(text) => cut(text, VALUE),
            other => other.to_string(),
        };
        if SERIAL.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        let text = if is_secret(&path, value) { LEFT_OUT.to_owned() } else { text };
        found.push((path, text));
        if found.len() == FIELDS {
            break;
        }
    }
    found
}

/// Whether this may be a secret, by its name or its looks.
fn is_secret(path: &str, value: &Value) -> bool {
    let Value::String(text) = value else { return false };
    let name = path.to_ascii_lowercase();
    let is_named = SECRET.iter().any(|part| name.contains(part));
    is_named || text.contains("-----BEGIN") || text.split(|c: char| !is_of_key(c)).any(is_key)
}

fn is_of_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_' | '-')
}

/// A long run of capitals, small letters and digits, as encoded bytes are; paths and ARNs are mostly words.
fn is_key(run: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| run.bytes().filter(kind).count() >= run.len() / 10;
    run.len() >= KEY && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)
}
