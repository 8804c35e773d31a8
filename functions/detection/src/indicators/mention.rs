//! Where in an event an indicator may stand.

use domain::{Event, Source};
use serde_json::Value;

/// Values of a record that are looked at, and bytes of text in them. Records are hostile, and may be megabytes of words.
const VALUES: usize = 2_000;
const BYTES: usize = 64 * 1024;
/// Bytes of one value that are looked at, so that a long one does not hide what follows.
const VALUE: usize = 4 * 1024;

/// Both addresses of a flow, by the names that VPC flow logs give them ("Flow log records"). Which of them is the far one
/// does not matter, as no list holds addresses of one's own.
const FLOW: [&str; 4] = ["/srcaddr", "/dstaddr", "/pkt-srcaddr", "/pkt-dstaddr"];

/// Who is at the ends of an event.
pub(super) fn ends(event: &Event) -> impl Iterator<Item = &str> {
    let flow: &[&str] = if event.source == Source::VpcFlow { &FLOW } else { &[] };
    let addresses = flow.iter().filter_map(|field| event.raw.pointer(field)?.as_str());
    event.origin.as_deref().into_iter().chain(addresses)
}

/// All words of a record that may be an address, a domain or a hash.
pub(super) fn words(record: &Value) -> impl Iterator<Item = &str> {
    let mut left = BYTES;
    strings(record)
        .map(|text| text.get(..text.floor_char_boundary(VALUE)).unwrap_or(text))
        .take_while(move |text| {
            let fits = text.len() <= left;
            left = left.saturating_sub(text.len());
            fits
        })
        .flat_map(|text| {
            text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-' | '_')))
        })
        .flat_map(|word| {
            // `203.0.113.66:443` is an address too, once its port is gone.
            let host = word.rsplit_once(':').filter(|(host, _)| !host.contains(':')).map(|(host, _)| host);
            [Some(word), host]
        })
        .flatten()
        .map(|word| word.trim_matches(['.', ':']))
        .filter(|word| word.contains(['.', ':']) || super::entry::is_hash(word))
}

fn strings(record: &Value) -> impl Iterator<Item = &str> {
    let mut waiting = vec![record];
    let mut left = VALUES;
    std::iter::from_fn(move || {
        while let Some(value) = waiting.pop() {
            left = left.checked_sub(1)?;
            match value {
                Value::String(text) => return Some(text.as_str()),
                Value::Array(values) => waiting.extend(values.iter().take(left).rev()),
                Value::Object(members) => waiting.extend(members.values().take(left)),
                _ => {}
            }
        }
        None
    })
}
