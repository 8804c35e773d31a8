//! CloudTrail records ("CloudTrail record contents").

use domain::{Digest, Event, EventClass, EventId, EventOutcome, Source, Time};
use json::{Document, Node};
use serde_json::Value;

use crate::{arn::Home, principal, resources};

/// Longest id that is taken over; a longer one is not CloudTrail's.
const MAX_ID: usize = 128;

/// The fields that say what happened. The others may differ with the way on which a record came.
const WHAT_HAPPENED: [&str; 9] = [
    "eventTime",
    "eventSource",
    "eventName",
    "awsRegion",
    "sourceIPAddress",
    "userIdentity",
    "errorCode",
    "requestParameters",
    "responseElements",
];

/// Whether this is a record: it says what was asked for, and of which service or by whom. Other services' notifications
/// say so too, in the name of `aws:s3` and the like.
pub(crate) fn is(record: &Document<'_>) -> bool {
    let text = |key: &str| record.get(key).and_then(Node::as_text).filter(|text| !text.is_empty());
    let of_service = match text("eventSource") {
        Some(service) => !service.starts_with("aws:"),
        None => {
            record.get("userIdentity").is_some()
                || text("eventType").is_some_and(|kind| kind.starts_with("Aws"))
        }
    };
    of_service && text("eventName").is_some()
}

/// Reads a record. Fields that are missing or of another type than documented are left out rather than refused: an
/// attacker must not be able to hide a record by bending one of its fields.
pub(crate) fn event(raw: Value, time: Time) -> Event {
    let identity = raw.get("userIdentity").filter(|v| v.is_object());
    let account = text(&raw, "/recipientAccountId").or_else(|| text(&raw, "/userIdentity/accountId"));
    let region = text(&raw, "/awsRegion");
    let home = Home::new(region, account);
    let service = text(&raw, "/eventSource").unwrap_or_default();
    let is_sign_in = matches!(service, "signin.amazonaws.com" | "sso.amazonaws.com")
        && text(&raw, "/eventType") != Some("AwsApiCall");
    Event {
        id: id(&raw, &WHAT_HAPPENED),
        class: if is_sign_in { EventClass::Authentication } else { EventClass::ApiActivity },
        source: Source::Cloudtrail,
        time,
        account: account.map(str::to_owned),
        region: region.map(str::to_owned),
        service: service.to_owned(),
        operation: text(&raw, "/eventName").unwrap_or_default().to_owned(),
        actor: identity.and_then(|identity| principal::of(identity, &home)),
        origin: text(&raw, "/sourceIPAddress").map(str::to_owned),
        user_agent: text(&raw, "/userAgent").map(str::to_owned),
        outcome: outcome(&raw),
        resources: resources::of(&raw, &home),
        raw,
    }
}

/// Its `eventID`, with a digest of what happened: the same event that comes twice, by whatever way, is one, but two that
/// only share an id (by a producer's mistake, or to hide the second behind the first) are two. Where there is no id that
/// can be trusted as a name, the digest of the record.
pub(crate) fn id(raw: &Value, what_happened: &[&str]) -> EventId {
    let is_name = |id: &&str| id.len() <= MAX_ID && id.bytes().all(|b| b.is_ascii_graphic());
    match text(raw, "/eventID").filter(is_name) {
        Some(id) => {
            let happened: Vec<_> = what_happened.iter().map(|field| raw.get(*field)).collect();
            format!("{id}~{}", &Digest::of_json(&happened).0[..8]).into()
        }
        None => Digest::of_json(raw).0.into(),
    }
}

/// `errorCode` is there only where a request failed. A console login that failed has none, but says so in its answer.
fn outcome(raw: &Value) -> EventOutcome {
    if let Some(code) = text(raw, "/errorCode") {
        return EventOutcome::Failure(code.to_owned());
    }
    let answer = raw.get("responseElements").and_then(Value::as_object);
    if answer.is_some_and(|fields| fields.values().any(|v| v == "Failure")) {
        return EventOutcome::Failure(text(raw, "/errorMessage").unwrap_or("Failure").to_owned());
    }
    EventOutcome::Success
}

/// The text at this JSON pointer, if there is any.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
}
