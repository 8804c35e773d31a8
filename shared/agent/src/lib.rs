//! The one shape of all agents.
//!
//! An agent first *gathers*: it reads, and only reads, the facts it needs. Then it *decides*: a pure function of its
//! input and those facts, which returns what to write, what to say and what to call as values. The host ([`invoke`])
//! records the decision with its evidence, and carries it out, once.
//!
//! An agent cannot tell where it runs. All it knows of the outside are the [`ports`].

pub mod faults;
pub mod figures;
mod invoke;
pub mod observe;
pub mod policies;
pub mod ports;
#[cfg(feature = "proofs")]
pub mod proofs;
pub mod task;

use std::{future::Future, ops::Deref, sync::Arc};

use domain::{
    BlastRadius, Digest, Draft, Event, Finding, Incident, LedgerEntry, Message, Party, Quarantined, Time,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

pub use invoke::{Fault, InvokeError, invoke, is_transient, resume};
pub use observe::{Observer, Seen};
pub use policies::Policies;
pub use ports::{
    Account, AccountError, Clock, Commit, Model, ModelError, Policy, Store, StoreError, Workflows,
};

/// An agent: what it reads, and what it makes of it.
pub trait Agent: Send + Sync + 'static {
    /// Who it is, as sender of its messages.
    const NAME: Party;
    /// What it is asked.
    type Input: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;
    /// The facts its decision uses. Recorded; a replay decides on them again.
    type Evidence: Serialize + DeserializeOwned + Send + Sync + 'static;
    /// What it answers to who asked.
    type Output: Serialize + DeserializeOwned + Send + Sync + 'static;

    /// Reads the facts. Must not change anything anywhere.
    fn gather(
        &self,
        ctx: &Ctx,
        input: &Self::Input,
    ) -> impl Future<Output = anyhow::Result<Self::Evidence>> + Send;

    /// Decides. Pure: no I/O, no clock, no randomness; the same input and evidence give the same decision.
    fn decide(&self, input: &Self::Input, evidence: &Observed<Self::Evidence>) -> Decision<Self::Output>;

    /// What a message from its queue asks it; nothing, if it is not for this agent.
    fn hear(_message: &Message) -> Option<Self::Input> {
        None
    }

    /// Fetches what recorded evidence holds by digest only, before a replay. Most evidence holds everything.
    fn reload(
        &self,
        _ctx: &Ctx,
        _evidence: &mut Self::Evidence,
    ) -> impl Future<Output = anyhow::Result<()>> + Send {
        async { Ok(()) }
    }
}

/// Evidence with the time at which it was complete: the only clock a decision sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observed<E> {
    /// The present, as far as the decision is concerned.
    pub now: Time,
    /// The facts.
    pub facts: E,
}

impl<E> Deref for Observed<E> {
    type Target = E;
    fn deref(&self) -> &E {
        &self.facts
    }
}

/// What an agent decided: everything as values, nothing done yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision<O> {
    /// The answer to who asked.
    pub output: O,
    /// State changes. They commit in one transaction, together with the messages.
    pub writes: Vec<Write>,
    /// What it says.
    pub messages: Vec<Draft>,
    /// What reaches outside the store. Made after the commit, in order; each is safe to make twice.
    pub calls: Vec<Call>,
}

impl<O> Decision<O> {
    /// A decision that only answers.
    pub fn answer(output: O) -> Self {
        Self { output, writes: Vec::new(), messages: Vec::new(), calls: Vec::new() }
    }

    /// And writes this.
    pub fn write(mut self, write: Write) -> Self {
        self.writes.push(write);
        self
    }

    /// And says this.
    pub fn say(mut self, draft: Draft) -> Self {
        self.messages.push(draft);
        self
    }

    /// And calls this.
    pub fn call(mut self, call: Call) -> Self {
        self.calls.push(call);
        self
    }
}

impl<O: Serialize> Decision<O> {
    /// The same with its answer as JSON, as it goes on record.
    pub(crate) fn recorded(self) -> serde_json::Result<Decision<Value>> {
        let Self { output, writes, messages, calls } = self;
        Ok(Decision { output: serde_json::to_value(output)?, writes, messages, calls })
    }
}

impl Decision<Value> {
    /// What the record says of the whole. Here, not where an agent is asked, so that it is compiled once and as this crate is.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of_json(self)
    }
}

/// A state change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "write", content = "value", rename_all = "snake_case")]
pub enum Write {
    /// New events.
    Events(Vec<Event>),
    /// Records that could not be read.
    Quarantine(Vec<Quarantined>),
    /// A finding; one that exists stays as it is.
    Finding(Box<Finding>),
    /// An incident at its new version: the stored one must be exactly one version behind (absent for version 1), or
    /// the commit is a conflict and the agent gathers again.
    Incident(Box<Incident>),
    /// The latest blast radius of an incident.
    BlastRadius(Box<BlastRadius>),
    /// The next links of the ledger: the first must follow the stored head, or the commit is a conflict.
    Ledger(Vec<LedgerEntry>),
    /// A state at its new version: the stored one must be exactly one version behind (absent or expired for version 1), or
    /// the commit is a conflict and the agent gathers again.
    State(State),
}

/// What an agent remembers from one decision to the next, under a key of its own, until it expires.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Its name: `baseline/…`.
    pub key: String,
    /// 1, and one more with each write.
    pub version: u64,
    /// What is remembered. Its writer bounds its size.
    pub value: Value,
    /// From when on it counts as absent.
    pub expires: Time,
}

impl State {
    /// What follows the state that was read under this key, if one was.
    pub fn after(read: Option<&State>, key: String, value: Value, expires: Time) -> Self {
        Self { key, version: read.map_or(0, |state| state.version) + 1, value, expires }
    }
}

/// Something done outside the store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Call {
    /// Start a workflow. Starting one whose name exists already does nothing.
    Start {
        /// The machine: `incident`, `undo`.
        machine: String,
        /// The execution's name, unique.
        name: String,
        /// Its input.
        input: Value,
    },
    /// Answer the task token for which an execution waits. Who holds the token is the host's business: agents, and
    /// what they record, never see one.
    Settle {
        /// The execution's name.
        execution: String,
        /// The task's result.
        output: Value,
    },
    /// Change the account. Only response decides this. A refusal for good is kept as the outcome of `step`, and is
    /// evidence for the next decision.
    Account {
        /// Names this step: the action's id and the step's place.
        step: String,
        /// The call.
        write: domain::AccountWrite,
    },
}

/// A decision as it is recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// Who decided.
    pub agent: Party,
    /// The idempotency key: a message's id, or an execution's name with the state and when it was entered.
    pub key: String,
    /// When.
    pub time: Time,
    /// What was asked.
    pub input: Value,
    /// Digest of the evidence, which stands in the archive as JSON of [`Observed`].
    pub evidence: Digest,
    /// What was answered.
    pub output: Value,
    /// Digest of the whole decision: output, writes, messages and calls.
    pub decision: Digest,
    /// What is to be called.
    pub calls: Vec<Call>,
    /// Whether the calls were all made.
    pub carried_out: bool,
    /// Digest of the policies in force.
    pub policies: Digest,
}

impl DecisionRecord {
    /// What the ledger attests: who decided what, when, on which evidence and under which policies.
    pub fn digest(&self) -> Digest {
        Digest::of_json(&(
            (self.agent, &self.key, self.time, &self.input),
            (&self.evidence, &self.output, &self.decision, &self.policies),
        ))
    }
}

/// The outside, as an agent sees it.
#[derive(Clone)]
pub struct Ctx {
    /// Events, findings, incidents, messages, ledger, archive.
    pub store: Arc<dyn Store>,
    /// The AWS account that is watched.
    pub account: Arc<dyn Account>,
    /// The authorization policy.
    pub policy: Arc<dyn Policy>,
    /// Executions of the workflow.
    pub workflows: Arc<dyn Workflows>,
    /// A language model, where one is set up.
    pub model: Option<Arc<dyn Model>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Digest of everything under `policies/` that is in force.
    pub policies: Digest,
    /// Who watches, where somebody does.
    pub observer: Option<Observer>,
}
