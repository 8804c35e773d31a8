//! Alerts of other systems, which come in signed.

use domain::{Event, Level, PrincipalKind, finding::Matched};
use serde::Deserialize;
use serde_json::Value;

use crate::claim::{Base, Claim, shorten};

/// What a webhook says is a claim by itself; its severity, a level's name or 0 to 100, is the sender's word, which the
/// signature vouches for.
pub(crate) fn about(event: &Event) -> Claim {
    let severity = event.raw.get("severity").unwrap_or(&Value::Null);
    let level = Level::deserialize(severity).unwrap_or_else(|_| match severity.as_u64() {
        None | Some(0..10) => Level::Informational,
        Some(10..30) => Level::Low,
        Some(30..50) => Level::Medium,
        Some(50..70) => Level::High,
        Some(_) => Level::Critical,
    });
    Claim {
        rule: "webhook".into(),
        title: shorten(&event.operation),
        description: "Another system sent this alert, signed.".into(),
        level,
        base: Base {
            name: "webhook severity",
            why: format!("The sender gives it the severity {}.", shorten(&severity.to_string())),
        },
        attack: Vec::new(),
        playbook: match event.actor.as_ref().map(|actor| actor.kind) {
            Some(PrincipalKind::User) => Some("compromised-user".into()),
            Some(PrincipalKind::Role) => Some("compromised-role".into()),
            _ => None,
        },
        matched: vec![Matched { field: "title".into(), value: shorten(&event.operation) }],
        false_positives: Vec::new(),
    }
}
