//! The host's part: one decision, recorded once and carried out once.

use std::time::Instant;

use domain::{Digest, Message, MessageId, Party, Time};
use thiserror::Error;
use tracing::{Instrument, Span, field::Empty};

use crate::{AccountError, Agent, Call, Commit, Ctx, DecisionRecord, Observed, Seen, StoreError, faults};

/// How often a decision is gathered anew because the state changed under it.
const CONFLICTS: u32 = 16;

/// Why an invocation failed.
#[derive(Debug, Error)]
#[error("{agent}: {source:#}")]
pub struct InvokeError {
    /// Who failed.
    pub agent: &'static str,
    /// Whether another try may help.
    pub fault: Fault,
    /// Why.
    pub source: anyhow::Error,
}

/// Whether another try may help. The workflow's retriers name these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Another try may help.
    Transient,
    /// It will not.
    Permanent,
}

impl Fault {
    /// The error's name in the States Language.
    pub fn as_str(self) -> &'static str {
        match self {
            Fault::Transient => "Transient",
            Fault::Permanent => "Permanent",
        }
    }
}

/// Whether another try may help: the one place where this is told apart. What is not known to be transient is not.
pub fn is_transient(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        matches!(cause.downcast_ref(), Some(StoreError::Unavailable(_)))
            || matches!(cause.downcast_ref(), Some(AccountError::Unavailable(_)))
            || cause.is::<Conflicted>()
    })
}

#[derive(Debug, Error)]
#[error("the state changed {CONFLICTS} times while this was being decided")]
struct Conflicted;

/// Asks an agent, under an idempotency key. The first time it gathers, decides, and the decision is committed; any
/// further time the recorded answer is given. Calls are made after the commit, and again only if it is not on record
/// that they were all made.
pub async fn invoke<A: Agent>(
    agent: &A,
    ctx: &Ctx,
    key: &str,
    cause: Option<MessageId>,
    input: A::Input,
) -> Result<A::Output, InvokeError> {
    // At the level of errors, so that whatever is logged within it says whose it is.
    let span = tracing::error_span!(
        "agent",
        otel.name = A::NAME.as_str(),
        otel.status_code = Empty,
        asoc.agent = A::NAME.as_str(),
        asoc.key = key,
        asoc.correlation_id = Empty
    );
    let begin = Instant::now();
    let result = decide_once(agent, ctx, key, cause, &input).instrument(span.clone()).await;
    let result = result.map_err(|source| InvokeError {
        agent: A::NAME.as_str(),
        fault: if is_transient(&source) { Fault::Transient } else { Fault::Permanent },
        source,
    });
    if result.is_err() {
        span.record("otel.status_code", "ERROR");
    }
    if let Some(observer) = &ctx.observer {
        let failure = result.as_ref().err().map(|error| (error.fault, error.to_string()));
        observer(Seen::Ended { agent: A::NAME, took: begin.elapsed(), failure });
    }
    result
}

async fn decide_once<A: Agent>(
    agent: &A,
    ctx: &Ctx,
    key: &str,
    cause: Option<MessageId>,
    input: &A::Input,
) -> anyhow::Result<A::Output> {
    for _ in 0..CONFLICTS {
        if let Some(record) = ctx.store.decision(A::NAME, key).await? {
            carry_out(ctx, &record).await?;
            return Ok(serde_json::from_value(record.output)?);
        }
        let facts = agent.gather(ctx, input).await?;
        let evidence = Observed { now: ctx.clock.now(), facts };
        let decision = agent.decide(input, &evidence).recorded()?;

        if A::NAME != Party::Response && decision.calls.iter().any(|c| matches!(c, Call::Account { .. })) {
            anyhow::bail!("only response may change the account");
        }
        let seen = serde_json::to_vec(&evidence)?;
        let record = DecisionRecord {
            agent: A::NAME,
            key: key.to_owned(),
            time: evidence.now,
            input: serde_json::to_value(input)?,
            evidence: Digest::of(&seen),
            decision: decision.digest(),
            output: decision.output,
            calls: decision.calls,
            carried_out: false,
            policies: ctx.policies.clone(),
        };
        let messages = address(&record, cause.as_ref(), decision.messages);
        if let Some(message) = messages.first() {
            Span::current().record("asoc.correlation_id", &message.correlation_id);
        }
        if let Some(observer) = &ctx.observer {
            observer(Seen::Deciding(&record, &messages));
        }
        faults::point("before commit");
        match ctx.store.commit(&record, &seen, &decision.writes, &messages).await? {
            Commit::Committed => {
                faults::point("after commit");
                if let Some(observer) = &ctx.observer {
                    observer(Seen::Decided(&decision.writes, &messages));
                }
                tracing::debug!("decided");
                carry_out(ctx, &record).await?;
                return Ok(serde_json::from_value(record.output)?);
            }
            Commit::Decided | Commit::Conflict => {}
        }
    }
    Err(Conflicted.into())
}

/// Makes the calls of decisions made before this time that a crash left half carried out. Whoever made such a decision must not be
/// at it any more.
/// Calls to the account are left to the workflow: if it still runs it asks response again, which looks before it sends;
/// if it has ended, what it had wanted long ago must not be sent now. A call that fails is logged and left.
pub async fn resume(ctx: &Ctx, before: Time) -> anyhow::Result<usize> {
    let mut made = 0;
    for record in ctx.store.unfinished().await? {
        if record.agent == Party::Response || record.time > before {
            continue;
        }
        match carry_out(ctx, &record).await {
            Ok(()) => made += 1,
            Err(error) => {
                let error = format!("{error:#}");
                tracing::error!(
                    agent = record.agent.as_str(),
                    key = record.key,
                    error,
                    "a call is still to be made"
                );
            }
        }
    }
    Ok(made)
}

/// Gives drafts their ids, which depend on nothing but the decision, and their time.
fn address(record: &DecisionRecord, cause: Option<&MessageId>, drafts: Vec<domain::Draft>) -> Vec<Message> {
    drafts
        .into_iter()
        .enumerate()
        .map(|(place, draft)| Message {
            message_id: MessageId(format!(
                "msg-{}",
                Digest::of_json(&(record.agent, &record.key, place)).short()
            )),
            correlation_id: draft.correlation_id,
            causation_id: cause.cloned(),
            sender: record.agent,
            receiver: draft.receiver,
            time: record.time,
            risk_score: draft.risk.map(domain::Risk::score),
            payload: draft.payload,
        })
        .collect()
}

async fn carry_out(ctx: &Ctx, record: &DecisionRecord) -> anyhow::Result<()> {
    if record.carried_out || record.calls.is_empty() {
        return Ok(());
    }
    for call in &record.calls {
        faults::point("before call");
        match call {
            Call::Start { machine, name, input } => ctx.workflows.start(machine, name, input.clone()).await?,
            Call::Settle { execution, output } => {
                ctx.workflows.settle(execution, record.time, output.clone()).await?;
            }
            Call::Account { step, write } => match ctx.account.write(write).await {
                Ok(()) => {}
                Err(error @ AccountError::Refused { .. }) => {
                    ctx.store.put_refusal(step, &error.to_string()).await?
                }
                Err(error @ AccountError::Unavailable(_)) => return Err(error.into()),
            },
        }
        faults::point("after call");
    }
    ctx.store.carried_out(record.agent, &record.key).await?;
    Ok(())
}
