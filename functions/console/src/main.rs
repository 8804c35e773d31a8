//! The console as a Lambda function: HTTP and WebSocket routes, the live feed, what people are told elsewhere, and the sweep that
//! finishes what a crash left half done.

#[path = "lambda/broadcast.rs"]
mod broadcast;
#[path = "lambda/connections.rs"]
mod connections;
#[path = "lambda/doors.rs"]
mod doors;
#[path = "lambda/figures.rs"]
mod figures;
#[path = "lambda/http.rs"]
mod http;
#[path = "lambda/notices.rs"]
mod notices;
#[path = "lambda/people.rs"]
mod people;
#[path = "lambda/sent.rs"]
mod sent;
#[path = "lambda/socket.rs"]
mod socket;

use agent::Ctx;
use aws::{
    Cloud, Diagnostic, Invocation, Ports, cloud,
    function::{permanent, transient},
    metrics, queue,
};
use broadcast::Broadcast;
use connections::Connections;
use http::Http;
use notices::Notices;
use serde_json::{Value, json};
use telemetry::Telemetry;

/// Seconds after which a decision whose calls are not known to be made counts as left half done: longer than any
/// function may run.
const LEFT: i64 = 180;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), aws::Error> {
    aws::log();
    let cloud = Cloud::from_env().await?;
    let ctx = cloud.ctx(Ports::default());
    let connections = Connections::new(cloud.stack(), aws_sdk_dynamodb::Client::new(cloud.sdk()));
    let notices = Notices::new(&cloud)?;
    let doors = doors::Doors {
        ctx: ctx.clone(),
        connections: connections.clone(),
        deliveries: aws_sdk_sqs::Client::new(cloud.sdk()),
        queue: cloud::setting("ASOC_DELIVERIES")?,
        secrets: cloud.secrets(),
        notices: notices.clone(),
        telemetry: Telemetry::load(cloud.policies())?,
    };
    let http = Http::new(ctx.clone(), doors);
    let broadcast = Broadcast::new(&cloud, connections.clone(), notices)?;
    aws::run(|event| answer(&ctx, &http, &connections, &broadcast, event)).await
}

async fn answer(
    ctx: &Ctx,
    http: &Http,
    connections: &Connections,
    broadcast: &Broadcast,
    event: Value,
) -> Result<Value, Diagnostic> {
    match Invocation::read(event)? {
        Invocation::Queue(batch) => queue::work(batch, |message| broadcast.send(ctx, message)).await,
        Invocation::Other(event) if !event["requestContext"]["http"].is_null() => http.answer(event).await,
        Invocation::Other(event) if !event["requestContext"]["connectionId"].is_null() => {
            socket::answer(connections, ctx.clock.now(), event).await
        }
        Invocation::Other(event) if event["task"] == "resume" => {
            tidy(ctx, broadcast.stack()).await.map_err(|error| transient(format!("{error:#}")))
        }
        _ => Err(permanent("the console answers HTTP, WebSockets and its queue only")),
    }
}

/// What is done each minute.
async fn tidy(ctx: &Ctx, stack: &str) -> anyhow::Result<Value> {
    let now = ctx.clock.now();
    metrics::emit(stack, now.millis(), &figures::waiting(ctx).await?);
    let made = agent::resume(ctx, now.plus_seconds(-LEFT)).await?;
    Ok(json!({ "made": made }))
}
