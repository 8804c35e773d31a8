//! The live feed. Each client reads the message log at its own pace from its own cursor.

use std::time::Duration;

use agent::Store;
use axum::{
    Router,
    extract::{
        Query, State, WebSocketUpgrade,
        ws::{Message as Frame, WebSocket},
    },
    http::HeaderMap,
    response::Response,
    routing::get,
};
use console::{api::Feed, problem::Failure, routes::shown};
use serde::Deserialize;
use store::SqlStore;
use tokio::{sync::watch, time::timeout};

use super::auth::Gate;
use crate::host::Host;

/// Messages in a frame at most: who is behind gets them coalesced.
const FRAME: usize = 256;
/// A client that does not take a frame for so long is dropped. It resumes from its cursor when it comes back.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a silent client is asked whether it is there.
const PING: Duration = Duration::from_secs(20);
/// Bytes that a client may send in a frame; it has nothing to say.
const INCOMING: usize = 1024;

#[derive(Clone)]
struct Hub {
    host: Host,
    gate: Gate,
}

#[derive(Deserialize)]
struct Opening {
    #[serde(default)]
    ticket: String,
    after: Option<u64>,
}

/// The route. It is open to all, but the ticket is not.
pub(super) fn routes(host: Host, gate: Gate) -> Router {
    Router::new().route("/v1/socket", get(open)).with_state(Hub { host, gate })
}

async fn open(
    State(hub): State<Hub>,
    Query(opening): Query<Opening>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Failure> {
    if headers.contains_key(axum::http::header::ORIGIN) && !hub.gate.knows_origin(&headers) {
        return Err(Failure::forbidden("This request did not come from the dashboard."));
    }
    let person = hub.gate.redeem_ticket(&opening.ticket).await?.ok_or_else(Failure::unauthenticated)?;
    let store = hub.host.store().clone();
    let newest = store.watch();
    let cursor = match opening.after {
        Some(after) => after,
        None => store.newest_message().await?,
    };
    Ok(upgrade.max_message_size(INCOMING).on_upgrade(move |socket| async move {
        let _client = hub.host.metrics().client();
        if let Err(why) = stream(socket, store, newest, cursor, &person.name).await {
            tracing::debug!(why, "a live feed ended");
        }
    }))
}

async fn stream(
    mut socket: WebSocket,
    store: SqlStore,
    mut newest: watch::Receiver<u64>,
    mut cursor: u64,
    person: &str,
) -> Result<(), &'static str> {
    let mut ping = tokio::time::interval(PING);
    loop {
        let seen = *newest.borrow_and_update();
        let messages = store.messages(cursor, FRAME).await.map_err(|_| "the store does not answer")?;
        if let Some(last) = messages.last() {
            cursor = last.seq;
            let feed = Feed { messages: shown(messages), newest: seen.max(cursor) };
            let text = serde_json::to_string(&feed).map_err(|_| "a message has no JSON form")?;
            send(&mut socket, Frame::Text(text.into())).await?;
            continue;
        }
        tokio::select! {
            changed = newest.changed() => changed.map_err(|_| "the store is closed")?,
            frame = socket.recv() => match frame {
                Some(Ok(Frame::Close(_)) | Err(_)) | None => return Ok(()),
                Some(Ok(_)) => {}
            },
            _ = ping.tick() => {
                if !matches!(store.person(person).await, Ok(Some(_))) {
                    return Err("the person was removed");
                }
                send(&mut socket, Frame::Ping(Default::default())).await?;
            }
        }
    }
}

async fn send(socket: &mut WebSocket, frame: Frame) -> Result<(), &'static str> {
    match timeout(PATIENCE, socket.send(frame)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err("the client is gone"),
        Err(_) => Err("the client is too slow"),
    }
}
