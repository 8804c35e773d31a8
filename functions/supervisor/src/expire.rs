//! Time is up.

use agent::{Ctx, Decision, Observed, Write};
use anyhow::Context;
use domain::{Approval, Digest, Incident, IncidentId, Outcome, Payload, Status, message::ApprovalSettled};
use serde::{Deserialize, Serialize};

use crate::{Ending, Output, case, say};

/// The incident whose request has timed out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The incident.
    pub incident: Box<Incident>,
}

pub(crate) async fn gather(ctx: &Ctx, id: &IncidentId) -> anyhow::Result<Evidence> {
    let incident = ctx.store.incident(id).await?.with_context(|| format!("there is no incident {id}"))?;
    Ok(Evidence { incident: Box::new(incident) })
}

pub(crate) fn decide(evidence: &Observed<&Evidence>) -> Decision<Output> {
    let mut incident = (*evidence.incident).clone();
    let Some(approval) = &mut incident.approval else {
        // Nobody was asked, so no default was declared to anybody.
        return Decision::answer(Output::Ended { decision: Ending::Expired, apply: false });
    };
    if let Some(outcome) = &approval.outcome {
        // Somebody answered in the same moment, and what is on record holds.
        let (decision, apply) = (Ending::of(outcome), !approval.granted().is_empty());
        return Decision::answer(Output::Ended { decision, apply });
    }
    let actions = declared_default(&evidence.incident, approval);
    let apply = !actions.is_empty();
    let outcome = Outcome::Expired { actions };
    approval.outcome = Some(outcome.clone());
    let plan = approval.request.plan.clone();

    incident.status = if apply { Status::Responding } else { Status::Expired };
    case::touch(&mut incident, evidence.now);
    let settled = ApprovalSettled { incident: incident.id.clone(), plan, outcome };
    let change = if apply {
        "Nobody answered in time; the declared default is applied."
    } else {
        "Nobody answered in time; nothing is applied."
    };
    Decision::answer(Output::Ended { decision: Ending::Expired, apply })
        .say(say::show(&incident, Payload::ApprovalSettled(settled)))
        .say(say::update(&incident, change))
        .write(Write::Incident(Box::new(incident)))
}

/// Hashes of the actions that people were told would be applied if nobody answers, in plan order; none if the plan is
/// not the one they were told about.
fn declared_default(incident: &Incident, approval: &Approval) -> Vec<Digest> {
    let request = &approval.request;
    let Some(plan) = incident.plan.as_ref().filter(|p| p.hash == request.plan && p.is_intact()) else {
        return Vec::new();
    };
    let declared = plan.actions.iter().filter(|a| request.on_expiry.contains(&a.id));
    declared.map(|a| a.hash.clone()).collect()
}

#[cfg(test)]
mod tests;
