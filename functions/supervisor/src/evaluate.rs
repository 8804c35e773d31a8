//! An incident's plan, and the policy's verdict on it.

use agent::{Ctx, Decision, Observed, Write, ports::IncidentFilter};
use anyhow::Context;
use domain::{
    ActionRecord, ActionState, Effect, Incident, IncidentId, Outcome, Payload, Plan, Status, Time, Verdict,
    message::{Severity, VerdictGiven},
    verdict::Question,
};
use serde::{Deserialize, Serialize};

use crate::{
    Output, case,
    ground::{self, Ground},
    playbook::Playbooks,
    proposal, say,
};

/// Seconds over which the policy's budget of actions counts.
const BUDGET_WINDOW: i64 = 60 * 60;
/// Incidents that are looked through for begun actions. If there are more, the budget is taken as used up.
const BUDGET_PAGE: usize = 1000;

/// What a plan and its verdict are made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The incident.
    pub incident: Box<Incident>,
    /// Its findings and the account.
    pub ground: Ground,
    /// What the policy was asked.
    pub question: Question,
    /// What it answered.
    pub answer: PolicyAnswer,
}

/// What the policy answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyAnswer {
    /// Its verdict.
    Verdict(Verdict),
    /// Nothing that could be relied on; why.
    Failed(String),
}

pub(crate) async fn gather(ctx: &Ctx, playbooks: &Playbooks, id: &IncidentId) -> anyhow::Result<Evidence> {
    let incident = ctx.store.incident(id).await?.with_context(|| format!("there is no incident {id}"))?;
    let ground = Ground::of(ctx, &incident, None).await?;
    let proposal = proposal::draft(id, &ground.findings, playbooks, &ground);
    let used = actions_since(ctx, ctx.clock.now().plus_seconds(-BUDGET_WINDOW)).await?;
    let question = ground::question(&incident, &proposal.actions, &ground.account, used);
    let answer = match ctx.policy.authorize(&question).await {
        Ok(verdict) => PolicyAnswer::Verdict(verdict),
        Err(error) if agent::is_transient(&error) => return Err(error),
        Err(error) => PolicyAnswer::Failed(format!("{error:#}")),
    };
    Ok(Evidence { incident: Box::new(incident), ground, question, answer })
}

/// How many actions were begun in the account since then, over all incidents.
async fn actions_since(ctx: &Ctx, since: Time) -> anyhow::Result<u32> {
    let filter = IncidentFilter { since: Some(since), limit: BUDGET_PAGE, ..IncidentFilter::default() };
    let recent = ctx.store.incidents(&filter).await?;
    if recent.len() >= BUDGET_PAGE {
        return Ok(u32::MAX);
    }
    let begun = recent
        .iter()
        .flat_map(|incident| &incident.actions)
        .filter(|record| !record.steps.is_empty() && record.anchor.is_some_and(|anchor| anchor >= since));
    Ok(u32::try_from(begun.count()).unwrap_or(u32::MAX))
}

pub(crate) fn decide(playbooks: &Playbooks, evidence: &Observed<&Evidence>) -> Decision<Output> {
    let now = evidence.now;
    let mut incident = (*evidence.incident).clone();
    // What people are asked about, or is answered already, is not planned anew.
    if let Some(verdict) = incident.verdict.as_ref().filter(|_| incident.status != Status::Open) {
        return Decision::answer(Output::of(verdict));
    }
    let proposal = proposal::draft(&incident.id, &evidence.ground.findings, playbooks, &evidence.ground);
    let asked = ground::question(
        &incident,
        &proposal.actions,
        &evidence.ground.account,
        evidence.question.actions_last_hour,
    );
    let (verdict, failure) = match &evidence.answer {
        PolicyAnswer::Verdict(verdict) if asked == evidence.question => (verdict.clone(), None),
        PolicyAnswer::Verdict(_) => denial("its verdict is on another plan"),
        PolicyAnswer::Failed(why) => denial(why),
    };

    let plan = match incident.plan.take() {
        Some(plan) if proposal.is(&plan) => plan,
        earlier => Plan::new(incident.id.clone(), earlier.map_or(1, |p| p.revision + 1), proposal.actions),
    };
    incident.actions = records(&plan, &incident.actions);
    if incident.approval.as_ref().is_some_and(|a| a.outcome == Some(Outcome::Superseded)) {
        incident.approval = None;
    }
    for text in proposal.left_out {
        case::note(&mut incident, text);
    }
    incident.status = match verdict.effect {
        Effect::Allow => Status::Responding,
        Effect::Deny => Status::Denied,
        Effect::Approval => Status::Open,
    };
    incident.receipt.reach("evaluated", now);
    case::touch(&mut incident, now);

    let given = VerdictGiven {
        incident: incident.id.clone(),
        plan: plan.hash.clone(),
        revision: plan.revision,
        verdict: verdict.clone(),
    };
    let count = match plan.actions.len() {
        1 => "one action".to_owned(),
        n => format!("{n} actions"),
    };
    let change = format!("Plan {} has {count}; {}.", plan.revision, word(verdict.effect));
    incident.plan = Some(plan);
    let mut decision = Decision::answer(Output::of(&verdict))
        .say(say::show(&incident, Payload::Verdict(given)))
        .say(say::update(&incident, change));
    if let Some(why) = failure {
        let text = format!("The policy gave no verdict, so nothing is applied: {why}. Contain this by hand.");
        decision = decision.say(say::notice(&incident, Severity::Error, text));
    }
    incident.verdict = Some(verdict);
    decision.write(Write::Incident(Box::new(incident)))
}

/// The verdict where there is none. People are not asked instead: what they would vouch for was never held against the
/// never-touch list or the budget, and the policy's port says that without a verdict nobody may act.
fn denial(why: &str) -> (Verdict, Option<String>) {
    let verdict = Verdict {
        effect: Effect::Deny,
        reasons: vec![format!("the policy gave no verdict: {why}")],
        approvers: 0,
        expires_seconds: 0,
        on_expiry: Vec::new(),
        observe: Vec::new(),
        policy: String::new(),
    };
    (verdict, Some(why.to_owned()))
}

/// A record for each action of the plan; what was begun under an earlier plan stays on record.
fn records(plan: &Plan, earlier: &[ActionRecord]) -> Vec<ActionRecord> {
    let begun = |record: &&ActionRecord| record.state != ActionState::Planned;
    let kept = |id| earlier.iter().filter(begun).find(|r| &r.id == id).cloned();
    let planned =
        plan.actions.iter().map(|a| kept(&a.id).unwrap_or_else(|| ActionRecord::planned(a.id.clone())));
    let dropped = earlier.iter().filter(begun).filter(|record| plan.action(&record.id).is_none());
    planned.chain(dropped.cloned()).collect()
}

fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::Allow => "the policy allows it",
        Effect::Deny => "the policy denies it",
        Effect::Approval => "people must approve it",
    }
}

#[cfg(test)]
mod tests;
