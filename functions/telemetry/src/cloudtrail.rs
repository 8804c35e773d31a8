//! CloudTrail records ("CloudTrail record contents").

use domain::{Digest, Event, EventClass, EventId, EventOutcome, Source, Time};
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

/// Whether this is a record: it says which service was asked for what.
pub(crate) fn is(record: &Value) -> bool {
    let service = text(record, "/eventSource");
    text(record, "/eventName").is_some() && service.is_some_and(|s| !s.starts_with("aws:"))
}

/// Reads a record. Fields that are missing or of another type than documented are left out rather than refused: an
/// attacker must not be able to hide a record by bending one of its fields.
pub(crate) fn event(raw: Value, received: Time) -> Event {
    let identity = raw.get("userIdentity").filter(|v| v.is_object());
    let account = text(&raw, "/recipientAccountId").or_else(|| text(&raw, "/userIdentity/accountId"));
    let region = text(&raw, "/awsRegion");
    let home = Home::new(region, account);
    let service = text(&raw, "/eventSource").unwrap_or_default();
    let is_sign_in = matches!(service, "signin.amazonaws.com" | "sso.amazonaws.com")
        && text(&raw, "/eventType") != Some("AwsApiCall");
    Event {
        id: id(&raw),
        class: if is_sign_in { EventClass::Authentication } else { EventClass::ApiActivity },
        source: Source::Cloudtrail,
        time: text(&raw, "/eventTime").and_then(|t| t.parse().ok()).unwrap_or(received),
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
fn id(raw: &Value) -> EventId {
    let is_name = |id: &&str| id.len() <= MAX_ID && id.bytes().all(|b| b.is_ascii_graphic());
    match text(raw, "/eventID").filter(is_name) {
        Some(id) => {
            format!("{id}~{}", &Digest::of_json(&WHAT_HAPPENED.map(|field| raw.get(field))).0[..8]).into()
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
