//! Messages of a queue. A message says where in the log it stands, and is read there: a queue's limit on size does not
//! matter, and nothing that could be forged in a queue is believed.

use std::{collections::HashSet, future::Future};

use agent::{Agent, Ctx, invoke, ports::Logged};
use anyhow::Context;
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::Diagnostic;
use serde::Deserialize;
use serde_json::Value;

use crate::function::to_value;

/// A row of the log, as the pipe announces it: with numbers as text, which is how a stream has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The place of its last message.
    pub seq: u64,
    /// How many messages it holds, at least one.
    pub count: u64,
}

#[derive(Deserialize)]
struct Announced {
    seq: String,
    count: String,
}

impl Reference {
    /// From a queue's message: the reference itself, or the event that carries it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(body: &str) -> anyhow::Result<Self> {
        let mut body: Value = serde_json::from_str(body).context("a queue's message is no JSON")?;
        let reference = match body.get_mut("detail") {
            Some(detail) => detail.take(),
            None => body,
        };
        let Announced { seq, count } =
            serde_json::from_value(reference).context("a queue's message is no reference to the log")?;
        let number =
            |text: &str| text.parse().context("a reference to the log has no number where one is due");
        Ok(Self { seq: number(&seq)?, count: number(&count)? })
    }

    /// Its messages.
    ///
    /// # Errors
    /// If the store does not answer, or does not hold them all.
    pub async fn messages(self, ctx: &Ctx) -> anyhow::Result<Vec<Logged>> {
        let count = usize::try_from(self.count)?;
        let messages = ctx.store.messages(self.seq.saturating_sub(self.count), count).await?;
        anyhow::ensure!(messages.len() == count, "the log does not hold the messages up to {} yet", self.seq);
        Ok(messages)
    }
}

/// Works off a batch, in order, and says which of it failed. Of a FIFO queue nothing after a failure is worked on, which would
/// overtake it.
pub async fn work<R>(batch: SqsEvent, one: impl Fn(SqsMessage) -> R) -> Result<Value, Diagnostic>
where
    R: Future<Output = anyhow::Result<()>>,
{
    let mut response = SqsBatchResponse::default();
    let mut blocked = HashSet::new();
    for message in batch.records {
        let id = message.message_id.clone().unwrap_or_default();
        let group = message.attributes.get("MessageGroupId").cloned();
        if group.as_ref().is_some_and(|group| blocked.contains(group)) {
            response.batch_item_failures.push(failure(id));
            continue;
        }
        if let Err(error) = one(message).await {
            tracing::error!(message = id, error = format!("{error:#}"), "a message failed; it comes again");
            response.batch_item_failures.push(failure(id));
            blocked.extend(group);
        }
    }
    to_value(&response)
}

/// Tells an agent what a reference refers to.
pub async fn hear<A: Agent>(ctx: &Ctx, agent: &A, message: SqsMessage) -> anyhow::Result<()> {
    let reference = Reference::read(&message.body.unwrap_or_default())?;
    for Logged { message, .. } in reference.messages(ctx).await? {
        let Some(input) = A::hear(&message) else { continue };
        let id = message.message_id;
        invoke(agent, ctx, &id.0.clone(), Some(id), input).await?;
    }
    Ok(())
}

fn failure(id: String) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = id;
    failure
}
