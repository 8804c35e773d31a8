//! Every route there is, and that none is open by accident.

use std::collections::BTreeSet;

use reqwest::{Method, header};

use super::Server;

/// Routes for people who are signed in.
pub(super) const GUARDED: [(&str, &str); 24] = [
    ("GET", "/v1/me"),
    ("GET", "/v1/feed"),
    ("GET", "/v1/incidents"),
    ("GET", "/v1/incidents/{id}"),
    ("GET", "/v1/incidents/{id}/events"),
    ("POST", "/v1/incidents/{id}/approval"),
    ("POST", "/v1/incidents/{id}/actions/{action}/undo"),
    ("GET", "/v1/findings/{id}"),
    ("GET", "/v1/approvals"),
    ("GET", "/v1/ledger"),
    ("GET", "/v1/ledger/verify"),
    ("GET", "/v1/quarantine"),
    ("GET", "/v1/account"),
    ("POST", "/v1/deliveries"),
    ("GET", "/v1/drills"),
    ("POST", "/v1/drills/{name}"),
    ("POST", "/v1/sandbox/reset"),
    ("GET", "/v1/health"),
    ("POST", "/v1/sign-out"),
    ("POST", "/v1/socket-ticket"),
    ("GET", "/v1/people"),
    ("POST", "/v1/people"),
    ("POST", "/v1/people/{name}/link"),
    ("POST", "/v1/people/{name}/remove"),
];

/// Routes that ask for something else than a session, or for nothing.
const OPEN: [(&str, &str); 8] = [
    ("POST", "/v1/sign-in"),
    ("POST", "/v1/webhooks"),
    ("POST", "/v1/webhooks/{mapping}"),
    ("POST", "/v1/slack"),
    ("GET", "/health"),
    ("GET", "/ready"),
    ("GET", "/metrics"),
    ("GET", "/v1/socket"),
];

const SOURCES: [&str; 6] = [
    include_str!("../../src/web/auth.rs"),
    include_str!("../../src/web/doors.rs"),
    include_str!("../../src/web/observe.rs"),
    include_str!("../../src/web/socket.rs"),
    include_str!("../../src/web/status.rs"),
    include_str!("../../../../functions/console/src/routes.rs"),
];

#[test]
fn the_table_names_every_route() {
    let mut routed = BTreeSet::new();
    for route in SOURCES.iter().flat_map(|source| source.split(".route(\"").skip(1)) {
        let (path, rest) = route.split_once('"').unwrap();
        let handlers = rest.split(".with_state").next().unwrap();
        for (method, call) in [("GET", "get("), ("POST", "post(")] {
            if handlers.contains(call) {
                routed.insert((method, path));
            }
        }
    }
    assert_eq!(routed, GUARDED.into_iter().chain(OPEN).collect());
}

#[tokio::test]
async fn every_route_refuses_who_is_not_signed_in() {
    let server = Server::start();
    let wrong = "0".repeat(64);
    for (method, path) in GUARDED {
        let ask = || server.request(method.parse().unwrap(), &path.replace(['{', '}'], ""));
        let requests = [
            ("nothing", ask()),
            ("a wrong token", ask().bearer_auth(&wrong)),
            ("an empty token", ask().bearer_auth("")),
            ("the link's token", ask().bearer_auth(&server.link)),
            ("the operator's token as a password", ask().basic_auth("owner", Some(&server.operator))),
            (
                "a wrong cookie",
                ask()
                    .header(header::COOKIE, format!("asoc_session={wrong}"))
                    .header(header::ORIGIN, &server.dashboard),
            ),
            (
                "the link as a session",
                ask()
                    .header(header::COOKIE, format!("asoc_session={}", server.link))
                    .header(header::ORIGIN, &server.dashboard),
            ),
        ];
        for (what, request) in requests {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 401, "{method} {path} with {what}");
            let problem: console::api::Problem = answer.json().await.unwrap();
            assert_eq!(problem.code, "unauthenticated", "{method} {path} with {what}");
        }
    }
    for (path, said) in [("/health", "healthy\n"), ("/ready", "ready\n")] {
        let answer = server.request(Method::GET, path).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, said));
    }
}

#[tokio::test]
async fn no_foreign_origin_is_ever_allowed() {
    let server = Server::start();
    let port = server.dashboard.rsplit_once(':').unwrap().1;
    let foreign = [
        "https://evil.example".to_owned(),
        "null".to_owned(),
        "http://localhost".to_owned(),
        format!("https://localhost:{port}"),
        format!("http://localhost:{port}.evil.example"),
        format!("http://evil.localhost:{port}"),
        server.console.clone(),
    ];
    // The socket is not for CORS: it looks at the origin itself.
    let open = [OPEN[0], OPEN[1], OPEN[2], ("GET", "/v1/nowhere")];
    for (method, path) in GUARDED.into_iter().chain(open) {
        let path = path.replace(['{', '}'], "");
        for origin in &foreign {
            let asked = server.request(method.parse().unwrap(), &path).header(header::ORIGIN, origin);
            let preflight = server
                .request(Method::OPTIONS, &path)
                .header(header::ORIGIN, origin)
                .header("access-control-request-method", method)
                .header("access-control-request-headers", "content-type,authorization");
            for request in [asked, preflight] {
                let answer = request.send().await.unwrap();
                let allowed = answer.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
                assert_eq!(allowed, None, "{method} {path} from {origin}");
            }
        }
        let asked = server.request(method.parse().unwrap(), &path).header(header::ORIGIN, &server.dashboard);
        let answer = asked.send().await.unwrap();
        assert_eq!(
            answer.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN],
            server.dashboard,
            "{method} {path}"
        );
        assert_eq!(answer.headers()[header::ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
    }
}

#[tokio::test]
async fn whatever_fails_is_answered_as_a_problem() {
    let server = Server::start();
    let owner = |method, path| server.owner(method, path);
    let requests = [
        (404, owner(Method::GET, "/v1/nowhere")),
        (404, owner(Method::POST, "/v1/drills/nothing").json(&serde_json::json!({}))),
        (405, owner(Method::DELETE, "/v1/people")),
        (400, owner(Method::POST, "/v1/people").header(header::CONTENT_TYPE, "application/json").body("{")),
        (415, owner(Method::POST, "/v1/people").body("{}")),
        (422, owner(Method::POST, "/v1/people").json(&serde_json::json!({ "name": "x" }))),
        (422, owner(Method::POST, "/v1/drills/leaked-key").json(&serde_json::json!({ "speed": -1.0 }))),
        (400, owner(Method::GET, "/v1/feed?limit=many")),
        (413, server.request(Method::POST, "/v1/webhooks").body(vec![b' '; (1 << 20) + 1])),
    ];
    for (status, request) in requests {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{}", answer.url());
        let url = answer.url().clone();
        let problem: console::api::Problem = answer.json().await.unwrap();
        assert!(!problem.code.is_empty() && problem.message.ends_with('.'), "{url}: {problem:?}");
    }
}
