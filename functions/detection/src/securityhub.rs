//! Security Hub findings in OCSF ("OCSF findings in Security Hub").

use domain::{
    Event, Level, PrincipalKind, ResourceKind, Source, Technique, attack::TACTICS, finding::Matched,
};
use serde_json::Value;

use crate::claim::{Base, Claim, shorten};

/// Techniques that are read of a finding.
const TECHNIQUES: usize = 16;
/// OCSF classes that say what could happen, and not what does: Vulnerability Finding and Compliance Finding.
const POSTURE: [u64; 2] = [2002, 2003];

/// The id of the GuardDuty finding that this one repeats, if it does.
pub(crate) fn of_guardduty(event: &Event) -> Option<&str> {
    let is_guardduty =
        |field: &str| text(event, field).is_some_and(|name| name.to_ascii_lowercase().contains("guardduty"));
    let product = ["/metadata/product/name", "/metadata/product/uid"];
    if event.source != Source::SecurityHub || !product.into_iter().any(is_guardduty) {
        return None;
    }
    // GuardDuty's own id is the end of the finding's ARN.
    text(event, "/finding_info/uid")?.rsplit('/').next()
}

/// What a finding claims. One that was resolved or suppressed claims nothing.
pub(crate) fn about(event: &Event) -> Option<Claim> {
    if matches!(number(event, "/status_id"), Some(3 | 4)) {
        return None;
    }
    // OCSF's severities: 1 informational, 2 low, 3 medium, 4 high, 5 critical, 6 fatal.
    let severity = number(event, "/severity_id").unwrap_or(0);
    let level = match severity {
        2 => Level::Low,
        3 => Level::Medium,
        4 => Level::High,
        5 | 6 => Level::Critical,
        _ => Level::Informational,
    };
    let is_posture = number(event, "/class_uid").is_some_and(|class| POSTURE.contains(&class));
    let why = if is_posture {
        format!("Security Hub gives it the severity {severity} of 6, of something that could happen.")
    } else {
        format!("Security Hub gives it the severity {severity} of 6.")
    };
    let product = text(event, "/metadata/product/name").unwrap_or("unknown");
    let kinds = event.raw.pointer("/finding_info/types").and_then(Value::as_array);
    let kind = kinds.and_then(|kinds| kinds.first()?.as_str()).unwrap_or(&event.operation);
    let title = text(event, "/finding_info/title").unwrap_or(&event.operation);
    Some(Claim {
        rule: shorten(&format!("securityhub:{product}:{kind}")),
        title: shorten(title),
        description: shorten(text(event, "/finding_info/desc").unwrap_or_default()),
        level: if is_posture { level.min(Level::Low) } else { level },
        base: Base { name: "Security Hub severity", why },
        attack: attack(event),
        playbook: playbook(event).filter(|_| !is_posture).map(str::to_owned),
        matched: vec![Matched { field: "finding_info.title".into(), value: shorten(title) }],
        false_positives: Vec::new(),
    })
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

fn text<'a>(event: &'a Event, field: &str) -> Option<&'a str> {
    event.raw.pointer(field)?.as_str().filter(|text| !text.is_empty())
}

fn number(event: &Event, field: &str) -> Option<u64> {
    event.raw.pointer(field)?.as_u64()
}

#[cfg(test)]
mod tests;
