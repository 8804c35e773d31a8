//! What a correlation that fired claims about the event that made it fire.

use domain::{Event, Time, finding::Matched};
use sigma::{Fired, Observation, Rule};

use crate::claim::{Base, Claim, for_actor, shorten};

/// The claim. All that fires in one burst is one finding: its name is made of rule, group and when the burst began.
pub(crate) fn about(event: &Event, rule: &Rule, observation: &Observation, fired: &Fired) -> Claim {
    let grouped = observation.key.values().iter().map(|value| Matched {
        field: value.field.clone(),
        value: shorten(value.text.as_deref().unwrap_or("absent")),
    });
    let (since, until) = (Time::from_millis(fired.since), Time::from_millis(fired.until));
    let counted =
        Matched { field: "counted".into(), value: format!("{} by {until}, first at {since}", fired.count) };
    Claim {
        rule: rule.id.clone(),
        title: rule.title.clone(),
        description: if rule.why.is_empty() { rule.description.clone() } else { rule.why.clone() },
        level: rule.level,
        base: Base::level(rule.level),
        attack: rule.attack.clone(),
        playbook: rule.playbook.as_deref().map(|playbook| for_actor(playbook, event)),
        matched: grouped.chain([counted]).collect(),
        false_positives: rule.false_positives.clone(),
        burst: Some(format!("{}/{}", observation.key, fired.since)),
    }
}
