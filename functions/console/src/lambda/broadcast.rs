//! The live feed: each message goes to all who are connected.

use agent::Ctx;
use anyhow::Context;
use aws::{Cloud, cloud, metrics, queue::Reference};
use aws_lambda_events::sqs::SqsMessage;
use aws_sdk_apigatewaymanagement::{Client, primitives::Blob};
use console::{api::Feed, routes::shown};
use futures::{StreamExt, stream};

use crate::{connections::Connections, figures::figures};

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
}

impl Broadcast {
    pub(crate) fn new(cloud: &Cloud, connections: Connections) -> anyhow::Result<Self> {
        let config = aws_sdk_apigatewaymanagement::config::Builder::from(cloud.sdk());
        let config = config.endpoint_url(cloud::setting("ASOC_SOCKET")?).build();
        Ok(Self { stack: cloud.stack().to_owned(), sockets: Client::from_conf(config), connections })
    }

    pub(crate) fn stack(&self) -> &str {
        &self.stack
    }

    /// Tells everybody what a reference refers to. One who is gone is forgotten; that one cannot be reached is no reason to tell the
    /// others twice.
    pub(crate) async fn send(&self, ctx: &Ctx, message: SqsMessage) -> anyhow::Result<()> {
        let reference = Reference::read(&message.body.unwrap_or_default())?;
        let messages = reference.messages(ctx).await?;
        for logged in &messages {
            metrics::emit(&self.stack, logged.message.time.millis(), &figures(&logged.message));
        }
        let mut feed = Feed { messages: shown(messages), newest: reference.seq };
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
