//! What agents say to each other, to the dashboards and to the ledger.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ActionId, ActionState, ApprovalRequest, Ballot, Digest, EventId, Finding, IncidentId, MessageId, Outcome,
    Risk, Status, Time, Verdict, account::AccountWrite, action::StepOutcome, incident::Receipt,
};

/// The envelope: every arrow between agents is one of these.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ASOCMessage)]
pub struct Message {
    /// Unique, and the same when a decision is carried out twice.
    pub message_id: MessageId,
    /// What it belongs to: an incident's id, or a delivery's digest before there is one.
    pub correlation_id: String,
    /// The message that led to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<MessageId>,
    /// Who says it.
    pub sender: Party,
    /// To whom; `dashboard` where it is only shown.
    pub receiver: Party,
    /// When.
    pub time: Time,
    /// 0 to 1, where a risk is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    pub risk_score: Option<f64>,
    /// What it says.
    #[serde(flatten)]
    pub payload: Payload,
}

/// A message as an agent decides it, before the host gives it its id and time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// See [`Message::correlation_id`].
    pub correlation_id: String,
    /// See [`Message::receiver`].
    pub receiver: Party,
    /// The risk, where one is known.
    pub risk: Option<Risk>,
    /// What it says.
    pub payload: Payload,
}

/// Who sends and receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// Reads raw deliveries.
    Telemetry,
    /// Finds and scores.
    Detection,
    /// Decides what may be done.
    Supervisor,
    /// Draws the blast radius.
    Forensics,
    /// Contains.
    Response,
    /// Keeps the audit trail.
    Compliance,
    /// Where people act.
    Console,
    /// Where people look.
    Dashboard,
}

impl Party {
    /// Its name as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Party::Telemetry => "telemetry",
            Party::Detection => "detection",
            Party::Supervisor => "supervisor",
            Party::Forensics => "forensics",
            Party::Response => "response",
            Party::Compliance => "compliance",
            Party::Console => "console",
            Party::Dashboard => "dashboard",
        }
    }
}

/// What messages say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", content = "payload", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Payload {
    /// Telemetry has new events (a batch, by reference).
    Alert(Alert),
    /// Detection claims something.
    Report(Box<Finding>),
    /// An incident was opened or changed.
    Incident(IncidentUpdate),
    /// The policy has spoken on a plan.
    Verdict(VerdictGiven),
    /// People are asked.
    ApprovalRequired(Box<ApprovalRequest>),
    /// A person has answered, approving or rejecting.
    ApproveAction(BallotCast),
    /// A request for approval has ended.
    ApprovalSettled(ApprovalSettled),
    /// Forensics has drawn the blast radius.
    BlastRadiusUpdate(BlastRadiusDrawn),
    /// Response is about to send a call to the account, or a person asks for an undo.
    Command(Command),
    /// An action has changed its state.
    ActionUpdate(ActionUpdate),
    /// An incident's workflow has ended.
    Record(Record),
    /// Something a person should know.
    Notice(Notice),
}

impl Payload {
    /// The type as it stands in JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Payload::Alert(_) => "ALERT",
            Payload::Report(_) => "REPORT",
            Payload::Incident(_) => "INCIDENT",
            Payload::Verdict(_) => "VERDICT",
            Payload::ApprovalRequired(_) => "APPROVAL_REQUIRED",
            Payload::ApproveAction(_) => "APPROVE_ACTION",
            Payload::ApprovalSettled(_) => "APPROVAL_SETTLED",
            Payload::BlastRadiusUpdate(_) => "BLAST_RADIUS_UPDATE",
            Payload::Command(_) => "COMMAND",
            Payload::ActionUpdate(_) => "ACTION_UPDATE",
            Payload::Record(_) => "RECORD",
            Payload::Notice(_) => "NOTICE",
        }
    }
}

/// New events, by reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Alert {
    /// Digest of the delivery they came in.
    pub delivery: Digest,
    /// The delivery's name, for people. Hostile text.
    pub name: String,
    /// The new events, in order of delivery.
    pub events: Vec<EventId>,
    /// A few of them, for the live feed. Hostile text.
    pub sample: Vec<EventGlimpse>,
    /// Whether it is a drill.
    #[serde(default)]
    pub drill: bool,
}

/// As much of an event as a feed shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventGlimpse {
    /// When it happened.
    pub time: Time,
    /// The operation.
    pub operation: String,
    /// Who.
    pub actor: String,
    /// Where from.
    pub origin: String,
}

/// An incident was opened or has changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IncidentUpdate {
    /// The incident.
    pub incident: IncidentId,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub status: Status,
    /// Its risk.
    pub risk: Risk,
    /// What happened, in a sentence.
    pub change: String,
}

/// The policy's verdict on a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VerdictGiven {
    /// The incident.
    pub incident: IncidentId,
    /// The plan's hash.
    pub plan: Digest,
    /// The plan's revision.
    pub revision: u32,
    /// The verdict.
    pub verdict: Verdict,
}

/// A person's ballot that counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BallotCast {
    /// The incident.
    pub incident: IncidentId,
    /// Who.
    pub by: String,
    /// What.
    pub ballot: Ballot,
}

/// A request for approval has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ApprovalSettled {
    /// The incident.
    pub incident: IncidentId,
    /// The plan's hash.
    pub plan: Digest,
    /// How.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// The blast radius was drawn anew; the graph itself is fetched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BlastRadiusDrawn {
    /// The incident.
    pub incident: IncidentId,
    /// Reachable things.
    pub reachable: u32,
    /// Crown jewels among them.
    pub crown_jewels: u32,
    /// Digest of the graph.
    pub graph: Digest,
}

/// A command to the account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// A call, recorded before it is sent.
    Call {
        /// The incident.
        incident: IncidentId,
        /// The action it belongs to.
        action: ActionId,
        /// The call.
        call: AccountWrite,
        /// Whether it belongs to the undo.
        undo: bool,
    },
    /// A person asks for an undo.
    Undo {
        /// The incident.
        incident: IncidentId,
        /// The action.
        action: ActionId,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
}

/// An action has changed its state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActionUpdate {
    /// The incident.
    pub incident: IncidentId,
    /// The action.
    pub action: ActionId,
    /// What it does, for people.
    pub does: String,
    /// Its state now.
    pub state: ActionState,
    /// What came of the last call, where one was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<StepOutcome>,
    /// Why it failed or was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// An incident's workflow has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Record {
    /// The incident.
    pub incident: IncidentId,
    /// How it ended.
    pub status: Status,
    /// Its receipt.
    pub receipt: Receipt,
}

/// Something a person should know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Notice {
    /// How bad.
    pub severity: Severity,
    /// What, in a sentence, and what to do next.
    pub text: String,
}

/// How bad a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Look at it.
    Warning,
    /// Look at it now.
    Error,
}
