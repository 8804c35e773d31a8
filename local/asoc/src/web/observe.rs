//! What operators see of requests: a figure and a span each, by the route's template.

use std::time::Instant;

use axum::{Router, routing::get};
use axum::{
    body::Body,
    extract::{MatchedPath, RawPathParams, Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use console::problem::Failure;
use domain::Digest;
use subtle::ConstantTimeEq;
use tracing::{Instrument, Span, field::Empty};

use crate::{host::Host, metrics::CONTENT_TYPE};

/// Asked every few seconds by programs; a span each would bury all others.
const QUIET: [&str; 3] = ["/health", "/ready", "/metrics"];

/// For Prometheus, which shows the token of the file `metrics.token`.
pub(super) fn open_routes(host: Host) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(host)
}

async fn metrics(State(host): State<Host>, headers: HeaderMap) -> Result<Response, Failure> {
    let shown = super::auth::bearer(&headers).map(|token| Digest::of(token.as_bytes()));
    let is_known =
        shown.is_some_and(|shown| shown.0.as_bytes().ct_eq(host.metrics_token().0.as_bytes()).into());
    if !is_known {
        return Err(Failure::unauthenticated());
    }
    let now = host
        .look()
        .await
        .inspect_err(|error| tracing::error!(%error, "the store could not be read for metrics"));
    let text = host.metrics().text(now.ok().as_ref()).map_err(|error| Failure::unavailable(&error))?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}

/// Counts and times a request, in a span of its own.
pub(super) async fn observe(
    State(host): State<Host>,
    route: Option<MatchedPath>,
    params: RawPathParams,
    request: Request<Body>,
    next: Next,
) -> Response {
    let begin = Instant::now();
    let method = named(request.method());
    let route = route.as_ref().map_or("unmatched", |route| route.as_str()).to_owned();
    let span = if QUIET.contains(&route.as_str()) { Span::none() } else { span(method, &route, &params) };
    let answer = next.run(request).instrument(span.clone()).await;
    span.record("http.response.status_code", answer.status().as_u16());
    if answer.status() >= StatusCode::INTERNAL_SERVER_ERROR {
        span.record("otel.status_code", "ERROR");
    }
    host.metrics().requested(method, &route, answer.status().as_u16(), begin.elapsed());
    answer
}

fn span(method: &'static str, route: &str, params: &RawPathParams) -> Span {
    let span = tracing::error_span!(
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        asoc.correlation_id = Empty
    );
    let incident =
        route.starts_with("/v1/incidents/{id}").then(|| params.iter().find(|(name, _)| *name == "id"));
    if let Some((_, id)) = incident.flatten().filter(|(_, id)| id.len() <= 128) {
        span.record("asoc.correlation_id", id);
    }
    span
}

/// A client may send any word as a method.
fn named(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
