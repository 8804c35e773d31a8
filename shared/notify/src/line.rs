//! What is said of a message, in a line.

use domain::{
    ActionState, Effect, Message, Outcome, Payload, Status,
    approval::Answer,
    message::{Command, Severity},
};

/// Something to say. Hostile text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) text: String,
    /// Whether it is for all who are in the channel, and not only for those who follow the incident.
    pub(crate) is_loud: bool,
    /// Whether it asks people to look at the incident's first message.
    pub(crate) is_request: bool,
}

/// What people who follow an incident are told of a message; none where it says nothing that they would want to read.
pub(crate) fn line(message: &Message) -> Option<Line> {
    let quiet = |text: String| Some(Line { text, is_loud: false, is_request: false });
    let loud = |text: String| Some(Line { text, is_loud: true, is_request: false });
    match &message.payload {
        Payload::Alert(_) | Payload::Report(_) | Payload::Command(Command::Call { .. }) => None,
        Payload::Incident(update) => quiet(format!("{} ({})", update.change, status(update.status))),
        Payload::Verdict(given) => match given.verdict.effect {
            Effect::Approval => None,
            Effect::Allow => quiet("The policy allows the plan without asking people.".to_owned()),
            Effect::Deny => {
                quiet(format!("The policy denies the plan: {}", given.verdict.reasons.join("; ")))
            }
        },
        Payload::ApprovalRequired(request) => {
            let text = format!(
                "Plan {} needs approval: look at this incident's first message, and answer there.",
                request.revision
            );
            Some(Line { text, is_loud: true, is_request: true })
        }
        Payload::ApproveAction(cast) => quiet(match &cast.ballot.answer {
            Answer::Approve { actions } => format!("{} approved {}.", cast.by, count(actions.len())),
            Answer::Reject { reason } => format!("{} rejected the plan: {reason}", cast.by),
        }),
        Payload::ApprovalSettled(settled) => quiet(outcome(&settled.outcome)),
        Payload::BlastRadiusUpdate(drawn) => quiet(format!(
            "Within the attacker's reach: {} things, {} crown jewels among them.",
            drawn.reachable, drawn.crown_jewels
        )),
        Payload::Command(Command::Undo { action, by, reason, .. }) => {
            quiet(format!("{by} asked to undo {action}: {reason}"))
        }
        // That calls are being sent is seen on the incident's first message.
        Payload::ActionUpdate(update)
            if matches!(update.state, ActionState::Applying | ActionState::Undoing) =>
        {
            None
        }
        Payload::ActionUpdate(update) => {
            let why = update.error.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
            let text = format!("{}: {}{why}", state(update.state), update.does);
            Some(Line { text, is_loud: update.state == ActionState::Failed, is_request: false })
        }
        Payload::Record(record) => {
            let mut text = format!("On record: {}.", status(record.status));
            let until = record.receipt.credential_alive_until.values().max();
            if let Some(until) = until.filter(|until| **until > message.time) {
                text.push_str(&format!(" A credential of the attacker may work until {until}."));
            }
            if !record.receipt.credentials_without_end.is_empty() {
                let left = record.receipt.credentials_without_end.len();
                text.push_str(&format!(
                    " {left} credentials in the attacker's hands work until somebody ends them."
                ));
            }
            Some(Line { text, is_loud: record.status == Status::Failed, is_request: false })
        }
        Payload::Notice(notice) if notice.severity == Severity::Error => loud(notice.text.clone()),
        Payload::Notice(_) => None,
    }
}

/// A status in words.
pub(crate) fn status(status: Status) -> &'static str {
    match status {
        Status::Open => "open",
        Status::AwaitingApproval => "waiting for approval",
        Status::Responding => "being answered",
        Status::Contained => "contained",
        Status::Undone => "undone",
        Status::Simulated => "simulated: nothing was sent to the account",
        Status::Noted => "noted: there was nothing to be done",
        Status::Denied => "denied by the policy",
        Status::Rejected => "rejected",
        Status::Expired => "expired: nobody answered, and nothing was applied",
        Status::Failed => "failed: look at it now",
    }
}

/// A state in words, each its own.
pub(crate) fn state(state: ActionState) -> &'static str {
    match state {
        ActionState::Planned => "Planned",
        ActionState::LeftOut => "Left out",
        ActionState::Simulated => "Simulated, nothing was sent",
        ActionState::Applying => "Being applied",
        ActionState::Applied => "Applied, not yet verified",
        ActionState::Verified => "Verified",
        ActionState::Undoing => "Being undone",
        ActionState::Undone => "Undone",
        ActionState::Failed => "Failed",
    }
}

/// How a request ended. Hostile text.
pub(crate) fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Approved { actions, by } => {
            format!("Approved by {}: {}.", by.join(" and "), count(actions.len()))
        }
        Outcome::Rejected { by, reason } => format!("Rejected by {by}: {reason}"),
        Outcome::Expired { actions } if actions.is_empty() => {
            "Nobody answered in time: nothing is applied.".to_owned()
        }
        Outcome::Expired { actions } => {
            format!("Nobody answered in time: the declared default applies {}.", count(actions.len()))
        }
        Outcome::Superseded => {
            "New findings made a new plan; this one is not asked about any more.".to_owned()
        }
    }
}

fn count(actions: usize) -> String {
    if actions == 1 { "1 action".to_owned() } else { format!("{actions} actions") }
}
