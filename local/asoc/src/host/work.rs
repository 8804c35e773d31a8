//! What runs by itself: the queues are worked off, messages are sealed and heads signed.

use std::time::{Duration, Instant};

use agent::{Agent, Fault, InvokeError, Store, invoke};
use compliance::{Compliance, checkpoint};
use domain::{Message, MessageId, Party, message::Severity};
use store::Queued;
use tracing::{Instrument, Span};

use super::Host;

/// A message that fails for a passing reason is tried so often.
const ATTEMPTS: u64 = 20;
/// A message taken from a queue is hidden for so many seconds.
const HIDDEN: i64 = 120;
/// At least so long between two checkpoints.
const CHECKPOINT: Duration = Duration::from_secs(5);
/// How often to look for what became due without anybody saying so.
const TICK: Duration = Duration::from_secs(1);
/// How often old events are forgotten, and how long after the start or a failure.
const TIDY: Duration = Duration::from_secs(24 * 3600);
const TIDY_FIRST: Duration = Duration::from_secs(3600);

impl Host {
    /// Takes messages from a queue, one after the other.
    pub(super) async fn drain(self, receiver: Party) {
        let mut newest = self.store.watch();
        while !self.stop.is_cancelled() {
            let now = self.now();
            let taken = self.store.take(receiver, now, now.plus_seconds(HIDDEN)).await;
            if taken.is_ok() {
                self.beat(receiver);
            }
            match taken {
                Ok(Some(queued)) => {
                    let span = self.span(receiver, &queued);
                    self.work(receiver, queued).instrument(span).await;
                }
                Ok(None) => self.pause(&mut newest).await,
                Err(error) => {
                    tracing::error!(%error, receiver = receiver.as_str(), "the queue does not answer");
                    self.until_it_answers(receiver).await;
                }
            }
        }
    }

    fn span(&self, receiver: Party, queued: &Queued) -> Span {
        let message = &queued.message;
        let span = tracing::error_span!(
            "queue",
            otel.name = format!("receive {}", message.payload.kind()),
            otel.kind = "consumer",
            asoc.receiver = receiver.as_str(),
            asoc.message_id = message.message_id.as_str(),
            asoc.correlation_id = message.correlation_id,
            asoc.attempts = queued.attempts
        );
        self.origins.follow(&span, message.message_id.as_str());
        span
    }

    /// Waits until the queue answers. A message may have been taken from it without our having been told.
    async fn until_it_answers(&self, receiver: Party) {
        while !self.stop.is_cancelled() {
            tokio::time::sleep(TICK).await;
            if self.store.reappear(receiver).await.is_ok() {
                return;
            }
        }
    }

    async fn work(&self, receiver: Party, queued: Queued) {
        let id = queued.message.message_id.clone();
        let result = self.deliver_message(&queued.message).await;
        let kept = match result {
            Ok(()) => self.store.done(receiver, queued.seq).await,
            Err(error) => {
                tracing::error!(%error, receiver = receiver.as_str(), seq = queued.seq, "a message failed");
                let again = error.fault == Fault::Transient && queued.attempts < ATTEMPTS;
                let pause = 1i64 << queued.attempts.min(6);
                let visible = again.then(|| self.now().plus_seconds(pause));
                if visible.is_none() {
                    self.tell_of_dead(receiver, &id, &error).await;
                }
                self.store.failed(receiver, queued.seq, visible, &error.to_string()).await
            }
        };
        if let Err(error) = kept {
            tracing::error!(%error, "a queue could not be brought up to date; its message comes again");
            self.until_it_answers(receiver).await;
        }
    }

    /// Tells people of a message that nobody will work on before the next start.
    async fn tell_of_dead(&self, receiver: Party, id: &MessageId, error: &InvokeError) {
        let text = format!(
            "{} could not work on message {id}, and it is set aside: {error}. Put that right and restart A-SOC, which tries \
             it again.",
            receiver.as_str()
        );
        if let Err(error) = console::remark::record(&self.ctx, id.as_str(), Severity::Error, text).await {
            tracing::error!(error = format!("{error:#}"), "nobody could be told of a message set aside");
        }
    }

    async fn deliver_message(&self, message: &Message) -> Result<(), InvokeError> {
        match message.receiver {
            Party::Detection => self.tell(&self.detection, message).await,
            Party::Supervisor => self.tell(&self.supervisor, message).await,
            _ => Ok(()),
        }
    }

    async fn tell<A: Agent>(&self, agent: &A, message: &Message) -> Result<(), InvokeError> {
        let Some(input) = A::hear(message) else { return Ok(()) };
        let id = message.message_id.clone();
        invoke(agent, &self.ctx, &id.0.clone(), Some(id), input).await.map(drop)
    }

    /// From now on, events older than this many days are forgotten once a day.
    pub fn forget_after(&self, days: u32) {
        let host = self.clone();
        self.tasks.spawn(async move {
            // What is in hand at the start may speak of old events.
            let mut pause = TIDY_FIRST;
            while let Err(_elapsed) = tokio::time::timeout(pause, host.stop.cancelled()).await {
                pause = match host.store.tidy(host.now(), days).await {
                    Ok(gone) => {
                        tracing::info!(gone, days, "old events are forgotten");
                        TIDY
                    }
                    Err(error) => {
                        tracing::error!(%error, "old events could not be forgotten");
                        TIDY_FIRST
                    }
                };
            }
        });
    }

    /// Seals messages as they come, and signs checkpoints.
    pub(super) async fn seal(self) {
        let mut newest = self.store.watch();
        let mut signed: Option<Instant> = None;
        while !self.stop.is_cancelled() {
            let due = signed.is_none_or(|at| at.elapsed() >= CHECKPOINT);
            match self.seal_all(due).await {
                Ok(true) => signed = Some(Instant::now()),
                Ok(false) => {}
                Err(error) => tracing::error!(error = format!("{error:#}"), "messages could not be sealed"),
            }
            self.pause(&mut newest).await;
        }
    }

    /// Seals all there is; then, if asked, signs the head, unless it is signed already. Says whether it signed.
    pub(super) async fn seal_all(&self, sign: bool) -> anyhow::Result<bool> {
        while let Some(key) = compliance::due(self.ctx()).await? {
            invoke(&Compliance, &self.ctx, &key, None, compliance::Input::Seal).await?;
        }
        if !sign {
            return Ok(false);
        }
        let Some((_, head)) = checkpoint::unsigned(&self.store).await? else { return Ok(false) };
        let checkpoint = self.notary.sign(&head, self.now());
        self.store.put_checkpoint(&checkpoint).await?;
        self.home.append("checkpoints.jsonl", &serde_json::to_string(&checkpoint)?)?;
        Ok(true)
    }

    /// Waits for something new, for a moment at most.
    async fn pause(&self, newest: &mut tokio::sync::watch::Receiver<u64>) {
        tokio::select! {
            _ = newest.changed() => {}
            () = tokio::time::sleep(TICK) => {}
            () = self.stop.cancelled() => {}
        }
    }
}
