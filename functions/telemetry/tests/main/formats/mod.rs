//! Every form in which records are delivered, and every log that is read.

mod containers;
mod findings;
mod flow;
mod kubernetes;
mod webhooks;

use domain::{Event, delivery::Door};
use telemetry::{Record, read};

use crate::received;

/// All that is read of a delivery, which has nothing else.
fn events(body: &str) -> Vec<Event> {
    let event = |record| match record {
        Record::Read(event) => *event,
        Record::Unread { reason, raw } => panic!("{reason} {raw}"),
    };
    read(body.as_bytes(), Door::Logs, received()).into_iter().map(event).collect()
}

fn only(body: &str) -> Event {
    let mut events = events(body);
    assert_eq!(events.len(), 1, "{body}");
    events.remove(0)
}

/// Why what is delivered alone is not read.
fn refusal(body: &str) -> String {
    match read(body.as_bytes(), Door::Logs, received()).as_slice() {
        [Record::Unread { reason, .. }] => reason.clone(),
        other => panic!("{other:?}"),
    }
}
