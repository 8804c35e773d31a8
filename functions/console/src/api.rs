//! What goes over HTTP and WebSocket, beyond the domain's own nouns.

use std::collections::BTreeMap;

use domain::{
    ActionId, Approval, BlastRadius, Event, Execution, Finding, Incident, IncidentId, LedgerEntry, Message,
    Outcome, Person, Plan, Quarantined, Risk, Role, Status, Time, Verdict,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Body of every answer that is not a success.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// One word for programs: `not_found`, `forbidden`, `unauthenticated`, `invalid`, `refused`, `unavailable`.
    pub code: String,
    /// A sentence for people: what is wrong, and what to do next.
    pub message: String,
}

/// POST /v1/sign-in: exchanges a one-time link's token for a session.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SignIn {
    /// The token after `#token=` in the link.
    pub token: String,
}

/// POST /v1/socket-ticket: what opens the WebSocket, once, within a minute.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SocketTicket {
    /// Goes into `/v1/socket?ticket=…&after=…`.
    pub ticket: String,
}

/// A message with its place in the log.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LoggedMessage {
    /// Its place; counted up, gaps possible.
    pub seq: u64,
    /// The message.
    pub message: Message,
}

/// GET /v1/feed, and each WebSocket frame: messages in order of the log.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Feed {
    /// Oldest first.
    pub messages: Vec<LoggedMessage>,
    /// The newest place in the log, shown or not.
    pub newest: u64,
}

/// An incident as a list shows it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct IncidentRow {
    /// The incident.
    pub id: IncidentId,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub status: Status,
    /// Its risk.
    pub risk: Risk,
    /// When it was opened.
    pub opened: Time,
    /// When it last changed.
    pub updated: Time,
    /// Names of its principals.
    pub principals: Vec<String>,
    /// How many findings it has.
    pub findings: u32,
    /// When the request for approval expires, while one waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Time>,
    /// Whether it is a drill.
    pub drill: bool,
}

/// GET /v1/incidents/{id}: everything the incident page shows.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct IncidentDetail {
    /// The case file: plan, verdict, approval, action records, receipt.
    pub incident: Incident,
    /// Its findings in full, oldest first.
    pub findings: Vec<Finding>,
    /// The blast radius with attack path and counterfactuals, once drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blast_radius: Option<BlastRadius>,
    /// What was said about it, in order.
    pub messages: Vec<LoggedMessage>,
    /// The executions of its workflow and of its undos.
    pub executions: Vec<Execution>,
    /// What the person who asks may do about it now.
    pub may: May,
    /// The server's clock, for counting down.
    pub now: Time,
}

/// What a person may do about an incident.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct May {
    /// Approve or reject.
    pub vote: bool,
    /// Why not, where they may not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    /// Actions they may ask to undo.
    pub undo: Vec<ActionId>,
}

/// GET /v1/approvals: a request that waits, with what a tired person needs to decide.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ApprovalCard {
    /// The incident.
    pub incident: IncidentId,
    /// Its title.
    pub title: String,
    /// Its risk.
    pub risk: Risk,
    /// What happened: the findings' titles, oldest first, with actor and origin.
    pub happened: Vec<String>,
    /// The plan.
    pub plan: Plan,
    /// Why approval is needed, and from how many.
    pub verdict: Verdict,
    /// The request with the votes so far.
    pub approval: Approval,
    /// What each action would cut off and break, once forensics has looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blast_radius: Option<BlastRadius>,
    /// What the person who asks may do.
    pub may: May,
    /// The server's clock, for counting down.
    pub now: Time,
    /// Whether it is a drill.
    pub drill: bool,
}

/// POST /v1/incidents/{id}/actions/{action}/undo.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct UndoBody {
    /// Why.
    pub reason: String,
    /// Go on although it is not safe yet.
    #[serde(default)]
    pub accept_risk: bool,
}

/// GET /v1/ledger.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LedgerPage {
    /// In order.
    pub entries: Vec<LedgerEntry>,
    /// Number of the newest entry.
    pub newest: u64,
}

/// GET /v1/ledger/verify: what an examination of the whole chain found.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LedgerReport {
    /// Whether everything holds.
    pub ok: bool,
    /// Entries examined.
    pub entries: u64,
    /// Checkpoints examined.
    pub checkpoints: u64,
    /// Messages not sealed yet (they are, within a second, while A-SOC runs).
    pub unsealed: u64,
    /// What is wrong, naming the entry; empty where `ok`.
    pub faults: Vec<String>,
}

/// GET /v1/health: one line an agent.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AgentHealth {
    /// Its name.
    pub agent: String,
    /// Messages waiting for it.
    pub waiting: u64,
    /// Messages set aside after too many failures.
    pub dead: u64,
    /// Decisions since the start.
    pub decisions: u64,
    /// Failures since the start.
    pub failures: u64,
    /// Median and 99th percentile of a decision's duration since the start, milliseconds.
    pub p50_ms: f64,
    /// See `p50_ms`.
    pub p99_ms: f64,
    /// The last failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<String>,
}

/// GET /v1/health.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// One a line.
    pub agents: Vec<AgentHealth>,
    /// Which parts serve: `store` -> `sqlite`, `policy` -> `in-process`, `account` -> `sandbox`.
    pub parts: BTreeMap<String, String>,
    /// Parts that serve less well than they should, and why: `policy` -> `OPA cannot be reached`.
    pub degraded: BTreeMap<String, String>,
    /// Version of the program.
    pub version: String,
}

/// GET /v1/incidents/{id}/events: raw evidence.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Events {
    /// The events of the incident's findings.
    pub events: Vec<Event>,
}

/// GET /v1/findings/{id}: why a finding was made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FindingDetail {
    /// The finding.
    pub finding: Finding,
    /// The event that it is about; absent where the store keeps it no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
}

/// GET /v1/quarantine.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Quarantine {
    /// Newest first.
    pub records: Vec<Quarantined>,
}

/// GET /v1/drills.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Drill {
    /// Its name, for `asoc drill NAME`.
    pub name: String,
    /// What it plays.
    pub title: String,
    /// How many events it has.
    pub events: u32,
}

/// POST /v1/drills/{name}.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DrillStart {
    /// How many times faster than it happened; 0 plays all at once.
    #[serde(default = "one")]
    pub speed: f64,
}

fn one() -> f64 {
    1.0
}

/// POST /v1/people.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct NewPerson {
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Their own principals in AWS.
    #[serde(default)]
    pub principals: Vec<String>,
}

/// Answer to POST /v1/people.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PersonAdded {
    /// The person.
    pub person: Person,
    /// A link that signs them in once, within a day.
    pub link: String,
}

/// What a vote led to.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct VoteCounted {
    /// How the request ended, if this vote ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// How many more people must agree.
    pub missing: u8,
}
