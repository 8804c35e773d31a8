//! GuardDuty findings ("GuardDuty finding format"), each of which is a claim by itself.

mod techniques;

use domain::{Digest, Event, Level, PrincipalKind, Source, finding::Matched};
use serde_json::Value;

use crate::claim::{Base, Claim, shorten};

/// The state that says that a GuardDuty finding is known, by which its copy in Security Hub is told.
pub(crate) fn key(event: &Event) -> Option<String> {
    let id = match event.source {
        Source::Guardduty => field(event, "/id", "/Id")?.as_str()?,
        _ => crate::securityhub::of_guardduty(event)?,
    };
    Some(format!("guardduty/{}", Digest::of(id.as_bytes()).short()))
}

/// What GuardDuty claims ("Severity levels of GuardDuty findings": 1 to 10). Archived findings were suppressed by a person,
/// and claim nothing.
pub(crate) fn about(event: &Event) -> Option<Claim> {
    if field(event, "/service/archived", "/Service/Archived").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    let severity =
        field(event, "/severity", "/Severity").and_then(Value::as_f64).unwrap_or(0.0).clamp(0.0, 10.0);
    let is_sample = field(event, "/service/additionalInfo/sample", "/Service/AdditionalInfo/Sample")
        == Some(&Value::Bool(true));
    let (level, why) = if is_sample {
        (Level::Informational, "GuardDuty marks it as a sample finding.".into())
    } else if event.operation.starts_with("AttackSequence:") {
        (Level::Critical, "GuardDuty has put several signs together to one attack.".into())
    } else {
        (level(severity), format!("GuardDuty gives it the severity {severity}."))
    };
    let text =
        |camel: &str, capital: &str| field(event, camel, capital).and_then(Value::as_str).unwrap_or_default();
    let title = text("/title", "/Title");
    Some(Claim {
        rule: format!("guardduty:{}", shorten(&event.operation)),
        title: shorten(if title.is_empty() { &event.operation } else { title }),
        description: shorten(text("/description", "/Description")),
        level,
        base: Base { name: "GuardDuty severity", why },
        attack: techniques::of(&event.operation),
        playbook: playbook(event).map(str::to_owned),
        matched: vec![Matched { field: "type".into(), value: shorten(&event.operation) }],
        false_positives: Vec::new(),
    })
}

/// A field as EventBridge writes it, or as GetFindings does.
fn field<'a>(event: &'a Event, camel: &str, capital: &str) -> Option<&'a Value> {
    event.raw.pointer(camel).or_else(|| event.raw.pointer(capital))
}

fn level(severity: f64) -> Level {
    match severity {
        s if s >= 9.0 => Level::Critical,
        s if s >= 7.0 => Level::High,
        s if s >= 4.0 => Level::Medium,
        s if s >= 1.0 => Level::Low,
        _ => Level::Informational,
    }
}

/// Playbook by what a finding type is about, which stands between its colon and its slash.
fn playbook(event: &Event) -> Option<&'static str> {
    let (purpose, rest) = event.operation.split_once(':')?;
    let about = rest.split('/').next().unwrap_or_default();
    match (about, event.actor.as_ref().map(|actor| actor.kind)) {
        ("EC2" | "Runtime", _) => Some("compromised-instance"),
        ("S3", _) if purpose == "Policy" => Some("public-bucket"),
        (_, Some(PrincipalKind::User)) => Some("compromised-user"),
        (_, Some(PrincipalKind::Role)) => Some("compromised-role"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
