//! What is claimed about an event: by a rule, by GuardDuty, or by the sender of a webhook.

use domain::{Contribution, Event, Level, PrincipalKind, Source, Technique, finding::Matched};
use serde::Deserialize;
use serde_json::Value;
use sigma::{LogSource, RuleSet};

/// Longest value of a field that a finding shows.
pub(crate) const SHOWN: usize = 512;

/// A claim, before the risk is worked out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Claim {
    pub(crate) rule: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) level: Level,
    /// What the risk starts from.
    pub(crate) base: Contribution,
    pub(crate) attack: Vec<Technique>,
    pub(crate) playbook: Option<String>,
    pub(crate) matched: Vec<Matched>,
    pub(crate) false_positives: Vec<String>,
}

/// All that is claimed about an event.
pub(crate) fn about(event: &Event, rules: &RuleSet) -> Vec<Claim> {
    let source = log_source(event.source);
    let mut claims: Vec<Claim> =
        rules.matches(&source, &event.raw).into_iter().map(|found| of_rule(event, found)).collect();
    match event.source {
        Source::Cloudtrail | Source::VpcFlow | Source::Kubernetes | Source::SecurityHub => {}
        Source::Guardduty => claims.extend(of_guardduty(event)),
        Source::Webhook => claims.push(of_webhook(event)),
    }
    claims
}

/// What rules call the log that an event came from.
pub fn log_source(source: Source) -> LogSource {
    match source {
        Source::Cloudtrail => LogSource::new("aws", "cloudtrail"),
        Source::Guardduty => LogSource::new("aws", "guardduty"),
        Source::SecurityHub => LogSource::new("aws", "securityhub"),
        Source::VpcFlow => LogSource::new("aws", "vpcflow"),
        Source::Kubernetes => LogSource::new("kubernetes", "audit"),
        Source::Webhook => LogSource::new("asoc", "webhook"),
    }
}

fn of_rule(event: &Event, found: sigma::Match<'_>) -> Claim {
    let rule = found.rule;
    let (level, base) = of_level(rule.level);
    let shown =
        |(field, value): (String, String)| Matched { field, value: value.chars().take(SHOWN).collect() };
    Claim {
        rule: rule.id.clone(),
        title: rule.title.clone(),
        description: if rule.why.is_empty() { rule.description.clone() } else { rule.why.clone() },
        level,
        base,
        attack: rule.attack.clone(),
        playbook: rule.playbook.as_deref().map(|playbook| for_actor(playbook, event)),
        matched: found.fields.into_iter().map(shown).collect(),
        false_positives: rule.false_positives.clone(),
    }
}

/// What the risk of a rule of this level starts from.
pub(crate) fn of_level(level: Level) -> (Level, Contribution) {
    let (points, word) = match level {
        Level::Informational => (5, "informational"),
        Level::Low => (15, "low"),
        Level::Medium => (35, "medium"),
        Level::High => (55, "high"),
        Level::Critical => (75, "critical"),
    };
    (level, Contribution { name: "rule level".into(), points, why: format!("The rule's level is {word}.") })
}

/// A rule cannot know whether a user or a role will act; of the two playbooks for identities, the actor decides.
pub(crate) fn for_actor(playbook: &str, event: &Event) -> String {
    let kind = event.actor.as_ref().map(|actor| actor.kind);
    match (playbook, kind) {
        ("compromised-user", Some(PrincipalKind::Role)) => "compromised-role".into(),
        ("compromised-role", Some(PrincipalKind::User)) => "compromised-user".into(),
        _ => playbook.to_owned(),
    }
}

/// A GuardDuty finding is a claim by itself ("Severity levels of GuardDuty findings": 1 to 10). Archived ones were
/// suppressed by a person, and claim nothing.
fn of_guardduty(event: &Event) -> Option<Claim> {
    let field = |camel: &str, capital: &str| event.raw.pointer(camel).or_else(|| event.raw.pointer(capital));
    if field("/service/archived", "/Service/Archived").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    let severity = field("/severity", "/Severity").and_then(Value::as_f64).unwrap_or(0.0).clamp(0.0, 10.0);
    let is_sample =
        field("/service/additionalInfo/sample", "/Service/AdditionalInfo/Sample") == Some(&Value::Bool(true));
    let level = match severity {
        _ if is_sample => Level::Informational,
        s if s >= 9.0 => Level::Critical,
        s if s >= 7.0 => Level::High,
        s if s >= 4.0 => Level::Medium,
        s if s >= 1.0 => Level::Low,
        _ => Level::Informational,
    };
    #[allow(clippy::cast_possible_truncation)] // It was held to 0..=10.
    let points = if is_sample { 0 } else { (severity * 8.0).round() as i32 };
    let why = if is_sample {
        "GuardDuty marks it as a sample finding.".into()
    } else {
        format!("GuardDuty gives it the severity {severity}.")
    };
    let text = |camel: &str, capital: &str| field(camel, capital).and_then(Value::as_str).unwrap_or_default();
    let title = text("/title", "/Title");
    Some(Claim {
        rule: format!("guardduty:{}", event.operation),
        title: shorten(if title.is_empty() { &event.operation } else { title }),
        description: shorten(text("/description", "/Description")),
        level,
        base: Contribution { name: "GuardDuty severity".into(), points, why },
        attack: technique(&event.operation).into_iter().collect(),
        playbook: playbook(event).map(str::to_owned),
        matched: vec![Matched { field: "type".into(), value: shorten(&event.operation) }],
        false_positives: Vec::new(),
    })
}

/// ATT&CK technique by a finding type's purpose, which is what stands before its colon ("GuardDuty finding types").
fn technique(finding_type: &str) -> Option<Technique> {
    let (purpose, rest) = finding_type.split_once(':')?;
    let (id, tactic) = match (purpose, rest) {
        ("UnauthorizedAccess" | "InitialAccess", r) if r.starts_with("IAMUser") => {
            ("T1078.004", "initial-access")
        }
        ("UnauthorizedAccess", r) if r.contains("BruteForce") => ("T1110", "credential-access"),
        ("CredentialAccess", _) => ("T1552", "credential-access"),
        ("CryptoCurrency", _) => ("T1496", "impact"),
        ("Backdoor" | "Trojan", _) => ("T1071", "command-and-control"),
        ("Discovery" | "Recon", r) if r.contains("Port") => ("T1046", "discovery"),
        ("Discovery" | "Recon", _) => ("T1580", "discovery"),
        ("Persistence", _) => ("T1098", "persistence"),
        ("PrivilegeEscalation", _) => ("T1098", "privilege-escalation"),
        ("Stealth" | "DefenseEvasion", r) if r.contains("CloudTrail") => ("T1562.008", "defense-evasion"),
        ("Stealth" | "DefenseEvasion", _) => ("T1562", "defense-evasion"),
        ("Exfiltration", _) => ("T1530", "collection"),
        ("Impact", _) => ("T1485", "impact"),
        ("Execution", _) => ("T1204", "execution"),
        ("Policy", r) if r.starts_with("S3") => ("T1562", "defense-evasion"),
        _ => return None,
    };
    Some(Technique { id: id.into(), tactic: tactic.into() })
}

/// Playbook by what a finding type is about, which stands between its colon and its slash.
fn playbook(event: &Event) -> Option<&'static str> {
    let (_, rest) = event.operation.split_once(':')?;
    let about = rest.split('/').next().unwrap_or_default();
    match (about, event.actor.as_ref().map(|actor| actor.kind)) {
        ("EC2" | "Runtime", _) => Some("compromised-instance"),
        ("S3", _) if event.operation.starts_with("Policy:") => Some("public-bucket"),
        (_, Some(PrincipalKind::User)) => Some("compromised-user"),
        (_, Some(PrincipalKind::Role)) => Some("compromised-role"),
        _ => None,
    }
}

/// What a webhook says is a claim by itself; its severity is the sender's word, which the signature vouches for.
fn of_webhook(event: &Event) -> Claim {
    let severity = event.raw.get("severity").unwrap_or(&Value::Null);
    let (points, level) = match (severity.as_u64(), Level::deserialize(severity)) {
        (_, Ok(Level::Informational)) => (5, Level::Informational),
        (_, Ok(Level::Low)) => (15, Level::Low),
        (_, Ok(Level::Medium)) => (35, Level::Medium),
        (_, Ok(Level::High)) => (55, Level::High),
        (_, Ok(Level::Critical)) => (75, Level::Critical),
        (Some(points), _) => {
            let level = match points {
                0..10 => Level::Informational,
                10..30 => Level::Low,
                30..50 => Level::Medium,
                50..70 => Level::High,
                _ => Level::Critical,
            };
            (i32::try_from(points.min(100)).unwrap_or(100), level)
        }
        (None, _) => (0, Level::Informational),
    };
    Claim {
        rule: "webhook".into(),
        title: shorten(&event.operation),
        description: "Another system sent this alert, signed.".into(),
        level,
        base: Contribution {
            name: "webhook severity".into(),
            points,
            why: format!("The sender gives it the severity {severity}."),
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

pub(crate) fn shorten(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}
