//! Routes that only the hosted console has: tickets for the live feed, how A-SOC runs, signed webhooks, and what people answer in
//! Slack.

use std::{collections::BTreeMap, sync::Arc};

use agent::Ctx;
use aws::secrets::Secrets;
use aws_sdk_sqs::{Client, types::MessageAttributeValue};
use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::{get, post},
};
use console::{
    api::{Health, SocketTicket},
    problem::Failure,
};
use domain::{Delivery, Person, delivery::Door};
use serde_json::json;
use telemetry::{Telemetry, webhook};

use crate::{connections::Connections, notices::Notices};

/// Bytes of a webhook at most.
const WEBHOOK: usize = 1 << 20;

/// What these routes need.
#[derive(Clone)]
pub(crate) struct Doors {
    pub(crate) ctx: Ctx,
    pub(crate) connections: Connections,
    pub(crate) deliveries: Client,
    pub(crate) queue: String,
    pub(crate) secrets: Secrets,
    pub(crate) notices: Notices,
    pub(crate) telemetry: Telemetry,
}

/// For signed-in people.
pub(crate) fn routes(doors: Doors) -> Router {
    Router::new()
        .route("/v1/socket-ticket", post(ticket))
        .route("/v1/health", get(health))
        .with_state(Arc::new(doors))
}

/// For senders who sign what they send.
pub(crate) fn open_routes(doors: Doors) -> Router {
    Router::new()
        .route("/v1/webhooks", post(own))
        .route("/v1/webhooks/{mapping}", post(mapped))
        .route("/v1/slack", post(slack))
        .layer(DefaultBodyLimit::max(WEBHOOK))
        .with_state(Arc::new(doors))
}

async fn ticket(
    State(doors): State<Arc<Doors>>,
    Extension(person): Extension<Person>,
) -> Result<Json<SocketTicket>, Failure> {
    let issued = doors.connections.issue(&person.name, doors.ctx.clock.now()).await;
    Ok(Json(SocketTicket { ticket: issued.map_err(|e| Failure::unavailable(&format!("{e:#}")))? }))
}

/// How the agents are, CloudWatch knows; here is only what runs.
async fn health(State(doors): State<Arc<Doors>>, _: Extension<Person>) -> Json<Health> {
    let parts = [
        ("store", "DynamoDB"),
        ("policy", "Rego, in the function"),
        ("workflow", "Step Functions"),
        ("account", "AWS"),
        ("policies", doors.ctx.policies.short()),
    ];
    let parts: BTreeMap<_, _> = parts.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Json(Health { agents: Vec::new(), parts, degraded: BTreeMap::new(), version })
}

async fn own(
    State(doors): State<Arc<Doors>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Failure> {
    doors.take(&headers, &body, None).await
}

async fn mapped(
    State(doors): State<Arc<Doors>>,
    headers: HeaderMap,
    Path(mapping): Path<String>,
    body: Bytes,
) -> Result<StatusCode, Failure> {
    doors.take(&headers, &body, Some(mapping)).await
}

async fn slack(
    State(doors): State<Arc<Doors>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let slack = doors.notices.slack().await?;
    let slack = slack.ok_or_else(|| Failure::forbidden("Slack is not set up."))?;
    console::slack::answer(&doors.ctx, doors.notices.sent(), &slack, &headers, &body).await
}

impl Doors {
    /// Archives a webhook whose signature holds, and hands it to telemetry: what was accepted is not lost.
    async fn take(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        mapping: Option<String>,
    ) -> Result<StatusCode, Failure> {
        let now = self.ctx.clock.now();
        let failed = |error: anyhow::Error| Failure::unavailable(&format!("{error:#}"));
        let secret = self.secrets.named("ASOC_SECRET_WEBHOOK").await.map_err(failed)?;
        let secret = secret.ok_or_else(|| Failure::forbidden("Webhooks are not set up."))?;
        let signature =
            headers.get(webhook::HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
        webhook::verify(secret.trim().as_bytes(), signature, body, now)
            .map_err(|why| Failure::forbidden(format!("This webhook is not accepted: {why}.")))?;
        if let Some(name) = mapping.as_ref().filter(|name| !self.telemetry.maps(name)) {
            return Err(Failure::not_found(format!("webhook mapping {name}")));
        }
        let name = mapping.as_ref().map_or_else(|| "webhook".to_owned(), |name| format!("webhook {name}"));
        let digest = self.ctx.store.put_blob(body).await?;
        let delivery = Delivery { digest, name, door: Door::Webhook, mapping, received: now };
        self.hand_on(&delivery).await.map_err(failed)?;
        Ok(StatusCode::ACCEPTED)
    }

    async fn hand_on(&self, delivery: &Delivery) -> anyhow::Result<()> {
        let door = MessageAttributeValue::builder().data_type("String").string_value("webhook").build()?;
        let send = self.deliveries.send_message().queue_url(&self.queue).message_attributes("door", door);
        send.message_body(json!({ "delivery": delivery }).to_string()).send().await?;
        Ok(())
    }
}
