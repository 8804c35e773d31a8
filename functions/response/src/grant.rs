//! Whether an action may be begun: asked again right before its first call.

use domain::{Effect, Incident, Outcome, Plan, PlannedAction, Time};
use thiserror::Error;

/// How long an approval counts after it was given. Long enough for a slow workflow, too short for a forgotten one.
const VALID_SECONDS: i64 = 24 * 60 * 60;

/// Why an action may not be begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Ungranted {
    /// What was hashed is not what stands there.
    #[error(
        "the plan is not what its hash says; nothing of it is applied. Find out who changed the stored incident"
    )]
    Altered,
    /// No verdict.
    #[error("the policy has not spoken on this plan")]
    NoVerdict,
    /// Denied.
    #[error("the policy denies this plan")]
    Denied,
    /// The policy wants people to agree, and they have not.
    #[error("nobody has approved it")]
    Unanswered,
    /// They agreed to something else.
    #[error("the approval is for another revision of the plan")]
    OtherPlan,
    /// They left this action out.
    #[error("the approval leaves this action out")]
    NotApproved,
    /// They agreed long ago.
    #[error("the approval is older than a day, so this is not applied any more; contain it by hand")]
    Stale,
}

/// Whether the verdict, or the approval it asks for, covers this very action.
pub(crate) fn check(
    incident: &Incident,
    plan: &Plan,
    planned: &PlannedAction,
    now: Time,
) -> Result<(), Ungranted> {
    if !plan.is_intact() || plan.incident != incident.id {
        return Err(Ungranted::Altered);
    }
    match incident.verdict.as_ref().ok_or(Ungranted::NoVerdict)?.effect {
        Effect::Allow => return Ok(()),
        Effect::Deny => return Err(Ungranted::Denied),
        Effect::Approval => {}
    }
    let approval = incident.approval.as_ref().ok_or(Ungranted::Unanswered)?;
    if approval.request.plan != plan.hash {
        return Err(Ungranted::OtherPlan);
    }
    let granted_at = match &approval.outcome {
        Some(Outcome::Approved { .. }) => approval.votes.iter().map(|vote| vote.at).max(),
        Some(Outcome::Expired { .. }) => Some(approval.request.expires),
        Some(Outcome::Rejected { .. } | Outcome::Superseded) | None => None,
    };
    let granted_at = granted_at.ok_or(Ungranted::Unanswered)?;
    if !approval.granted().contains(&planned.hash) {
        return Err(Ungranted::NotApproved);
    }
    if now > granted_at.plus_seconds(VALID_SECONDS) {
        return Err(Ungranted::Stale);
    }
    Ok(())
}
