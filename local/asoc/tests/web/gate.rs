//! Signing in and out, and what a cookie is good for.

use futures::future::join_all;
use reqwest::{Method, header};
use serde_json::{Value, json};

use super::{Server, routes::GUARDED};

#[tokio::test]
async fn a_link_signs_in_once_with_a_cookie_that_scripts_cannot_read() {
    let server = Server::start();
    let foreign = server.request(Method::POST, "/v1/sign-in").header(header::ORIGIN, "https://evil.example");
    let foreign = foreign.json(&json!({ "token": server.link })).send().await.unwrap();
    assert_eq!(foreign.status(), 403, "and the link is still good");
    assert_eq!(server.try_sign_in(&"0".repeat(64)).await.status(), 401);

    let many = join_all((0..8).map(|_| server.try_sign_in(&server.link))).await;
    let (good, bad): (Vec<_>, Vec<_>) = many.into_iter().partition(|answer| answer.status() == 200);
    assert_eq!((good.len(), bad.len()), (1, 7), "of many at once one signs in");
    assert!(bad.iter().all(|a| a.status() == 401 && !a.headers().contains_key(header::SET_COOKIE)));

    let cookie = good[0].headers()[header::SET_COOKIE].to_str().unwrap();
    let parts: Vec<&str> = cookie.split("; ").collect();
    for flag in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(parts.contains(&flag), "{cookie}");
    }
    assert!(!cookie.contains(&server.link) && !cookie.contains("Domain"), "{cookie}");
    let who: Value =
        server.browser(parts[0], Method::GET, "/v1/me").send().await.unwrap().json().await.unwrap();
    assert_eq!((&who["name"], &who["role"]), (&json!("owner"), &json!("admin")));
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let server = Server::start();
    let cookie = server.sign_in(&server.link).await;
    let me = || server.browser(&cookie, Method::GET, "/v1/me").send();
    assert_eq!(me().await.unwrap().status(), 200);
    let out = server.browser(&cookie, Method::POST, "/v1/sign-out").send().await.unwrap();
    assert_eq!(out.status(), 200);
    assert!(out.headers()[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(me().await.unwrap().status(), 401);
}

#[tokio::test]
async fn by_a_cookie_only_the_dashboard_changes_something() {
    let server = Server::start();
    let cookie = server.sign_in(&server.link).await;
    let near = format!("{}.evil.example", server.dashboard);
    let origins = [
        None,
        Some("null"),
        Some("https://evil.example"),
        Some(near.as_str()),
        Some(server.console.as_str()),
    ];
    for (method, path) in GUARDED.into_iter().filter(|(method, _)| *method == "POST") {
        for origin in origins {
            let mut request = server
                .request(method.parse().unwrap(), &path.replace(['{', '}'], ""))
                .header(header::COOKIE, &cookie)
                .json(&json!({ "name": "eve", "role": "admin" }));
            if let Some(origin) = origin {
                request = request.header(header::ORIGIN, origin);
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 403, "{path} from {origin:?}");
            let problem: Value = answer.json().await.unwrap();
            assert!(problem["message"].as_str().unwrap().contains("dashboard"), "{problem}");
        }
    }
    let people = server.fetch("/v1/people").await;
    assert_eq!(people.as_array().unwrap().len(), 1, "nobody was added: {people}");
    let ticket = server.browser(&cookie, Method::POST, "/v1/socket-ticket").send().await.unwrap();
    assert_eq!(ticket.status(), 200, "the session outlives all that, and serves the dashboard");
}
