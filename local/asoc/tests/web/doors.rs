//! Signed webhooks.

use std::{
    fs,
    time::{SystemTime, UNIX_EPOCH},
};

use domain::Time;
use reqwest::Method;
use serde_json::{Value, json};
use telemetry::webhook::{HEADER, TOLERANCE_SECONDS, sign};

use super::Server;

#[tokio::test]
async fn only_what_is_signed_in_time_is_taken_and_only_once() {
    let server = Server::start();
    let secret = hex::decode(fs::read_to_string(server.home().join("webhook.key")).unwrap()).unwrap();
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let at = |seconds: i64| Time::from_millis(now + seconds * 1000);
    let body =
        json!({ "id": "7", "time": "2026-01-01T00:00:00Z", "title": "Token used twice", "severity": 10 });
    let body = body.to_string();
    let good = sign(&secret, at(0), body.as_bytes()).unwrap();
    let table = [
        ("unsigned", None, 403, 0),
        ("an empty signature", Some(String::new()), 403, 0),
        ("no signature at all", Some("yes".into()), 403, 0),
        ("another secret", Some(sign(&[1; 32], at(0), body.as_bytes()).unwrap()), 403, 0),
        ("another body", Some(sign(&secret, at(0), b"{}").unwrap()), 403, 0),
        ("stale", Some(sign(&secret, at(-TOLERANCE_SECONDS - 2), body.as_bytes()).unwrap()), 403, 0),
        (
            "from the future",
            Some(sign(&secret, at(TOLERANCE_SECONDS + 60), body.as_bytes()).unwrap()),
            403,
            0,
        ),
        ("right", Some(good.clone()), 200, 1),
        ("replayed", Some(good), 200, 0),
        ("sent again with a new signature", Some(sign(&secret, at(1), body.as_bytes()).unwrap()), 200, 0),
    ];
    for (case, signature, status, read) in table {
        let mut request = server.request(Method::POST, "/v1/webhooks").body(body.clone());
        if let Some(signature) = signature {
            request = request.header(HEADER, signature);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{case}");
        let said: Value = answer.json().await.unwrap();
        if status == 200 {
            assert_eq!((&said["read"], &said["duplicate"]), (&json!(read), &json!(1 - read)), "{case}");
        } else {
            assert_eq!(said["code"], "forbidden", "{case}");
        }
    }
    let feed = server.fetch("/v1/feed").await.to_string();
    assert_eq!(feed.matches(r#""type":"ALERT""#).count(), 1, "{feed}");
}

#[tokio::test]
async fn another_systems_alert_is_read_by_its_mapping() {
    let server = Server::start();
    let secret = hex::decode(fs::read_to_string(server.home().join("webhook.key")).unwrap()).unwrap();
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let body =
        json!({"uuid": "u-1", "priority": "Critical", "rule": "Shell in a container", "hostname": "node-1",
        "time": "2026-01-01T00:00:00Z", "output_fields": {"fd.rip": "198.51.100.7"}})
        .to_string();
    let signature = sign(&secret, Time::from_millis(now), body.as_bytes()).unwrap();
    for (path, signature, status, read) in [
        ("/v1/webhooks/falco", None, 403, 0),
        ("/v1/webhooks/nobody", None, 403, 0),
        ("/v1/webhooks/nobody", Some(&signature), 404, 0),
        // Not in A-SOC's own form.
        ("/v1/webhooks", Some(&signature), 200, 0),
        ("/v1/webhooks/falco", Some(&signature), 200, 1),
    ] {
        let mut request = server.request(Method::POST, path).body(body.clone());
        if let Some(signature) = signature {
            request = request.header(HEADER, signature.as_str());
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let said: Value = answer.json().await.unwrap();
        if status == 200 {
            assert_eq!(said["read"], json!(read), "{path} {said}");
        }
    }
}
