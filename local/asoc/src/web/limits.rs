//! How often somebody may ask. Far above what a dashboard and a busy sender need; the owner's own commands are not counted.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

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

/// Who counts, and whether a proxy stands before it, whose word on addresses is taken.
#[derive(Clone)]
pub(super) struct Counter {
    pub(super) limits: Arc<Limits>,
    pub(super) is_behind_proxy: bool,
}

/// These routes, each asked so often at most by one person, or by one address where nobody is signed in.
pub(super) fn limited(router: Router, counter: &Counter, limit: &'static Limit) -> Router {
    router.layer(middleware::from_fn_with_state((counter.clone(), limit), count))
}

async fn count(
    State((Counter { limits, is_behind_proxy }, limit)): State<(Counter, &'static Limit)>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let person = request.extensions().get::<Person>();
    // Whoever has the token reads the home folder, and stands beside these limits.
    if person.is_some() && auth::bearer(request.headers()).is_some() {
        return next.run(request).await;
    }
    let who = match person {
        Some(person) => person.name.clone(),
        None => address(&request, is_behind_proxy).map_or_else(|| "local".to_owned(), |ip| ip.to_string()),
    };
    match limits.count(limit, &who).await {
        Ok(()) => next.run(request).await,
        Err(left) => refused(left),
    }
}

/// Where a request came from. Of what a proxy says the last counts, which it saw itself; anything before is the sender's word.
fn address(request: &Request<Body>, is_behind_proxy: bool) -> Option<IpAddr> {
    let told = || {
        let header = request.headers().get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        header.rsplit(',').next()?.trim().parse().ok()
    };
    let peer = || request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    is_behind_proxy.then(told).flatten().or_else(peer)
}

fn refused(left: Duration) -> Response {
    let seconds = left.as_secs() + 1;
    let mut answer = Failure::too_many(seconds).into_response();
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_believed_only_where_there_is_one() {
        let peer: SocketAddr = "192.0.2.1:5".parse().unwrap();
        for (headers, proxied, expected) in [
            (&[][..], true, "192.0.2.1"),
            (&["198.51.100.7"][..], false, "192.0.2.1"),
            (&["198.51.100.7"][..], true, "198.51.100.7"),
            (&["203.0.113.9, 198.51.100.7"][..], true, "198.51.100.7"),
            (&["203.0.113.9", "2001:db8::1"][..], true, "2001:db8::1"),
            (&["somebody"][..], true, "192.0.2.1"),
        ] {
            let mut request = Request::new(Body::empty());
            request.extensions_mut().insert(ConnectInfo(peer));
            for header in headers {
                request.headers_mut().append("x-forwarded-for", header.parse().unwrap());
            }
            assert_eq!(address(&request, proxied), Some(expected.parse().unwrap()), "{headers:?}");
        }
    }
}
