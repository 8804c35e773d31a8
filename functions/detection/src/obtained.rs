//! A claim that no rule file can make, as it depends on what is going on: a subject of an incident that nobody has answered
//! yet gets hold of a further credential. It makes the incident's plan be drawn up anew while people still look at the old
//! one, which would leave the new credential alive.

use std::collections::{BTreeMap, BTreeSet};

use agent::{Ctx, ports::IncidentFilter};
use domain::{
    Credential, Event, EventId, Incident, IncidentId, Level, Principal, Status, Technique, finding::Matched,
};

use crate::{
    Context,
    claim::{Base, Claim, for_actor, shorten},
};

/// Names that the store is asked about at a time.
const KEYS: usize = 200;

/// The rule's id.
pub const RULE: &str = "asoc-credential-obtained-by-subject";

/// Events that handed a credential to a subject of an incident that is not closed, with that incident. Everyday events hand
/// out credentials all the time, so this asks the store and never the account.
pub(crate) async fn subjects(
    ctx: &Ctx,
    events: &[Event],
    drill: bool,
) -> anyhow::Result<BTreeMap<EventId, IncidentId>> {
    let handing_out = events.iter().filter(|event| Credential::handed_out_by(event).is_some());
    let acts: Vec<(&EventId, &Principal)> =
        handing_out.filter_map(|event| Some((&event.id, event.actor.as_ref()?))).collect();
    let keys: BTreeSet<&String> =
        acts.iter().flat_map(|(_, actor)| [Some(&actor.arn), actor.access_key.as_ref()]).flatten().collect();
    let keys: Vec<String> = keys.into_iter().cloned().collect();
    let mut subjects = BTreeMap::new();
    for keys in keys.chunks(KEYS) {
        let filter = IncidentFilter {
            keys: keys.to_vec(),
            statuses: vec![Status::Open, Status::AwaitingApproval, Status::Responding],
            ..IncidentFilter::default()
        };
        for incident in ctx.store.incidents(&filter).await?.into_iter().filter(|i| i.drill == drill) {
            let theirs = acts.iter().filter(|(_, actor)| is_subject(actor, &incident));
            subjects.extend(theirs.map(|(event, _)| ((*event).clone(), incident.id.clone())));
        }
    }
    Ok(subjects)
}

/// Whether whoever acts here is a subject of this incident: by the identity, or by an access key that the incident is about.
fn is_subject(actor: &Principal, incident: &Incident) -> bool {
    let has_its_key = actor.access_key.as_ref().is_some_and(|key| incident.keys.contains(key));
    has_its_key || incident.principals.iter().any(|subject| actor.acts_as(subject))
}

/// The claim, where it holds.
pub(crate) fn about(event: &Event, context: &Context) -> Option<Claim> {
    let incident = context.subjects.get(&event.id)?;
    let actor = event.actor.as_ref()?;
    let credential = Credential::handed_out_by(event)?;
    let (what, technique, tactic) = match &credential {
        Credential::RoleSession { role, .. } => (("role", role), "T1550.001", "lateral-movement"),
        Credential::AccessKey { user, .. } => (("access key of user", user), "T1098.001", "persistence"),
        Credential::Password { user } => (("console password of user", user), "T1098.001", "persistence"),
    };
    Some(Claim {
        rule: RULE.to_owned(),
        title: "Suspected identity obtains a further credential".to_owned(),
        description: shorten(&format!(
            "{} is a subject of incident {incident}, which is not closed yet, and has obtained a further credential \
             ({} {}). It lives on when the first one is revoked.",
            actor.name, what.0, what.1,
        )),
        level: Level::High,
        base: Base::level(Level::High),
        attack: vec![Technique { id: technique.to_owned(), tactic: tactic.to_owned() }],
        playbook: Some(for_actor("compromised-user", event)),
        matched: vec![Matched { field: "eventName".to_owned(), value: shorten(&event.operation) }],
        false_positives: vec![
            "A workload that goes on with its daily work under an identity that an incident is about."
                .to_owned(),
        ],
    })
}
