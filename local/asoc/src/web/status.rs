//! How the agents are.

use std::collections::BTreeMap;

use axum::{Extension, Json, Router, extract::State, routing::get};
use console::{
    api::{AgentHealth, Health},
    problem::Failure,
};
use domain::{Party, Person};

use crate::host::Host;

/// For signed-in people.
pub(super) fn routes(host: Host) -> Router {
    Router::new().route("/v1/health", get(health)).with_state(host)
}

/// For whoever starts and stops the process: says only that it runs and its store answers.
pub(super) fn open_routes(host: Host) -> Router {
    Router::new().route("/v1/ready", get(ready)).with_state(host)
}

async fn ready(State(host): State<Host>) -> Result<&'static str, Failure> {
    host.ctx().store.newest_message().await?;
    Ok("ready\n")
}

async fn health(State(host): State<Host>, _: Extension<Person>) -> Result<Json<Health>, Failure> {
    const AGENTS: [Party; 7] = [
        Party::Telemetry,
        Party::Detection,
        Party::Supervisor,
        Party::Forensics,
        Party::Response,
        Party::Compliance,
        Party::Console,
    ];
    let mut agents = Vec::new();
    for agent in AGENTS {
        let depth = host.store().depth(agent).await?;
        let reading = host.meters().read(agent);
        agents.push(AgentHealth {
            agent: agent.as_str().to_owned(),
            waiting: depth.waiting,
            dead: depth.dead,
            decisions: reading.decisions,
            failures: reading.failures,
            p50_ms: reading.p50_ms,
            p99_ms: reading.p99_ms,
            last_failure: reading.last_failure,
        });
    }
    let mut parts = BTreeMap::from([
        ("store".to_owned(), "SQLite".to_owned()),
        ("cache".to_owned(), host.servers().cache_name().to_owned()),
        ("policy".to_owned(), host.servers().policy_name().to_owned()),
        ("workflow".to_owned(), "States Language, in-process".to_owned()),
        ("account".to_owned(), "sandbox".to_owned()),
        ("policies".to_owned(), host.ctx().policies.short().to_owned()),
    ]);
    for (part, why) in host.degraded().list() {
        let serves = parts.entry(part.as_str().to_owned()).or_default();
        *serves = format!("{serves} (degraded: {why})").trim_start().to_owned();
    }
    Ok(Json(Health { agents, parts, version: env!("CARGO_PKG_VERSION").to_owned() }))
}
