//! The two servers: console on one port, dashboard on the other.

pub mod auth;
mod dashboard;
mod doors;
mod limits;
mod observe;
mod origin;
mod socket;
mod status;

use axum::{
    Router,
    http::{HeaderValue, Method, header},
    middleware,
};
use tower_http::cors::CorsLayer;

pub use auth::Gate;
pub use dashboard::router as dashboard;
pub use origin::Origin;

use crate::host::Host;

/// All routes of the console. Whatever is not named here is refused.
pub fn console(host: &Host, gate: &Gate, origins: &[String]) -> Router {
    // An address over https is a proxy's.
    let is_behind_proxy = origins.first().is_some_and(|origin| origin.starts_with("https:"));
    let counts = limits::Counter { limits: host.servers().limits(), is_behind_proxy };
    let signed_in = Router::new()
        .merge(console::routes::router(host.ctx().clone()))
        .merge(doors::routes(host.clone()))
        .merge(status::routes(host.clone()))
        .merge(auth::routes(gate.clone()));
    let signed_in = limits::limited(signed_in, &counts, &limits::PERSON)
        .layer(middleware::from_fn_with_state(gate.clone(), auth::require));
    let cors = CorsLayer::new()
        .allow_origin(origins.iter().filter_map(|o| HeaderValue::from_str(o).ok()).collect::<Vec<_>>())
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::CONTENT_TYPE])
        .allow_credentials(true);
    Router::new()
        .merge(signed_in)
        .merge(limits::limited(auth::open_routes(gate.clone()), &counts, &limits::SIGN_IN))
        .merge(limits::limited(doors::open_routes(host.clone()), &counts, &limits::WEBHOOKS))
        .merge(status::open_routes(host.clone()))
        .merge(observe::open_routes(host.clone()))
        .fallback(async || console::problem::Failure::not_found("such route"))
        .layer(middleware::map_response(console::problem::in_form))
        .layer(cors)
        .merge(socket::routes(host.clone(), gate.clone()))
        .layer(middleware::from_fn_with_state(host.clone(), observe::observe))
}

/// The console for a command that runs without a server.
pub async fn local_console(host: &Host, operator: &str) -> anyhow::Result<Router> {
    auth::ensure_owner(host.store()).await?;
    let origins = ["http://localhost:3000".to_owned()];
    let gate = Gate::new(host.store().clone(), host.ctx().clone(), operator, origins.to_vec());
    Ok(console(host, &gate, &origins))
}
