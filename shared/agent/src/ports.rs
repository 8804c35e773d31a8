//! The ports: one trait for each system outside.

use std::collections::BTreeSet;

use async_trait::async_trait;
use domain::{
    AccountWrite, BlastRadius, Case, Checkpoint, Digest, Event, EventId, Execution, Finding, FindingId,
    Incident, IncidentId, Inventory, LedgerEntry, Message, MessageId, Opined, Party, Quarantined, Status,
    Time, Verdict, account::Scope, verdict::Question,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::{DecisionRecord, State, Write};

/// Where state is kept.
#[async_trait]
pub trait Store: Send + Sync {
    /// The recorded decision under this key.
    async fn decision(&self, agent: Party, key: &str) -> Result<Option<DecisionRecord>, StoreError>;

    /// The recorded decision with this [`DecisionRecord::digest`].
    async fn decided(&self, digest: &Digest) -> Result<Option<DecisionRecord>, StoreError>;

    /// Commits a decision with all it writes and says, and its evidence, in one transaction; or, if the key was decided
    /// already or a write does not fit the stored version, nothing of it.
    async fn commit(
        &self,
        record: &DecisionRecord,
        evidence: &[u8],
        writes: &[Write],
        messages: &[Message],
    ) -> Result<Commit, StoreError>;

    /// Notes that a decision's calls were all made.
    async fn carried_out(&self, agent: Party, key: &str) -> Result<(), StoreError>;

    /// Decisions whose calls are not known to be all made, oldest first.
    async fn unfinished(&self) -> Result<Vec<DecisionRecord>, StoreError>;

    /// Keeps why the account refused a step; the first refusal stays.
    async fn put_refusal(&self, step: &str, error: &str) -> Result<(), StoreError>;

    /// Why the account refused a step, if it did.
    async fn refusal(&self, step: &str) -> Result<Option<String>, StoreError>;

    /// Which of these events are stored.
    async fn known_events(&self, ids: &[EventId]) -> Result<BTreeSet<EventId>, StoreError>;

    /// These events, in the order asked; unknown ids are left out.
    async fn events(&self, ids: &[EventId]) -> Result<Vec<Event>, StoreError>;

    /// Events by or on any of these subjects (principal ARNs, access key ids, resource ARNs, IP addresses) not older
    /// than `since`, oldest first; of more than `limit` the newest.
    async fn history(&self, subjects: &[String], since: Time, limit: usize)
    -> Result<Vec<Event>, StoreError>;

    /// These findings, in the order asked; unknown ids are left out.
    async fn findings(&self, ids: &[FindingId]) -> Result<Vec<Finding>, StoreError>;

    /// One incident.
    async fn incident(&self, id: &IncidentId) -> Result<Option<Incident>, StoreError>;

    /// Incidents, newest first.
    async fn incidents(&self, filter: &IncidentFilter) -> Result<Vec<Incident>, StoreError>;

    /// The latest blast radius of an incident.
    async fn blast_radius(&self, incident: &IncidentId) -> Result<Option<BlastRadius>, StoreError>;

    /// The states under these keys, in the order asked. One that has expired by `now` is absent.
    async fn states(&self, keys: &[String], now: Time) -> Result<Vec<Option<State>>, StoreError>;

    /// Quarantined records, newest first.
    async fn quarantine(&self, limit: usize) -> Result<Vec<Quarantined>, StoreError>;

    /// Messages after this place in the log, in order of the log.
    async fn messages(&self, after: u64, limit: usize) -> Result<Vec<Logged>, StoreError>;

    /// Messages before this place in the log, the newest `limit` of them, in order of the log.
    async fn messages_before(&self, before: u64, limit: usize) -> Result<Vec<Logged>, StoreError>;

    /// Messages with this correlation id, in order of the log; of more than `limit` the newest.
    async fn correlated(&self, correlation: &str, limit: usize) -> Result<Vec<Logged>, StoreError>;

    /// The place of the newest message in the log, 0 if there is none.
    async fn newest_message(&self) -> Result<u64, StoreError>;

    /// Messages that no ledger entry attests yet, in order of the log.
    async fn unsealed(&self, limit: usize) -> Result<Vec<Unsealed>, StoreError>;

    /// Ledger entries after this number, in order.
    async fn ledger(&self, after: u64, limit: usize) -> Result<Vec<LedgerEntry>, StoreError>;

    /// The newest ledger entry.
    async fn ledger_head(&self) -> Result<Option<LedgerEntry>, StoreError>;

    /// The message that a ledger entry attests, with the decision that emitted it.
    async fn attested(&self, message: &MessageId) -> Result<Option<Unsealed>, StoreError>;

    /// Keeps a checkpoint.
    async fn put_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), StoreError>;

    /// All checkpoints, oldest first.
    async fn checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError>;

    /// The newest checkpoint.
    async fn newest_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        Ok(self.checkpoints().await?.pop())
    }

    /// Keeps these bytes under their digest.
    async fn put_blob(&self, bytes: &[u8]) -> Result<Digest, StoreError>;

    /// The bytes with this digest. The digest is checked.
    async fn blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError>;
}

/// Which incidents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentFilter {
    /// Only those that share one of these keys; empty for any.
    pub keys: Vec<String>,
    /// Only those that stand at one of these; empty for any.
    pub statuses: Vec<Status>,
    /// Only those updated since.
    pub since: Option<Time>,
    /// At most so many; 0 for 100.
    pub limit: usize,
}

/// A message with its place in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Logged {
    /// Its place, counted up without order breaks; gaps are possible.
    pub seq: u64,
    /// The message.
    pub message: Message,
}

/// A message with the decision that emitted it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unsealed {
    /// The message.
    pub message: Message,
    /// [`DecisionRecord::digest`] of the decision that emitted it.
    pub decision: Digest,
    /// Digest of the policies in force then.
    pub policies: Digest,
}

/// What became of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// It is done.
    Committed,
    /// This key was decided before; nothing changed.
    Decided,
    /// Something changed since the evidence was read; nothing changed. Gather again.
    Conflict,
}

/// Why the store could not answer.
#[derive(Debug, Error)]
pub enum StoreError {
    /// It may answer later.
    #[error("the store does not answer: {0}")]
    Unavailable(String),
    /// It will not, however often it is asked: a right or a table is missing, or the request is not one it takes.
    #[error("the store refuses: {0}")]
    Refused(String),
    /// More was decided at once than it takes. The same again is too large again.
    #[error("this decision is too large to be stored at once ({0}): split what was asked and send the parts")]
    TooLarge(String),
    /// What it holds cannot be right.
    #[error("the store holds something unreadable ({what}): {why}")]
    Corrupt {
        /// Which record.
        what: String,
        /// Why it cannot be read.
        why: String,
    },
}

/// The AWS account that is watched: AWS itself, or the sandbox.
#[async_trait]
pub trait Account: Send + Sync {
    /// Reads part of the account. What does not exist is absent from the answer.
    async fn describe(&self, scope: &Scope) -> Result<Inventory, AccountError>;

    /// Sends one call. Sending the same call twice leaves the account as after the first.
    async fn write(&self, call: &AccountWrite) -> Result<(), AccountError>;
}

/// Why a call to the account failed.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum AccountError {
    /// It may succeed later (throttling, a time-out, a 5xx answer).
    #[error("the account does not answer for now: {0}")]
    Unavailable(String),
    /// It is refused for good.
    #[error("{code}: {message}")]
    Refused {
        /// AWS's error code, such as `NoSuchEntity`.
        code: String,
        /// AWS's message.
        message: String,
    },
}

/// Authorization.
#[async_trait]
pub trait Policy: Send + Sync {
    /// The policy's verdict. Who cannot get one must not act.
    async fn authorize(&self, question: &Question) -> anyhow::Result<Verdict>;
}

/// Executions of the workflow.
#[async_trait]
pub trait Workflows: Send + Sync {
    /// Starts an execution; does nothing if one of this name exists.
    async fn start(&self, machine: &str, name: &str, input: Value) -> anyhow::Result<()>;

    /// Completes the task for which an execution waits, if it waited already when this was decided: an answer that was
    /// delayed must not be taken for one to a later question.
    async fn settle(&self, execution: &str, decided: Time, output: Value) -> anyhow::Result<Settled>;

    /// An execution with its history.
    async fn execution(&self, name: &str) -> anyhow::Result<Option<Execution>>;
}

/// What became of an answer to a waiting execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The execution goes on.
    Accepted,
    /// It does not wait any more: answered before, timed out, or over.
    Gone,
}

/// A language model. What it is shown and what it says are hostile text; it is asked for an opinion and can do nothing.
#[async_trait]
pub trait Model: Send + Sync {
    /// What it makes of a case. Nothing is kept between two questions.
    async fn opine(&self, case: &Case) -> Result<Opined, ModelError>;
}

/// Why there is no opinion. None of these fails who asked.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum ModelError {
    /// It may answer later.
    #[error("the model does not answer: {0}")]
    Unavailable(String),
    /// It, or its provider, will not answer this.
    #[error("the model refuses: {0}")]
    Refused(String),
    /// What may be spent is spent.
    #[error("the model's budget is spent: {0}")]
    Budget(String),
    /// Its answer does not have the form of an opinion.
    #[error("the model's answer cannot be used: {0}")]
    Invalid(String),
}

/// The time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Time;
}
