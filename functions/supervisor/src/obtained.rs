//! What the actors of an incident have got hold of since it began. Such a credential outlives the one it was got with, so
//! whoever revokes only that one contains nothing.

use std::collections::{BTreeMap, BTreeSet};

use agent::Ctx;
use domain::{Action, Credential, Event, EventId, Finding, Inventory, Principal, Time};
use serde::{Deserialize, Serialize};

use crate::{playbook::Kind, target};

/// Events that one look at the history takes in at most.
const MOST_EVENTS: usize = 2_000;
/// Looks at the history: one for the actors, one for each credential that was got with the one before.
const MOST_LOOKS: usize = 5;
/// Longest name in a sentence for people.
const SHOWN: usize = 128;

/// The acts by which an incident's actors got further credentials.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Acts {
    /// The events, oldest first.
    pub events: Vec<Event>,
    /// Whether there was more history than was looked at.
    pub is_cut: bool,
}

/// A credential, with the act that handed it out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Obtained {
    /// What was got.
    pub(crate) credential: Credential,
    /// Who got it: the last part of the actor's ARN.
    by: String,
    time: Time,
    event: EventId,
}

/// Looks the acts up, from the findings' actors on from credential to credential.
pub(crate) async fn read(ctx: &Ctx, findings: &[Finding]) -> anyhow::Result<Acts> {
    let Some(began) = began(findings) else { return Ok(Acts::default()) };
    let mut wanted: BTreeSet<String> = actors(findings)
        .flat_map(|actor| [Some(actor.arn.clone()), actor.access_key.clone()])
        .flatten()
        .filter(|subject| !subject.is_empty())
        .collect();
    let mut looked = BTreeSet::new();
    let mut found: BTreeMap<(Time, EventId), Event> = BTreeMap::new();
    let mut acts = Acts::default();
    for _ in 0..MOST_LOOKS {
        let subjects: Vec<String> = wanted.difference(&looked).cloned().collect();
        if subjects.is_empty() {
            break;
        }
        let history = ctx.store.history(&subjects, began, MOST_EVENTS).await?;
        acts.is_cut |= history.len() >= MOST_EVENTS;
        looked.extend(subjects);
        let handing_out = history.into_iter().filter(|e| Credential::handed_out_by(e).is_some());
        found.extend(handing_out.map(|event| ((event.time, event.id.clone()), event)));
        acts.events = found.values().cloned().collect();
        let keys = of(findings, &acts);
        wanted.extend(keys.iter().filter_map(|got| got.credential.access_key().map(str::to_owned)));
    }
    let theirs: BTreeSet<EventId> = of(findings, &acts).into_iter().map(|got| got.event).collect();
    acts.events.retain(|event| theirs.contains(&event.id));
    Ok(acts)
}

/// What these acts handed to the findings' actors, or to whoever holds what they got. An address alone proves nothing: many
/// people share one.
pub(crate) fn of(findings: &[Finding], acts: &Acts) -> Vec<Obtained> {
    let Some(began) = began(findings) else { return Vec::new() };
    let actors: Vec<&Principal> = actors(findings).collect();
    let mut keys: BTreeSet<String> = BTreeSet::new();
    let mut events: Vec<&Event> = acts.events.iter().filter(|event| event.time >= began).collect();
    events.sort_by_key(|event| (event.time, &event.id));
    let mut obtained = Vec::new();
    for event in events {
        let Some(actor) = &event.actor else { continue };
        let has_key = actor.access_key.as_ref().is_some_and(|key| keys.contains(key));
        if !has_key && !actors.iter().any(|known| actor.acts_as(known)) {
            continue;
        }
        let Some(credential) = Credential::handed_out_by(event) else { continue };
        keys.extend(credential.access_key().map(str::to_owned));
        let by = shown(target::short(&actor.arn));
        obtained.push(Obtained { credential, by, time: event.time, event: event.id.clone() });
    }
    obtained
}

impl Obtained {
    /// The act, as a sentence without its end.
    pub(crate) fn describe(&self) -> String {
        let (by, time) = (&self.by, self.time.in_words());
        match &self.credential {
            Credential::RoleSession { role, .. } => {
                format!("{by} assumed role {} at {time}", shown(target::short(role)))
            }
            Credential::AccessKey { user, .. } => {
                format!("{by} made an access key for {} at {time}", shown(user))
            }
            Credential::Password { user } => {
                format!("{by} set a console password for {} at {time}", shown(user))
            }
        }
    }

    /// The action of this kind that ends it, if it is of the watched account.
    pub(crate) fn action(&self, kind: Kind, account: &Inventory) -> Option<Action> {
        match (kind, &self.credential) {
            (Kind::RevokeRoleSessions, Credential::RoleSession { role, .. }) => target::is_of(role, account)
                .then(|| Action::RevokeRoleSessions { role: target::short(role).to_owned() }),
            (Kind::DeactivateAccessKey, Credential::AccessKey { user, access_key: Some(key) }) => {
                Some(Action::DeactivateAccessKey { user: user.clone(), access_key: key.clone() })
            }
            (Kind::RevokeIamUser, Credential::AccessKey { user, .. } | Credential::Password { user }) => {
                Some(Action::RevokeIamUser { user: user.clone() })
            }
            _ => None,
        }
    }

    /// What people must do by hand, where no action ends it and the user is not revoked as a whole: to do that because
    /// somebody else set a password would be too much to propose unasked.
    pub(crate) fn by_hand(&self, account: &Inventory, revoked: &BTreeSet<String>) -> Option<String> {
        let (user, advice) = match &self.credential {
            Credential::Password { user } => (user.as_str(), "no action takes it back; reset it by hand"),
            Credential::AccessKey { user, access_key: None } => {
                (user.as_str(), "the record does not name the key; find it and deactivate it by hand")
            }
            Credential::RoleSession { role, .. } if !target::is_of(role, account) => {
                ("", "the role is of another account; tell its owner")
            }
            Credential::RoleSession { .. } | Credential::AccessKey { .. } => return None,
        };
        (!revoked.contains(user)).then(|| format!("{}: {advice}.", self.describe()))
    }
}

/// Text that somebody may have chosen, for a sentence.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SHOWN).collect()
}

fn began(findings: &[Finding]) -> Option<Time> {
    findings.iter().map(|finding| finding.time).min()
}

fn actors(findings: &[Finding]) -> impl Iterator<Item = &Principal> {
    findings.iter().filter_map(|f| f.actor.as_ref()).filter(|actor| actor.kind.is_person_or_workload())
}
