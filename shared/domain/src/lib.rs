//! The nouns of A-SOC: what an event, a finding, an incident, a plan and a ledger entry are.
//!
//! Nothing here does I/O, reads a clock or draws a random number. Every type has one JSON form, which is what
//! the store keeps, what travels between agents and what the dashboard's TypeScript types are generated from.

pub mod account;
pub mod action;
pub mod approval;
pub mod attack;
pub mod credential;
pub mod delivery;
pub mod digest;
pub mod event;
pub mod execution;
pub mod finding;
pub mod graph;
pub mod id;
pub mod incident;
pub mod ledger;
pub mod message;
pub mod opinion;
pub mod person;
pub mod plan;
pub mod principal;
pub mod resource;
pub mod risk;
pub mod time;
pub mod undo;
pub mod verdict;
pub mod visible;

pub use account::{AccountWrite, Inventory};
pub use action::{Action, ActionRecord, ActionState, Facets, Step, StepOutcome, UndoRequest};
pub use approval::{Approval, ApprovalRequest, Ballot, Outcome, Refusal, Vote};
pub use attack::Technique;
pub use credential::{Credential, LastingCredential};
pub use delivery::{Delivery, DeliveryReceipt, Quarantined};
pub use digest::Digest;
pub use event::{Event, EventClass, EventOutcome, Source};
pub use execution::{Execution, ExecutionEvent};
pub use finding::{Finding, Level};
pub use graph::BlastRadius;
pub use id::{ActionId, EventId, FindingId, IncidentId, MessageId};
pub use incident::{Incident, Receipt, Status};
pub use ledger::{Checkpoint, LedgerEntry};
pub use message::{Draft, Message, Party, Payload};
pub use opinion::{Case, Opined, Opinion, Quote, Raise, Usage};
pub use person::{Person, Role};
pub use plan::{Plan, PlannedAction};
pub use principal::{Principal, PrincipalKind};
pub use resource::{Resource, ResourceKind};
pub use risk::{Contribution, Risk};
pub use time::Time;
pub use undo::UndoRefusal;
pub use verdict::{Effect, Verdict};
pub use visible::visible;
