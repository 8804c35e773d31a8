//! The live feed: each message goes to all who are connected; and what is worth it, to where people are told otherwise.

use agent::{Ctx, ports::Logged};
use anyhow::Context;
use aws::{Cloud, cloud, metrics, queue::Reference};
use aws_lambda_events::sqs::SqsMessage;
use aws_sdk_apigatewaymanagement::{Client, primitives::Blob};
use console::{api::Feed, routes::shown};
use futures::{StreamExt, stream};
use notify::Notifier;

use crate::{connections::Connections, figures::figures, notices::Notices};

/// Bytes that a message to a client may have; API Gateway takes 128 KB. Of anything larger only its place is told, and the client
/// reads it from there.
const FRAME: usize = 100 * 1024;
/// Clients that are told at the same time.
const TOGETHER: usize = 16;

/// Who is connected, and the way to them.
pub(crate) struct Broadcast {
    stack: String,
    sockets: Client,
    connections: Connections,
    notices: Notices,
}

impl Broadcast {
    pub(crate) fn new(cloud: &Cloud, connections: Connections, notices: Notices) -> anyhow::Result<Self> {
        let config = aws_sdk_apigatewaymanagement::config::Builder::from(cloud.sdk());
        let config = config.endpoint_url(cloud::setting("ASOC_SOCKET")?).build();
        Ok(Self { stack: cloud.stack().to_owned(), sockets: Client::from_conf(config), connections, notices })
    }

    pub(crate) fn stack(&self) -> &str {
        &self.stack
    }

    /// Tells everybody what a reference refers to. Slack and PagerDuty may fail, and then the message comes again: those who look
    /// at the dashboard are told before, and that they were is kept, so that they neither wait nor are told twice.
    pub(crate) async fn send(&self, ctx: &Ctx, message: SqsMessage) -> anyhow::Result<()> {
        let reference = Reference::read(&message.body.unwrap_or_default())?;
        let messages = reference.messages(ctx).await?;
        let is_told = messages.iter().any(|logged| Notifier::is_worth_telling(&logged.message));
        if !is_told || !self.notices.is_on() {
            return self.show(messages, reference.seq).await;
        }
        let (sent, key) = (self.notices.sent(), format!("feed/{}", reference.seq));
        if !sent.is_claimed(&key).await? {
            self.show(messages.clone(), reference.seq).await?;
            sent.claim(&key, ctx.clock.now()).await?;
        }
        self.notices.tell(ctx, &messages).await
    }

    /// Shows messages to all who are connected. One who is gone is forgotten; that one cannot be reached is no reason to tell the
    /// others twice.
    async fn show(&self, messages: Vec<Logged>, newest: u64) -> anyhow::Result<()> {
        for logged in &messages {
            metrics::emit(&self.stack, logged.message.time.millis(), &figures(&logged.message));
        }
        let mut feed = Feed { messages: shown(messages), newest };
        let mut frame = serde_json::to_vec(&feed).context("a message has no JSON form")?;
        if frame.len() > FRAME {
            feed.messages.clear();
            frame = serde_json::to_vec(&feed)?;
        }
        let frame = Blob::new(frame);
        let open = stream::iter(self.connections.all().await?);
        open.for_each_concurrent(TOGETHER, async |connection| self.tell(&connection, frame.clone()).await)
            .await;
        Ok(())
    }

    async fn tell(&self, connection: &str, frame: Blob) {
        let post = self.sockets.post_to_connection().connection_id(connection).data(frame).send().await;
        let Err(error) = post else { return };
        if !error.as_service_error().is_some_and(|e| e.is_gone_exception()) {
            tracing::warn!(
                connection,
                error = format!("{error:?}"),
                "a client could not be told; it catches up"
            );
        } else if let Err(error) = self.connections.close(connection).await {
            tracing::warn!(
                connection,
                error = format!("{error:#}"),
                "a client that is gone could not be forgotten"
            );
        }
    }
}
