//! How the agents are.

use std::collections::BTreeMap;

use axum::{
    Extension, Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use console::{
    api::{AgentHealth, Health, Problem},
    problem::Failure,
};
use domain::Person;

use crate::{host::Host, metrics::AGENTS};

/// For signed-in people.
pub(super) fn routes(host: Host) -> Router {
    Router::new().route("/v1/health", get(health)).with_state(host)
}

/// For whoever starts and stops the process: whether it runs, and whether it takes work. They tell nothing else.
pub(super) fn open_routes(host: Host) -> Router {
    Router::new().route("/health", get(async || "healthy\n")).route("/ready", get(ready)).with_state(host)
}

async fn ready(State(host): State<Host>) -> Response {
    let Some(why) = host.unready().await else { return "ready\n".into_response() };
    let problem = Problem { code: "unavailable".to_owned(), message: format!("No work is taken: {why}.") };
    (StatusCode::SERVICE_UNAVAILABLE, Json(problem)).into_response()
}

async fn health(State(host): State<Host>, _: Extension<Person>) -> Result<Json<Health>, Failure> {
    let mut agents = Vec::new();
    for agent in AGENTS {
        let depth = host.store().depth(agent).await?;
        let reading = host.metrics().of(agent);
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
    let parts = BTreeMap::from([
        ("store".to_owned(), host.store().make()),
        ("cache".to_owned(), host.servers().cache_name().to_owned()),
        ("policy".to_owned(), host.servers().policy_name().to_owned()),
        ("workflow".to_owned(), "States Language, in-process".to_owned()),
        ("account".to_owned(), "sandbox".to_owned()),
        ("policies".to_owned(), host.ctx().policies.short().to_owned()),
    ]);
    let degraded = host.degraded().list().into_iter().map(|(part, why)| (part.as_str().to_owned(), why));
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Ok(Json(Health { agents, parts, degraded: degraded.collect(), version }))
}
