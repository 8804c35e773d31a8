//! The claim that an event comes from, or a flow goes to, what is on a list of indicators.

use domain::{Event, EventOutcome, PrincipalKind, Source, Technique, finding::Matched};

use crate::{
    claim::{Base, Claim, shorten},
    indicators::Indicators,
};

/// The rule's id.
pub const RULE: &str = "asoc-indicator-seen";

/// The claim, where it holds. A flow that was refused makes none: everything that faces the internet is knocked at all day.
pub(crate) fn about(event: &Event, indicators: &Indicators) -> Option<Claim> {
    let is_flow = event.source == Source::VpcFlow;
    if is_flow && matches!(event.outcome, EventOutcome::Failure(_)) {
        return None;
    }
    let (end, entry) = indicators.met(event)?;
    let (id, tactic, playbook) = match event.actor.as_ref().map(|actor| actor.kind) {
        Some(PrincipalKind::User) => ("T1078.004", "initial-access", Some("compromised-user")),
        Some(PrincipalKind::Role) => ("T1078.004", "initial-access", Some("compromised-role")),
        Some(_) => ("T1078.004", "initial-access", None),
        None if is_flow => ("T1071", "command-and-control", Some("hostile-address")),
        None => ("T1133", "initial-access", None),
    };
    Some(Claim {
        rule: RULE.to_owned(),
        title: "Known indicator seen".to_owned(),
        description: shorten(&entry.about(end)),
        level: entry.level,
        base: Base::level(entry.level),
        attack: vec![Technique { id: id.to_owned(), tactic: tactic.to_owned() }],
        playbook: playbook.map(str::to_owned),
        matched: vec![Matched {
            field: if is_flow { "address" } else { "origin" }.to_owned(),
            value: shorten(end),
        }],
        false_positives: vec![
            "A list that is out of date: addresses change hands, and shared ones have many tenants."
                .to_owned(),
        ],
    })
}
