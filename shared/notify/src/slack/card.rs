//! An incident as a message: what a tired person needs to decide, and who has decided.

use domain::{
    ActionId, ActionState, Approval, BlastRadius, Incident, PlannedAction, Principal, Status,
    approval::Answer,
};
use reqwest::Url;
use serde_json::{Value, json};

use super::{
    blocks::{actions, button, context, fields, header, note, own, plain, section, time},
    interaction::{APPROVE, Asked, OPEN, REJECT},
};
use crate::{
    Facts,
    line::{outcome, state, status},
};

/// Actions shown. A longer plan is answered on the dashboard: nobody approves what they were not shown.
const ACTIONS: usize = 20;
/// Findings shown.
const HAPPENED: usize = 8;
/// Of what an action would break, so much is shown.
const BREAKS: usize = 4;

/// A message: blocks, and a text for notifications.
#[derive(Clone, Debug)]
pub struct Card {
    pub(crate) text: String,
    pub(crate) blocks: Vec<Value>,
}

pub(super) fn card(facts: &Facts, origin: Option<&Url>) -> Card {
    let incident = &facts.incident;
    let asked = facts.asked();
    let drill = if incident.drill { "DRILL: " } else { "" };
    let title = match asked {
        Some(_) => format!("{drill}Approval needed: {}", incident.title),
        None => format!("{drill}{}", incident.title),
    };
    let mut blocks = vec![header(&title), standing(incident, asked.as_ref())];
    let mut is_whole = true;
    blocks.push(section(&story(facts)).block);
    blocks.extend(observed(incident).map(|text| note(&text)));
    let planned = incident.plan.iter().flat_map(|plan| &plan.actions);
    for (place, action) in planned.clone().enumerate().take(ACTIONS) {
        let shown = section(&told(place + 1, action, incident, facts.radius.as_ref(), asked.is_some()));
        is_whole &= shown.is_whole;
        blocks.push(shown.block);
    }
    let planned = planned.count();
    if planned > ACTIONS {
        is_whole = false;
        blocks.push(note(&format!("… and {} more actions.", planned - ACTIONS)));
    }
    blocks.extend(votes(incident, asked.as_ref()).map(|lines| section(&lines).block));
    if asked.is_some() && !is_whole {
        blocks.push(note("*This plan is too long to be shown here as a whole. Answer it on the dashboard.*"));
    }

    let mut buttons = Vec::new();
    if let Some(approval) = asked.as_ref().filter(|_| is_whole) {
        buttons.extend(answers(approval, incident));
    }
    if let Some(mut url) = origin.and_then(|origin| origin.join("incident/").ok()) {
        url.query_pairs_mut().append_pair("id", incident.id.as_str());
        let mut open = button(OPEN, "Open the dashboard");
        open["url"] = json!(url.as_str());
        buttons.push(open);
    }
    if !buttons.is_empty() {
        blocks.push(actions(buttons));
    }
    let plan = incident.plan.as_ref();
    let plan = plan.map_or_else(String::new, |p| format!(" · plan {} ({})", p.revision, p.hash.short()));
    blocks.push(context(&format!("{}{plan}", incident.id)));
    Card { text: format!("{title} (risk {})", incident.risk.points()), blocks }
}

fn standing(incident: &Incident, asked: Option<&Approval>) -> Value {
    let mut shown = vec![
        ("Risk", format!("{} of 100", incident.risk.points())),
        ("Status", status(incident.status).to_owned()),
    ];
    if let Some(approval) = asked {
        let request = &approval.request;
        let minutes = request.expires.millis_since(request.requested).max(0) / 60_000;
        let missing = usize::from(request.approvers).saturating_sub(approval.votes.len());
        let default = match request.on_expiry.len() {
            0 => "nothing is applied".to_owned(),
            1 => "1 action is applied".to_owned(),
            n => format!("{n} actions are applied"),
        };
        shown.push(("Answer before", format!("{}, {minutes} min after it was asked", time(request.expires))));
        shown.push(("Must agree", format!("{missing} more of {}", request.approvers)));
        shown.push(("If nobody answers", default));
    }
    fields(&shown)
}

fn story(facts: &Facts) -> Vec<String> {
    let incident = &facts.incident;
    let who = |principal: &Principal| format!("{} ({})", principal.name, principal.arn);
    let mut lines = vec!["Who".to_owned()];
    lines.extend(incident.principals.iter().take(3).map(who));
    if incident.principals.len() > 3 {
        lines.push(format!("… and {} more", incident.principals.len() - 3));
    }
    lines.push("What happened".to_owned());
    lines.extend(facts.happened.iter().take(HAPPENED).map(|sentence| format!("• {}", short(sentence))));
    if facts.happened.len() > HAPPENED {
        lines.push(format!("… and {} more findings", facts.happened.len() - HAPPENED));
    }
    lines
}

/// What is only watched, where anything is.
fn observed(incident: &Incident) -> Option<String> {
    let (plan, observe) = (incident.plan.as_ref()?, &incident.verdict.as_ref()?.observe);
    let watched = plan.actions.iter().filter(|action| observe.contains(&action.id)).count();
    let all = plan.actions.len();
    match watched {
        0 => None,
        n if n == all => Some(
            "*The account is only observed:* whatever is approved, nothing is sent to it, and the actions end as simulated."
                .into(),
        ),
        n => Some(format!("*{n} of {all} actions are only observed:* nothing is sent for them, and they end as simulated.")),
    }
}

fn told(
    place: usize,
    action: &PlannedAction,
    incident: &Incident,
    radius: Option<&BlastRadius>,
    is_asked: bool,
) -> Vec<String> {
    let stands = incident.action(&action.id).map_or(ActionState::Planned, |record| record.state);
    let mut lines = vec![format!("{place}. {}", action.does)];
    if stands == ActionState::Planned {
        lines.push(format!("Undo: {}", action.undo));
    } else {
        let why = incident.action(&action.id).and_then(|record| record.error.as_deref());
        lines.push(format!(
            "{}{}",
            state(stands),
            why.map(|why| format!(": {}", short(why))).unwrap_or_default()
        ));
    }
    if is_asked {
        if incident.verdict.as_ref().is_some_and(|verdict| verdict.observe.contains(&action.id)) {
            lines.push("Only observed: nothing is sent.".to_owned());
        }
        lines.extend(breaks(&action.id, radius));
    }
    lines
}

fn breaks(action: &ActionId, radius: Option<&BlastRadius>) -> Vec<String> {
    let known = radius.and_then(|radius| radius.counterfactuals.iter().find(|c| &c.action == action));
    let Some(known) = known else {
        return vec!["Would break: not known yet".to_owned()];
    };
    if known.breaks.is_empty() {
        return vec!["Would break: nothing that was seen in use".to_owned()];
    }
    let one = |broken: &domain::graph::Breakage| {
        short(&format!("Would break: {} ({})", broken.what, broken.evidence))
    };
    let mut lines: Vec<_> = known.breaks.iter().take(BREAKS).map(one).collect();
    if known.breaks.len() > BREAKS {
        lines.push(format!("… and {} more", known.breaks.len() - BREAKS));
    }
    lines
}

fn votes(incident: &Incident, asked: Option<&Approval>) -> Option<Vec<String>> {
    let approval = asked.or(incident.approval.as_ref())?;
    let mut lines: Vec<_> = approval
        .votes
        .iter()
        .map(|vote| match &vote.answer {
            Answer::Approve { actions } => {
                format!("{} approved {} of {}", vote.by, actions.len(), approval.request.actions.len())
            }
            Answer::Reject { reason } => short(&format!("{} rejected: {reason}", vote.by)),
        })
        .collect();
    lines.extend(approval.outcome.as_ref().map(|ended| short(&outcome(ended))));
    let is_over =
        approval.outcome.is_none() && asked.is_none() && incident.status == Status::AwaitingApproval;
    lines.extend(is_over.then(|| "The time to answer is over.".to_owned()));
    Some(lines).filter(|lines| !lines.is_empty())
}

fn answers(approval: &Approval, incident: &Incident) -> [Value; 2] {
    let request = &approval.request;
    let asked =
        Asked { incident: request.incident.clone(), plan: request.plan.clone(), revision: request.revision };
    let value = json!(asked.to_value());
    let count = match request.actions.len() {
        1 => "The action".to_owned(),
        n => format!("All {n} actions"),
    };
    let observe = incident.verdict.as_ref().map_or(&[][..], |verdict| &verdict.observe[..]);
    let sent = match observe.is_empty() {
        true => "sent to the account once enough people agree",
        false => "carried out once enough people agree; what is only observed is not sent",
    };
    let mut approve = button(APPROVE, "Approve");
    approve["style"] = json!("primary");
    approve["value"] = value.clone();
    approve["confirm"] = json!({
        "title": plain("Approve this plan?", 100),
        "text": own(&format!("{count} of plan {} will be {sent}.", request.revision)),
        "confirm": plain("Approve", 30),
        "deny": plain("Not yet", 30),
    });
    let mut reject = button(REJECT, "Reject …");
    reject["style"] = json!("danger");
    reject["value"] = value;
    [approve, reject]
}

/// Enough of a text that is not what is decided on.
fn short(text: &str) -> String {
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
