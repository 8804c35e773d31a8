//! Slack: what is posted, and what people answer.

mod blocks;
mod card;
mod interaction;
mod modal;
mod signature;

use reqwest::Url;
use serde_json::{Value, json};

use crate::{Facts, Fault, Http, SlackSettings, Thread, http::Patience, line::Line, text::escaped};
use blocks::section;
pub use card::Card;
pub use interaction::{Asked, Asks, Interaction, InteractionError};
pub use modal::told;
pub use signature::{SignatureError, TOLERANCE_SECONDS, sign};

const SERVICE: &str = "Slack";
/// Letters of a message's text, which is what notifications show.
const TEXT: usize = 3000;

/// Slack, as an app that was installed in a workspace.
#[derive(Clone, Debug)]
pub struct Slack {
    http: Http,
    /// As whom, and where.
    pub settings: SlackSettings,
}

impl Slack {
    /// With these settings.
    pub fn new(http: Http, settings: SlackSettings) -> Self {
        Self { http, settings }
    }

    /// Posts an incident's card, which begins its thread.
    pub(crate) async fn begin(&self, card: &Card, metadata: Value) -> Result<Thread, Fault> {
        let mut post = self.post(&self.settings.channel, &card.text);
        post["blocks"] = json!(card.blocks);
        let answer = self.call("chat.postMessage", announce(post, metadata), Patience::Long).await?;
        let field = |name: &str| answer[name].as_str().map(str::to_owned);
        let thread = field("channel").zip(field("ts")).map(|(channel, ts)| Thread { channel, ts });
        thread.ok_or_else(|| Fault::Unavailable(SERVICE, "its answer does not say where it posted".into()))
    }

    /// Shows the incident as it stands now.
    pub(crate) async fn renew(&self, thread: &Thread, card: &Card, metadata: Value) -> Result<(), Fault> {
        let mut update = self.post(&thread.channel, &card.text);
        update["ts"] = json!(thread.ts);
        update["blocks"] = json!(card.blocks);
        update["metadata"] = metadata;
        match self.call("chat.update", update, Patience::Long).await {
            // Somebody deleted it. What is said in its thread is still read.
            Err(Fault::Refused(_, why))
                if matches!(why.as_str(), "message_not_found" | "cant_update_message") =>
            {
                tracing::warn!(slack.error = why, "an incident's message in Slack is gone");
                Ok(())
            }
            other => other.map(drop),
        }
    }

    /// Says something: in an incident's thread, or else in the channel. What is loud is shown in the channel as well.
    pub(crate) async fn say(
        &self,
        thread: Option<&Thread>,
        lines: &[Line],
        metadata: Value,
    ) -> Result<(), Fault> {
        let texts: Vec<_> = lines.iter().map(|line| line.text.clone()).collect();
        let channel = thread.map_or(&self.settings.channel, |thread| &thread.channel);
        let mut post = self.post(channel, &texts.join(" "));
        post["blocks"] = json!([section(&texts).block]);
        if let Some(thread) = thread {
            post["thread_ts"] = json!(thread.ts);
            if lines.iter().any(|line| line.is_loud) {
                post["reply_broadcast"] = json!(true);
            }
        }
        self.call("chat.postMessage", announce(post, metadata), Patience::Long).await.map(drop)
    }

    /// Takes back what was posted twice.
    pub(crate) async fn delete(&self, thread: &Thread) -> Result<(), Fault> {
        let body = json!({ "channel": thread.channel, "ts": thread.ts });
        self.call("chat.delete", body, Patience::Long).await.map(drop)
    }

    /// Tells one person something, where they are.
    ///
    /// # Errors
    /// If Slack does not take it.
    pub async fn tell(&self, channel: &str, user: &str, text: &str) -> Result<(), Fault> {
        let mut body = self.post(channel, text);
        body["user"] = json!(user);
        self.call("chat.postEphemeral", body, Patience::Short).await.map(drop)
    }

    /// Asks a person why they reject.
    ///
    /// # Errors
    /// If Slack does not take it, as it does three seconds after the click.
    pub async fn ask_reason(&self, trigger: &str, asked: &Asked) -> Result<(), Fault> {
        let body = json!({ "trigger_id": trigger, "view": modal::reason(asked) });
        self.call("views.open", body, Patience::Short).await.map(drop)
    }

    /// A message in which Slack finds nothing but text.
    fn post(&self, channel: &str, text: &str) -> Value {
        let text = escaped(text, TEXT);
        json!({ "channel": channel, "text": text, "parse": "none", "link_names": false })
    }

    async fn call(&self, method: &str, body: Value, patience: Patience) -> Result<Value, Fault> {
        let url = self.method(method)?;
        let answer = self.http.post(SERVICE, &url, Some(&self.settings.bot_token), &body, patience).await?;
        if answer["ok"] == true {
            return Ok(answer);
        }
        // A name, such as `channel_not_found`. Slack's other words are left out: they may repeat what was sent.
        let name = answer["error"].as_str().unwrap_or_default();
        let is_name = name.len() <= 60 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let name = if is_name { name } else { "an error without a name" };
        Err(match name {
            "ratelimited" | "internal_error" | "fatal_error" | "service_unavailable" | "request_timeout" => {
                Fault::Unavailable(SERVICE, name.to_owned())
            }
            _ => Fault::Refused(SERVICE, name.to_owned()),
        })
    }

    fn method(&self, name: &str) -> Result<Url, Fault> {
        let url = self.settings.api.join(name);
        url.map_err(|_| Fault::Refused(SERVICE, "its address is none".into()))
    }
}

fn announce(mut post: Value, metadata: Value) -> Value {
    for name in ["mrkdwn", "unfurl_links", "unfurl_media"] {
        post[name] = json!(false);
    }
    post["metadata"] = metadata;
    post
}

/// How an incident is shown. With the dashboard's address, it links there.
pub(crate) fn card(facts: &Facts, origin: Option<&Url>) -> Card {
    card::card(facts, origin)
}
