//! What is claimed about an event by itself: by a rule, by GuardDuty or Security Hub, or by the sender of a webhook.

use domain::{Event, Level, PrincipalKind, Source, Technique, finding::Matched};
use sigma::{LogSource, RuleSet};

use crate::{guardduty, securityhub, webhook};

/// Longest value of a field that a finding shows.
pub(crate) const SHOWN: usize = 512;

/// A claim, before the risk is worked out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Claim {
    pub(crate) rule: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) level: Level,
    /// What its risk starts from.
    pub(crate) base: Base,
    pub(crate) attack: Vec<Technique>,
    pub(crate) playbook: Option<String>,
    pub(crate) matched: Vec<Matched>,
    pub(crate) false_positives: Vec<String>,
}

/// The part of the risk that the level gives: its name, and why the level is what it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Base {
    pub(crate) name: &'static str,
    pub(crate) why: String,
}

impl Base {
    /// That of a rule.
    pub(crate) fn level(level: Level) -> Self {
        let word = match level {
            Level::Informational => "informational",
            Level::Low => "low",
            Level::Medium => "medium",
            Level::High => "high",
            Level::Critical => "critical",
        };
        Self { name: "rule level", why: format!("The rule's level is {word}.") }
    }
}

/// All that is claimed about an event by itself.
pub(crate) fn about(event: &Event, rules: &RuleSet) -> Vec<Claim> {
    let source = log_source(event.source);
    let mut claims: Vec<Claim> =
        rules.matches(&source, &event.raw).into_iter().map(|found| of_rule(event, found)).collect();
    match event.source {
        Source::Cloudtrail | Source::VpcFlow | Source::Kubernetes => {}
        Source::Guardduty => claims.extend(guardduty::about(event)),
        Source::SecurityHub => claims.extend(securityhub::about(event)),
        Source::Webhook => claims.push(webhook::about(event)),
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
    let shown = |(field, value): (String, String)| Matched { field, value: shorten(&value) };
    Claim {
        rule: rule.id.clone(),
        title: rule.title.clone(),
        description: if rule.why.is_empty() { rule.description.clone() } else { rule.why.clone() },
        level: rule.level,
        base: Base::level(rule.level),
        attack: rule.attack.clone(),
        playbook: rule.playbook.as_deref().map(|playbook| for_actor(playbook, event)),
        matched: found.fields.into_iter().map(shown).collect(),
        false_positives: rule.false_positives.clone(),
    }
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

pub(crate) fn shorten(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}
