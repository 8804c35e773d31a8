//! From findings and the account to the actions of a plan.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Action, Digest, Finding, IncidentId, Inventory, Plan, PlannedAction,
    action::{preconditions, resource},
};

use crate::{
    ground::Ground,
    obtained,
    playbook::{Playbooks, Subject},
    target,
};

/// What could be done about an incident.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Proposal {
    /// Actions whose targets exist and may be touched, in the order in which they are to be applied.
    pub(crate) actions: Vec<PlannedAction>,
    /// What a playbook asks for and cannot be done, and why, for people.
    pub(crate) left_out: Vec<String>,
}

impl Proposal {
    /// Whether a plan has just these actions, preconditions included.
    pub(crate) fn is(&self, plan: &Plan) -> bool {
        let hashes =
            |actions: &[PlannedAction]| actions.iter().map(|a| a.hash.clone()).collect::<Vec<Digest>>();
        hashes(&self.actions) == hashes(&plan.actions)
    }
}

/// Drafts what the playbooks of these findings ask for: all of the ground's, or the one whose share is asked for. Of two
/// entries that ask for the same action, the older finding's says why.
pub(crate) fn draft(
    incident: &IncidentId,
    findings: &[Finding],
    playbooks: &Playbooks,
    ground: &Ground,
) -> Proposal {
    let account = &ground.account;
    let obtained = obtained::of(&ground.findings, &ground.acts);
    let mut asked: Vec<(Action, String)> = Vec::new();
    let mut left_out = Vec::new();
    for finding in findings {
        let Some(name) = &finding.playbook else { continue };
        let Some(playbook) = playbooks.named(name) else {
            left_out
                .push(format!("The rule \"{}\" refers to a playbook that does not exist.", finding.title));
            continue;
        };
        for entry in &playbook.actions {
            for subject in &entry.on {
                let called_for: Vec<(Action, String)> = match subject {
                    Subject::Obtained => obtained
                        .iter()
                        .filter_map(|got| Some((got.action(entry.kind, account)?, got.describe())))
                        .collect(),
                    _ => target::actions(entry.kind, *subject, finding, account)
                        .into_iter()
                        .map(|action| (action, finding.title.clone()))
                        .collect(),
                };
                for (action, because) in called_for {
                    if !asked.iter().any(|(known, _)| known == &action) {
                        asked.push((action, format!("{because}: {}", entry.why)));
                    }
                }
            }
        }
    }

    // Whoever may do nothing may do nothing with any key or password, either.
    let revoked: BTreeSet<String> = (asked.iter())
        .filter_map(|(action, _)| match action {
            Action::RevokeIamUser { user } => {
                admit(incident, action, String::new(), account).ok().map(|_| user)
            }
            _ => None,
        })
        .cloned()
        .collect();
    asked.retain(
        |(action, _)| !matches!(action, Action::DeactivateAccessKey { user, .. } if revoked.contains(user)),
    );
    left_out.extend(obtained.iter().filter_map(|got| got.by_hand(account, &revoked)));
    if ground.acts.is_cut {
        left_out.push(
            "So much happened since this incident began that older acts were not looked at.".to_owned(),
        );
    }

    let mut actions = BTreeMap::new();
    for (action, why) in asked {
        match admit(incident, &action, why, account) {
            Ok(planned) => {
                let place = (rank(&action), planned.target.arn.clone(), planned.id.clone());
                actions.insert(place, planned);
            }
            Err(why) => left_out.push(why),
        }
    }
    left_out.sort();
    left_out.dedup();
    Proposal { actions: actions.into_values().collect(), left_out }
}

/// The planned action, or why it cannot be planned.
fn admit(
    incident: &IncidentId,
    action: &Action,
    why: String,
    account: &Inventory,
) -> Result<PlannedAction, String> {
    let (_, name) = action.target();
    let left_out = |why: &str| Err(format!("Left out: {}. {why}", action.describe()));
    let Some(facts) = preconditions(action, account) else {
        let gone = match action {
            Action::DeactivateAccessKey { access_key, .. } => access_key.as_str(),
            _ => target::short(name),
        };
        return left_out(&format!("{gone} is not in the account any more."));
    };
    let is = |fact: &str, value: bool| facts.get(fact).and_then(serde_json::Value::as_bool) == Some(value);
    if is("exempt", true) {
        return left_out("It is tagged as exempt; act by hand if it must be.");
    }
    if is("editable", false) {
        return left_out(
            "AWS lets nobody edit this role in the account; end its sessions where it is managed.",
        );
    }
    let mut target = resource(&account.account_id, &account.partition, &account.region, action);
    // The account knows the path that a name does not show.
    let known = match action {
        Action::RevokeIamUser { user } | Action::DeactivateAccessKey { user, .. } => {
            account.users.get(user).map(|u| &u.arn)
        }
        Action::RevokeRoleSessions { role } => account.roles.get(role).map(|r| &r.arn),
        _ => None,
    };
    if let Some(arn) = known.filter(|arn| !arn.is_empty()) {
        target.arn.clone_from(arn);
    }
    Ok(PlannedAction::new(incident, action.clone(), target, facts, why))
}

/// What comes first: seeing, then closing what is open to everybody, then evidence, then cutting off. An instance goes
/// before its role's sessions, and a user before a key that it made and before a role's, because each could otherwise get
/// what the later action does not cover.
fn rank(action: &Action) -> u8 {
    match action {
        Action::RestartTrail { .. } => 0,
        Action::BlockPublicAccess { .. } => 1,
        Action::SnapshotVolumes { .. } => 2,
        Action::IsolateInstance { .. } => 3,
        Action::RevokeIamUser { .. } => 4,
        Action::DeactivateAccessKey { .. } => 5,
        Action::RevokeRoleSessions { .. } => 6,
        Action::BlockIp { .. } => 7,
    }
}
