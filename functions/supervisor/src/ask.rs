//! Asking people.

use agent::{Ctx, Decision, Observed, Write};
use anyhow::Context;
use domain::{Approval, ApprovalRequest, Incident, IncidentId, Payload, Plan, Status, Verdict};
use serde::{Deserialize, Serialize};

use crate::{
    Ending, MAX_REVISIONS, Output, case, ground::Ground, playbook::Playbooks, proposal, say, settle,
};

/// What people are asked about, and whether it is still the right thing to ask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The incident.
    pub incident: Box<Incident>,
    /// The plan in force.
    pub plan: Plan,
    /// The verdict on it.
    pub verdict: Verdict,
    /// The incident's findings as they are now, and the account.
    pub ground: Ground,
}

pub(crate) async fn gather(ctx: &Ctx, id: &IncidentId) -> anyhow::Result<Evidence> {
    let incident = ctx.store.incident(id).await?.with_context(|| format!("there is no incident {id}"))?;
    let plan = incident.plan.clone().with_context(|| format!("{id} has no plan to ask about"))?;
    let verdict = incident.verdict.clone().with_context(|| format!("{id} has no verdict to ask under"))?;
    let ground = Ground::of(ctx, &incident, None).await?;
    Ok(Evidence { incident: Box::new(incident), plan, verdict, ground })
}

pub(crate) fn decide(playbooks: &Playbooks, evidence: &Observed<&Evidence>) -> Decision<Output> {
    let (plan, now) = (&evidence.plan, evidence.now);
    let mut incident = (*evidence.incident).clone();
    if let Some(approval) = incident.approval.as_ref().filter(|a| a.request.plan == plan.hash) {
        return match &approval.outcome {
            None => Decision::answer(Output::Asked),
            // The workflow would wait for an answer that is there.
            Some(outcome) => {
                let apply = !approval.granted().is_empty();
                Decision::answer(Output::Asked).call(settle(&incident, Ending::of(outcome), apply))
            }
        };
    }

    // A finding may have joined since the plan was made, when nobody was asked yet that could be told.
    let proposal = proposal::draft(&incident.id, &evidence.ground.findings, playbooks, &evidence.ground);
    if !proposal.is(plan) && plan.revision < MAX_REVISIONS {
        return Decision::answer(Output::Asked)
            .say(say::update(
                &incident,
                "The plan changed before people were asked; there will be a new one.",
            ))
            .call(settle(&incident, Ending::Superseded, false));
    }

    let subjects = incident.principals.iter().map(|p| p.arn.clone()).collect();
    let request = ApprovalRequest::new(plan, &evidence.verdict, subjects, now);
    incident.status = Status::AwaitingApproval;
    incident.receipt.reach("asked", now);
    case::touch(&mut incident, now);
    let change = match request.approvers {
        1 => "One person must approve the plan.".to_owned(),
        n => format!("{n} people must approve the plan."),
    };
    incident.approval = Some(Approval::new(request.clone()));
    Decision::answer(Output::Asked)
        .say(say::show(&incident, Payload::ApprovalRequired(Box::new(request))))
        .say(say::update(&incident, change))
        .write(Write::Incident(Box::new(incident)))
}

#[cfg(test)]
mod tests;
