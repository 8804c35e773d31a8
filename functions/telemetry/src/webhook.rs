//! Alerts of other systems, signed, in a small form of A-SOC's own, or mapped to it.

mod mapping;
mod signature;

use domain::{Event, EventClass, EventOutcome, Level, Source, Time};
use serde::Deserialize;
use serde_json::Value;

pub use mapping::{Mapping, MappingError};
pub use signature::{HEADER, SignatureError, TOLERANCE_SECONDS, sign, verify};

use crate::{arn, arn::kind_of};

/// What the body says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    /// Unique at the sender.
    id: String,
    /// RFC 3339.
    time: Time,
    /// A sentence.
    title: String,
    /// 0 to 100, or a level's name.
    severity: Value,
    /// ARN or name.
    actor: Option<String>,
    /// ARN or id.
    resource: Option<String>,
    /// IP address.
    origin: Option<String>,
    /// Anything else.
    #[serde(rename = "details")]
    _details: Option<Value>,
}

/// Reads a body that was verified and is in the form. The severity stays in the raw record, where detection looks.
pub(crate) fn event(raw: Value) -> Result<Event, String> {
    let form = Form::deserialize(&raw).map_err(|error| {
        format!(
            "It is not in the webhook's form (`id`, `time`, `title`, `severity` 0-100 or a level; optional `actor`, \
             `resource`, `origin`, `details`): {error}."
        )
    })?;
    if form.id.is_empty() || form.id.len() > 128 {
        return Err("Its `id` must have 1 to 128 characters.".into());
    }
    let is_severity = form.severity.as_u64().is_some_and(|points| points <= 100)
        || Level::deserialize(&form.severity).is_ok();
    if !is_severity {
        return Err("Its `severity` must be 0 to 100, or a level's name.".into());
    }
    Ok(Event {
        // Under a prefix, because a sender that chose another log's id would make the other record a duplicate.
        id: format!("webhook:{}", form.id).into(),
        class: EventClass::DetectionFinding,
        source: Source::Webhook,
        time: form.time,
        account: form.actor.as_deref().or(form.resource.as_deref()).and_then(arn::account).map(str::to_owned),
        region: form.resource.as_deref().and_then(arn::region).map(str::to_owned),
        service: "webhook".into(),
        operation: form.title.chars().take(200).collect(),
        actor: form.actor.as_deref().map(arn::principal),
        origin: form.origin,
        user_agent: None,
        outcome: EventOutcome::Unknown,
        resources: form.resource.iter().map(|r| arn::resource(kind_of(r), r)).collect(),
        raw,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_form_is_checked_by_name() {
        let good = json!({"id": "7", "time": "2026-01-01T00:00:00Z", "title": "Token used twice", "severity": "high",
            "actor": "arn:aws:iam::111122223333:user/ann", "details": {"any": 1}});
        let event_of = |raw: &Value| event(raw.clone());
        let read = event_of(&good).unwrap();
        assert_eq!(read.id.as_str(), "webhook:7");
        assert_eq!(read.actor.unwrap().name, "ann");
        for (key, value, reason) in [
            ("severity", json!(101), "severity"),
            ("severity", json!("urgent"), "severity"),
            ("time", json!("yesterday"), "form"),
            ("id", json!(""), "`id`"),
            ("titel", json!("x"), "titel"),
        ] {
            let mut bad = good.clone();
            bad[key] = value;
            let error = event_of(&bad).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
