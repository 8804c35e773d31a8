//! What is claimed about an event by itself: by a rule, by GuardDuty or Security Hub, or by the sender of a webhook.

use domain::{Digest, Event, Level, PrincipalKind, Source, Technique, finding::Matched};
use json::Document;
use sigma::{LogSource, Observation, Rule, RuleSet};

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
    /// What names the finding, where it is about more than one event.
    pub(crate) burst: Option<String>,
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

/// All that is claimed about an event by itself, and what it says to correlations.
pub(crate) fn about(event: &Event, rules: &RuleSet) -> (Vec<Claim>, Vec<Observation>) {
    let (source, text) = (log_source(event.source), event.raw.to_string());
    let Ok(record) = Document::parse(text.as_bytes()) else { return (made(event, Vec::new()), Vec::new()) };
    let matches = rules.matches(&source, &record);
    let id = u64::from_str_radix(Digest::of(event.id.0.as_bytes()).short(), 16).unwrap_or(0);
    let observations = rules.observations(&matches, &source, &record, event.time.millis(), id);
    (made(event, matches), observations)
}

/// All that is claimed about an event by itself, which these rules matched. Those that only serve correlations claim nothing.
pub(crate) fn made(event: &Event, matches: Vec<sigma::Match<'_>>) -> Vec<Claim> {
    let raising = matches.into_iter().filter(|found| found.rule.raises);
    let mut claims: Vec<Claim> = raising.map(|found| of_rule(event, found)).collect();
    match event.source {
        Source::Cloudtrail | Source::VpcFlow | Source::Kubernetes => {}
        Source::Guardduty => claims.extend(guardduty::about(event)),
        Source::SecurityHub => claims.extend(securityhub::about(event)),
        Source::Webhook => claims.push(webhook::about(event)),
    }
    claims
}

/// Whether any log that is read is one that a rule for this one reads.
pub fn is_read(log: &LogSource) -> bool {
    const SOURCES: [Source; 6] = [
        Source::Cloudtrail,
        Source::Guardduty,
        Source::SecurityHub,
        Source::VpcFlow,
        Source::Kubernetes,
        Source::Webhook,
    ];
    SOURCES.into_iter().any(|source| log.covers(&log_source(source)))
}

/// What rules call the log that an event came from.
pub fn log_source(source: Source) -> LogSource {
    match source {
        Source::Cloudtrail => LogSource::new("aws", "cloudtrail"),
        Source::Guardduty => LogSource::new("aws", "guardduty"),
        Source::SecurityHub => LogSource::new("aws", "securityhub"),
        Source::VpcFlow => LogSource::new("aws", "vpcflow"),
        Source::Kubernetes => LogSource::new("kubernetes", "audit").of_category("application"),
        Source::Webhook => LogSource::new("asoc", "webhook"),
    }
}

fn of_rule(event: &Event, found: sigma::Match<'_>) -> Claim {
    let shown = |(field, value): (String, String)| Matched { field, value: shorten(&value) };
    by_rule(event, found.rule, found.fields.into_iter().map(shown).collect())
}

/// What a rule claims, be it a detection or a correlation, because of these fields.
pub(crate) fn by_rule(event: &Event, rule: &Rule, matched: Vec<Matched>) -> Claim {
    Claim {
        rule: rule.id.clone(),
        title: rule.title.clone(),
        description: if rule.why.is_empty() { rule.description.clone() } else { rule.why.clone() },
        level: rule.level,
        base: Base::level(rule.level),
        attack: rule.attack.clone(),
        playbook: rule.playbook.as_deref().map(|playbook| for_actor(playbook, event)),
        matched,
        false_positives: rule.false_positives.clone(),
        burst: None,
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
