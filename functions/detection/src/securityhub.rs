//! Security Hub findings, in OCSF ("OCSF findings in Security Hub") and in the older AWS Security Finding Format.

use domain::{
    Event, Level, PrincipalKind, ResourceKind, Source, Technique, attack::TACTICS, finding::Matched,
};
use serde_json::Value;

use crate::claim::{Base, Claim, shorten};

/// Techniques that are read of a finding.
const TECHNIQUES: usize = 16;
/// Where each field stands, first in OCSF, then in the older format.
const ID: [&str; 2] = ["/finding_info/uid", "/Id"];
const KIND: [&str; 2] = ["/finding_info/types/0", "/Types/0"];
const TITLE: [&str; 2] = ["/finding_info/title", "/Title"];
const DESCRIPTION: [&str; 2] = ["/finding_info/desc", "/Description"];
const PRODUCT: [&str; 2] = ["/metadata/product/name", "/ProductName"];
const PRODUCT_ID: [&str; 2] = ["/metadata/product/uid", "/ProductArn"];

/// The id of the GuardDuty finding that this one repeats, if it does.
pub(crate) fn of_guardduty(event: &Event) -> Option<&str> {
    if event.source != Source::SecurityHub {
        return None;
    }
    let product = [text(event, PRODUCT), text(event, PRODUCT_ID)];
    let is_guardduty = |name: &&str| name.to_ascii_lowercase().ends_with("guardduty");
    product.into_iter().flatten().find(is_guardduty)?;
    // GuardDuty's own id is the end of the finding's ARN.
    text(event, ID)?.rsplit('/').next()
}

/// What a finding claims. One that was resolved, suppressed or archived claims nothing.
pub(crate) fn about(event: &Event) -> Option<Claim> {
    if is_over(event) {
        return None;
    }
    let (level, word) = severity(event);
    let is_posture = is_posture(event);
    let why = if is_posture {
        format!("Security Hub gives it the severity {word}, of something that could happen.")
    } else {
        format!("Security Hub gives it the severity {word}.")
    };
    let product = text(event, PRODUCT).unwrap_or("unknown");
    let kind = text(event, KIND).unwrap_or(&event.operation);
    let title = text(event, TITLE).unwrap_or(&event.operation);
    Some(Claim {
        rule: shorten(&format!("securityhub:{product}:{kind}")),
        title: shorten(title),
        description: shorten(text(event, DESCRIPTION).unwrap_or_default()),
        level: if is_posture { level.min(Level::Low) } else { level },
        base: Base { name: "Security Hub severity", why },
        attack: attack(event),
        playbook: playbook(event).filter(|_| !is_posture).map(str::to_owned),
        matched: vec![Matched { field: "title".into(), value: shorten(title) }],
        false_positives: Vec::new(),
    })
}

/// OCSF's status 3 is suppressed, 4 is resolved.
fn is_over(event: &Event) -> bool {
    let word = |field: &str| event.raw.pointer(field).and_then(Value::as_str);
    matches!(number(event, "/status_id"), Some(3 | 4))
        || matches!(word("/Workflow/Status"), Some("SUPPRESSED" | "RESOLVED"))
        || word("/RecordState") == Some("ARCHIVED")
}

/// OCSF's severities are 1 informational, 2 low, 3 medium, 4 high, 5 critical, 6 fatal.
fn severity(event: &Event) -> (Level, &'static str) {
    let label = event.raw.pointer("/Severity/Label").and_then(Value::as_str);
    match (number(event, "/severity_id"), label) {
        (Some(2), _) | (None, Some("LOW")) => (Level::Low, "low"),
        (Some(3), _) | (None, Some("MEDIUM")) => (Level::Medium, "medium"),
        (Some(4), _) | (None, Some("HIGH")) => (Level::High, "high"),
        (Some(5), _) | (None, Some("CRITICAL")) => (Level::Critical, "critical"),
        (Some(6), _) => (Level::Critical, "fatal"),
        _ => (Level::Informational, "informational"),
    }
}

/// Whether it says what could happen, and not what does: OCSF's classes 2002, Vulnerability Finding, and 2003, Compliance
/// Finding.
fn is_posture(event: &Event) -> bool {
    let is = |field: &str| event.raw.pointer(field).is_some_and(|value| !value.is_null());
    matches!(number(event, "/class_uid"), Some(2002 | 2003)) || is("/Compliance") || is("/Vulnerabilities")
}

/// Techniques as the finding names them; what does not have the form of one is left out.
fn attack(event: &Event) -> Vec<Technique> {
    let attacks = event.raw.pointer("/finding_info/attacks").and_then(Value::as_array);
    let technique = |attack: &Value| {
        let id = attack.pointer("/sub_technique/uid").or_else(|| attack.pointer("/technique/uid"))?;
        let id = id.as_str().filter(|id| is_technique(id))?;
        let tactic = attack.pointer("/tactic/name").or_else(|| attack.pointer("/tactics/0/name"))?;
        let tactic = tactic.as_str()?.to_ascii_lowercase().replace(' ', "-");
        let tactic = TACTICS.into_iter().find(|known| *known == tactic)?;
        Some(Technique { id: id.to_owned(), tactic: tactic.to_owned() })
    };
    attacks.into_iter().flatten().take(TECHNIQUES).filter_map(technique).collect()
}

/// `T1098` or `T1098.001`.
fn is_technique(id: &str) -> bool {
    let Some((first, rest)) = id.split_at_checked(5) else { return false };
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    first.strip_prefix('T').is_some_and(are_digits)
        && (rest.is_empty() || rest.strip_prefix('.').is_some_and(|sub| sub.len() == 3 && are_digits(sub)))
}

fn playbook(event: &Event) -> Option<&'static str> {
    match event.actor.as_ref().map(|actor| actor.kind) {
        Some(PrincipalKind::User) => Some("compromised-user"),
        Some(PrincipalKind::Role) => Some("compromised-role"),
        _ => {
            let is_instance = event.resources.iter().any(|r| r.kind == ResourceKind::Instance);
            is_instance.then_some("compromised-instance")
        }
    }
}

fn text<'a>(event: &'a Event, fields: [&str; 2]) -> Option<&'a str> {
    let texts = fields.into_iter().filter_map(|field| event.raw.pointer(field)?.as_str());
    texts.into_iter().find(|text| !text.is_empty())
}

fn number(event: &Event, field: &str) -> Option<u64> {
    event.raw.pointer(field)?.as_u64()
}

#[cfg(test)]
mod tests;
