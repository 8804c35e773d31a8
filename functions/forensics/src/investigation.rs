//! What an investigation changes about its incident: void actions, the receipt, notes for people.

use agent::Observed;
use domain::{
    ActionState, Draft, Incident, LastingCredential, Party, Payload, Status, Time,
    message::{ActionUpdate, IncidentUpdate},
};

use crate::{
    Evidence,
    attacker::Attacker,
    counterfactual,
    drawing::Drawing,
    reach::{Reach, Vertex, arn_of_role},
    text::clip,
    void,
};

/// Credentials of an instance live up to six hours, whatever its role says ("Retrieve security credentials from instance
/// metadata", EC2 User Guide).
const INSTANCE_CREDENTIAL_SECONDS: u32 = 6 * 3600;
/// The least that IAM accepts as a role's maximum session duration, and the default.
const SESSION_SECONDS: u32 = 3600;
/// Notes beyond these are not read.
const MOST_NOTES: usize = 40;

/// The incident after the investigation, and what is said about it.
pub(crate) fn of(
    evidence: &Observed<Evidence>,
    attacker: &Attacker<'_>,
    reach: &Reach,
    drawing: &Drawing,
) -> (Incident, Vec<Draft>) {
    let now = evidence.now;
    let mut incident = evidence.incident.clone();
    let void = void::of(&evidence.account, &incident);
    let mut said = Vec::new();
    for record in incident.actions.iter_mut().filter(|r| r.state == ActionState::Planned) {
        let Some(reason) = void.get(&record.id) else { continue };
        record.state = ActionState::LeftOut;
        record.error = Some(clip(reason, 300));
        let planned = evidence.incident.plan.as_ref().and_then(|p| p.action(&record.id));
        said.push(Payload::ActionUpdate(ActionUpdate {
            incident: incident.id.clone(),
            action: record.id.clone(),
            does: planned.map(|p| p.does.clone()).unwrap_or_default(),
            state: record.state,
            last: None,
            error: record.error.clone(),
        }));
    }
    incident.version += 1;
    incident.updated = now;
    incident.status = Status::Responding;
    incident.receipt.reach("investigated", now);
    for (role, ends) in credentials(evidence, attacker) {
        let alive = incident.receipt.credential_alive_until.entry(role).or_insert(ends);
        *alive = ends.max(*alive);
    }
    incident.receipt.credentials_without_end.extend(lasting(evidence, reach));
    for note in notes(evidence, reach, drawing) {
        if !incident.receipt.notes.contains(&note) && incident.receipt.notes.len() < MOST_NOTES {
            incident.receipt.notes.push(note);
        }
    }
    let left_out = said.len();
    said.push(Payload::Incident(IncidentUpdate {
        incident: incident.id.clone(),
        title: incident.title.clone(),
        status: incident.status,
        risk: incident.risk,
        change: match left_out {
            0 => "Investigated: every planned action still holds.".to_owned(),
            1 => "Investigated: 1 planned action is void and left out.".to_owned(),
            n => format!("Investigated: {n} planned actions are void and left out."),
        },
    }));
    let drafts = said.into_iter().map(|payload| Draft {
        correlation_id: incident.id.to_string(),
        receiver: Party::Dashboard,
        risk: Some(incident.risk),
        payload,
    });
    let drafts = drafts.collect();
    (incident, drafts)
}

/// Until when the attacker's sessions may live at most, by role ARN; those that have ended are absent.
fn credentials(evidence: &Observed<Evidence>, attacker: &Attacker<'_>) -> Vec<(String, Time)> {
    let ends = attacker.sessions.iter().filter_map(|(arn, session)| {
        let role =
            evidence.account.roles.iter().find(|(name, _)| arn_of_role(&evidence.account, name) == *arn);
        let longest = role.map_or(SESSION_SECONDS, |(_, r)| r.max_session_seconds.max(SESSION_SECONDS));
        let of_instance = session.names.iter().any(|name| evidence.account.instances.contains_key(name));
        let longest = if of_instance { longest.max(INSTANCE_CREDENTIAL_SECONDS) } else { longest };
        let ends = session.expires.unwrap_or_else(|| session.issued.plus_seconds(i64::from(longest)));
        (ends > evidence.now).then(|| (arn.clone(), ends))
    });
    ends.collect()
}

/// Credentials in the attacker's hands that end only when somebody ends them: a user's, and the root user's.
fn lasting(evidence: &Observed<Evidence>, reach: &Reach) -> Vec<LastingCredential> {
    let mut held = Vec::new();
    for at in &reach.held {
        let vertex = &reach.graph[*at];
        let user = vertex.resource(&evidence.account).arn;
        match vertex {
            Vertex::User(name) if reach.keys.contains_key(name) => {
                let keys = reach.keys.get(name).into_iter().flatten();
                held.extend(
                    keys.map(|key| LastingCredential {
                        user: user.clone(),
                        access_key: Some(clip(key, 128)),
                    }),
                );
            }
            Vertex::User(_) | Vertex::Root => held.push(LastingCredential { user, access_key: None }),
            _ => {}
        }
    }
    held
}

/// What no action of the plan takes back, and what stays open.
fn notes(evidence: &Observed<Evidence>, reach: &Reach, drawing: &Drawing) -> Vec<String> {
    let account = &evidence.account;
    let void = void::of(account, &evidence.incident);
    let planned = evidence.incident.plan.iter().flat_map(|p| &p.actions);
    let planned: Vec<_> = planned.filter(|p| !void.contains_key(&p.id)).collect();
    let actions: Vec<_> = planned.iter().map(|p| &p.action).collect();
    let is_target = |arn: &str| planned.iter().any(|p| p.target.arn == arn);
    let mut notes = Vec::new();
    for at in &reach.held {
        let vertex = &reach.graph[*at];
        let thing = vertex.resource(account);
        match vertex {
            Vertex::Secret(_) => {
                notes.push(format!(
                    "The secret {} was read; change its value, as no action takes it back.",
                    thing.name
                ));
            }
            Vertex::User(name) if !counterfactual::is_disarmed(reach, &actions, vertex) => {
                let what = match reach.keys.get(name) {
                    Some(keys) => format!(
                        "Access key {} of {} is",
                        keys.iter().cloned().collect::<Vec<_>>().join(", "),
                        thing.name
                    ),
                    None => format!("{} is", thing.name),
                };
                notes.push(format!(
                    "{what} in the attacker's hands, has no end of its own, and no action of the plan cuts it off."
                ));
            }
            Vertex::Root | Vertex::Instance(_) if !is_target(&thing.arn) => notes.push(format!(
                "{} is in the attacker's hands, and no action of the plan is about it.",
                thing.name
            )),
            Vertex::Session(_) if !is_target(&thing.arn) => notes.push(format!(
                "The attacker has a session of role {}, and no action of the plan is about it.",
                thing.name
            )),
            _ => {}
        }
    }
    let open = counterfactual::unprotected(reach, drawing, &planned);
    if !open.is_empty() {
        let (shown, more) =
            (open.iter().take(5).cloned().collect::<Vec<_>>().join(", "), open.len().saturating_sub(5));
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        notes.push(format!("Still within reach after the whole plan: {}{more}.", clip(&shown, 400)));
    }
    notes.sort();
    notes.into_iter().map(|n| clip(&n, 600)).collect()
}
