//! Where logs, webhooks and drills come in.

use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Query, State},
    http::HeaderMap,
    response::Response,
    routing::{get, post},
};
use console::{
    api::{Drill, DrillStart},
    problem::Failure,
    routes::need,
};
use domain::{DeliveryReceipt, Person, Role, delivery::Door};
use serde::Deserialize;

use crate::{drill, host::Host};

/// Bytes of a delivery at most, as sent.
const DELIVERY: usize = 64 << 20;
/// Bytes of a webhook at most.
const WEBHOOK: usize = 1 << 20;

/// The route for senders who sign what they send.
pub(super) fn open_routes(host: Host) -> Router {
    Router::new()
        .route("/v1/webhooks", post(webhook).layer(DefaultBodyLimit::max(WEBHOOK)))
        .route("/v1/webhooks/{mapping}", post(mapped).layer(DefaultBodyLimit::max(WEBHOOK)))
        .route("/v1/slack", post(slack).layer(DefaultBodyLimit::max(WEBHOOK)))
        .with_state(host)
}

/// The routes for signed-in people.
pub(super) fn routes(host: Host) -> Router {
    Router::new()
        .route("/v1/deliveries", post(deliver).layer(DefaultBodyLimit::max(DELIVERY)))
        .route("/v1/drills", get(drills))
        .route("/v1/drills/{name}", post(play))
        .route("/v1/sandbox/reset", post(reset))
        .with_state(host)
}

#[derive(Deserialize)]
struct DeliveryQuery {
    name: Option<String>,
}

async fn deliver(
    State(host): State<Host>,
    Extension(person): Extension<Person>,
    Query(query): Query<DeliveryQuery>,
    body: Bytes,
) -> Result<Json<DeliveryReceipt>, Failure> {
    need(&person, Role::Analyst)?;
    let name = query.name.unwrap_or_else(|| format!("upload by {}", person.name));
    Ok(Json(host.deliver(&name, Door::Logs, &body).await?))
}

async fn webhook(
    State(host): State<Host>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<DeliveryReceipt>, Failure> {
    verify(&host, &headers, &body)?;
    Ok(Json(host.deliver("webhook", Door::Webhook, &body).await?))
}

/// Another system's alert, in its own form. Who did not sign it does not learn which mappings there are.
async fn mapped(
    State(host): State<Host>,
    headers: HeaderMap,
    Path(mapping): Path<String>,
    body: Bytes,
) -> Result<Json<DeliveryReceipt>, Failure> {
    verify(&host, &headers, &body)?;
    if !host.maps(&mapping) {
        return Err(Failure::not_found(format!("webhook mapping {mapping}")));
    }
    let name = format!("webhook {mapping}");
    Ok(Json(host.deliver_mapped(&name, Door::Webhook, Some(mapping), &body).await?))
}

/// What people click in Slack; signed by Slack.
async fn slack(State(host): State<Host>, headers: HeaderMap, body: Bytes) -> Result<Response, Failure> {
    let set_up = host.notices().and_then(|notices| Some((notices, notices.slack()?)));
    let (notices, slack) = set_up.ok_or_else(|| Failure::forbidden("Slack is not set up."))?;
    console::slack::answer(host.ctx(), notices.sent(), slack, &headers, &body).await
}

fn verify(host: &Host, headers: &HeaderMap, body: &[u8]) -> Result<(), Failure> {
    let header =
        headers.get(telemetry::webhook::HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    telemetry::webhook::verify(host.webhook_secret(), header, body, host.now())
        .map_err(|why| Failure::forbidden(format!("This webhook is not accepted: {why}.")))
}

async fn drills(_: Extension<Person>) -> Result<Json<Vec<Drill>>, Failure> {
    Ok(Json(drill::list()?))
}

async fn play(
    State(host): State<Host>,
    Extension(person): Extension<Person>,
    Path(name): Path<String>,
    Json(start): Json<DrillStart>,
) -> Result<Json<Drill>, Failure> {
    need(&person, Role::Analyst)?;
    if !host.is_sandbox() {
        return Err(Failure::refused(
            "Drills change the account they are played on, so they play on the sandbox only.",
        ));
    }
    if !(start.speed >= 0.0 && start.speed.is_finite()) {
        return Err(Failure::invalid("A speed is a number from 0 (all at once) up."));
    }
    let script = drill::load(&name).map_err(|_| Failure::not_found(format!("drill {name}")))?;
    let answer = script.summary();
    host.play(script, start.speed);
    Ok(Json(answer))
}

async fn reset(State(host): State<Host>, Extension(person): Extension<Person>) -> Result<(), Failure> {
    need(&person, Role::Admin)?;
    host.reset_sandbox().await?;
    Ok(())
}
