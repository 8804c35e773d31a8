//! How often somebody may ask. Far above what a dashboard and a busy sender need; the owner's own commands are not counted.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use cache::{Limit, Limits};
use console::problem::Failure;
use domain::Person;

use super::auth;

const MINUTE: Duration = Duration::from_secs(60);
/// Attempts to sign in from one address.
pub(super) const SIGN_IN: Limit = Limit { name: "sign-in", requests: 60, window: MINUTE };
/// Webhooks from one address.
pub(super) const WEBHOOKS: Limit = Limit { name: "webhooks", requests: 1_200, window: MINUTE };
/// Requests of one signed-in person.
pub(super) const PERSON: Limit = Limit { name: "person", requests: 3_000, window: MINUTE };

/// These routes, each asked so often at most by one person, or by one address where nobody is signed in.
pub(super) fn limited(router: Router, limits: &Arc<Limits>, limit: &'static Limit) -> Router {
    router.layer(middleware::from_fn_with_state((limits.clone(), limit), count))
}

async fn count(
    State((limits, limit)): State<(Arc<Limits>, &'static Limit)>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let person = request.extensions().get::<Person>();
    // Whoever has the token reads the home folder, and stands beside these limits.
    if person.is_some() && auth::bearer(request.headers()).is_some() {
        return next.run(request).await;
    }
    let address = || {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        peer.map_or_else(|| "local".to_owned(), |ConnectInfo(peer)| peer.ip().to_string())
    };
    let who = person.map_or_else(address, |person| person.name.clone());
    match limits.count(limit, &who).await {
        Ok(()) => next.run(request).await,
        Err(left) => refused(left),
    }
}

fn refused(left: Duration) -> Response {
    let seconds = left.as_secs() + 1;
    let mut answer = Failure::too_many(seconds).into_response();
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    answer
}
