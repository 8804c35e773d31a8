//! What of the attacker's credentials is still alive once the plan is settled.
//!
//! Forensics has listed all that are in the attacker's hands; an action takes off the list what it cut off, and only once
//! that was read back. So whatever stays on the list was not cut off, for whichever reason.

use domain::{
    Action, ActionState, Incident, Inventory, LastingCredential, Plan, PlannedAction, PrincipalKind, Time,
};

/// Takes off the incident's receipt what was cut off, and notes for people what a plan was about and did not cut off.
pub(crate) fn settle(incident: &mut Incident, plan: &Plan, account: &Inventory, now: Time) {
    let has_been_listed = incident.receipt.reached.contains_key("investigated");
    for principal in incident.principals.iter().filter(|p| p.kind == PrincipalKind::Role) {
        let role = account.roles.values().find(|role| role.arn == principal.arn);
        if let Some(role) = role.filter(|_| !has_been_listed) {
            // When it was issued is not known, so this is the latest it can end.
            let until = now.plus_seconds(i64::from(role.max_session_seconds));
            incident.receipt.credential_alive_until.insert(principal.arn.clone(), until);
        }
    }
    let is_verified = |planned: &&PlannedAction| {
        incident.actions.iter().any(|r| r.id == planned.id && r.state == ActionState::Verified)
    };
    let (cut, uncut): (Vec<_>, Vec<_>) = plan.actions.iter().partition(is_verified);
    let receipt = &mut incident.receipt;
    receipt.credential_alive_until.retain(|role, _| !cut.iter().any(|planned| ends_sessions(planned, role)));
    receipt.credentials_without_end.retain(|held| !cut.iter().any(|planned| ends(planned, held)));

    for planned in uncut {
        let sessions = receipt.credential_alive_until.keys().any(|role| ends_sessions(planned, role));
        let lasting = receipt.credentials_without_end.iter().any(|held| ends(planned, held));
        let text = format!("Not done, so a credential stays in the attacker's hands: {}.", planned.does);
        if (sessions || lasting) && !receipt.notes.contains(&text) {
            receipt.notes.push(text);
        }
    }
}

fn ends_sessions(planned: &PlannedAction, role: &str) -> bool {
    matches!(planned.action, Action::RevokeRoleSessions { .. }) && planned.target.arn == role
}

/// Whether an action ends a credential: what denies a user everything ends every key of it, too.
fn ends(planned: &PlannedAction, held: &LastingCredential) -> bool {
    planned.target.arn == held.user
        && match &planned.action {
            Action::RevokeIamUser { .. } => true,
            Action::DeactivateAccessKey { access_key, .. } => held.access_key.as_ref() == Some(access_key),
            _ => false,
        }
}
