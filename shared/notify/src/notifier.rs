//! Who is told what, and when.

use std::sync::Arc;

use agent::{Ctx, ports::Logged};
use anyhow::anyhow;
use domain::{IncidentId, Message, Payload, Status, message::Severity};
use reqwest::Url;
use serde_json::{Value, json};

use crate::{
    Facts, PagerDuty, Sent, Slack,
    line::{Line, line},
    pagerduty, slack,
};

/// Tells people, wherever they want to be told.
pub struct Notifier {
    /// Slack, where it is set up.
    pub slack: Option<Slack>,
    /// PagerDuty, where it is set up.
    pub pagerduty: Option<PagerDuty>,
    /// What was sent already.
    pub sent: Arc<dyn Sent>,
    /// The dashboard's address, where links to it are wanted.
    pub origin: Option<Url>,
}

impl Notifier {
    /// Whether people are told of such a message.
    pub fn is_worth_telling(message: &Message) -> bool {
        line(message).is_some() || pagerduty::is_called_for(message) || renews(message)
    }

    /// Tells of messages that stand together in the log. Of each incident among them it is said at once.
    ///
    /// # Errors
    /// What was not taken, by whom. The same messages told again are said only to who was not told.
    pub async fn tell(&self, ctx: &Ctx, messages: &[Logged]) -> anyhow::Result<()> {
        let mut faults = Vec::new();
        let worth: Vec<_> =
            messages.iter().map(|logged| &logged.message).filter(|m| Self::is_worth_telling(m)).collect();
        for group in worth.chunk_by(|a, b| a.correlation_id == b.correlation_id) {
            let [first, ..] = group else { continue };
            let facts = Facts::read(ctx, &IncidentId::from(first.correlation_id.as_str())).await?;
            faults.extend(self.tell_slack(ctx, facts.as_ref(), group).await.err());
            faults.extend(self.call(facts.as_ref(), group).await.err());
        }
        if faults.is_empty() {
            return Ok(());
        }
        let faults: Vec<_> = faults.iter().map(|fault| format!("{fault:#}")).collect();
        Err(anyhow!("people were not told of everything: {}", faults.join("; ")))
    }

    async fn tell_slack(
        &self,
        ctx: &Ctx,
        facts: Option<&Facts>,
        messages: &[&Message],
    ) -> anyhow::Result<()> {
        let (Some(slack), [first, ..]) = (&self.slack, messages) else { return Ok(()) };
        let key = format!("slack/{}", first.message_id);
        if self.sent.is_claimed(&key).await? {
            return Ok(());
        }
        match facts {
            Some(facts) => self.follow(slack, ctx, facts, messages).await?,
            None => {
                let lines: Vec<_> = lines(messages).filter(|line| line.is_loud).collect();
                if !lines.is_empty() {
                    slack.say(None, &lines, metadata(first)).await?;
                }
            }
        }
        self.sent.claim(&key, ctx.clock.now()).await?;
        Ok(())
    }

    /// Brings an incident's first message up to date, and says in its thread what is new.
    async fn follow(
        &self,
        slack: &Slack,
        ctx: &Ctx,
        facts: &Facts,
        messages: &[&Message],
    ) -> anyhow::Result<()> {
        let [first, ..] = messages else { return Ok(()) };
        let (incident, metadata) = (&facts.incident, metadata(first));
        let mut lines: Vec<_> = lines(messages).collect();
        let card = slack::card(facts, self.origin.as_ref());
        let thread = match self.sent.thread(&incident.id).await? {
            Some(thread) => {
                slack.renew(&thread, &card, metadata.clone()).await?;
                thread
            }
            // What was only opened may be noted in a second; it is told with the first thing that comes of it.
            None if incident.status == Status::Open && !lines.iter().any(|line| line.is_loud) => {
                return Ok(());
            }
            None => {
                let posted = slack.begin(&card, metadata.clone()).await?;
                let kept = self.sent.keep_thread(&incident.id, &posted, ctx.clock.now()).await?;
                if kept != posted {
                    // Another of us began a thread at the same time.
                    slack.delete(&posted).await?;
                }
                // The first message asks already, and asks all.
                lines.retain(|line| !line.is_request);
                kept
            }
        };
        if !lines.is_empty() {
            slack.say(Some(&thread), &lines, metadata).await?;
        }
        Ok(())
    }

    async fn call(&self, facts: Option<&Facts>, messages: &[&Message]) -> anyhow::Result<()> {
        let (Some(pagerduty), Some(facts)) = (&self.pagerduty, facts) else { return Ok(()) };
        for message in messages.iter().filter(|message| pagerduty::is_called_for(message)) {
            let key = format!("pagerduty/{}", message.message_id);
            if !self.sent.is_claimed(&key).await? {
                pagerduty.tell(facts, message, self.origin.as_ref()).await?;
                self.sent.claim(&key, facts.now).await?;
            }
        }
        Ok(())
    }
}

/// Whether an incident's first message shows something else after it.
fn renews(message: &Message) -> bool {
    match &message.payload {
        Payload::ActionUpdate(_) | Payload::Verdict(_) => true,
        Payload::Notice(notice) => notice.severity == Severity::Error,
        _ => false,
    }
}

fn lines<'a>(messages: &'a [&Message]) -> impl Iterator<Item = Line> + 'a {
    messages.iter().filter_map(|message| line(message))
}

/// What a program can know a post by, such as one that was posted twice.
fn metadata(message: &Message) -> Value {
    json!({
        "event_type": "asoc_message",
        "event_payload": { "message_id": message.message_id, "correlation_id": message.correlation_id },
    })
}
