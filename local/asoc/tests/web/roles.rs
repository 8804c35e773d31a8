//! What each role may do.

use domain::{ActionId, Ballot, Role, approval::Answer};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Server, record};

const ROLES: [(&str, Role); 4] =
    [("vera", Role::Viewer), ("anna", Role::Analyst), ("paul", Role::Approver), ("adam", Role::Admin)];

#[tokio::test]
async fn each_role_may_do_what_it_is_for_and_no_more() {
    let server = Server::start();
    let incident = server.drill().await;
    let plan = incident.plan.as_ref().unwrap();
    // Not of this plan: it tests who may vote, and leaves the request open.
    let ballot = Ballot { plan: domain::Digest::zero(), answer: Answer::Reject { reason: "a test".into() } };
    let action: &ActionId = &plan.actions[0].id;
    let vote = format!("/v1/incidents/{}/approval", incident.id);
    let undo = format!("/v1/incidents/{}/actions/{action}/undo", incident.id);
    let routes = [
        (Role::Viewer, Method::GET, "/v1/incidents".to_owned(), Value::Null),
        (Role::Viewer, Method::GET, "/v1/ledger/verify".to_owned(), Value::Null),
        (Role::Viewer, Method::POST, "/v1/socket-ticket".to_owned(), Value::Null),
        (Role::Analyst, Method::POST, "/v1/deliveries?name=x".to_owned(), record("one")),
        (Role::Analyst, Method::POST, "/v1/drills/leaked-key".to_owned(), json!({ "speed": 0.0 })),
        (Role::Analyst, Method::GET, "/v1/quarantine".to_owned(), Value::Null),
        (Role::Analyst, Method::GET, "/v1/account".to_owned(), Value::Null),
        (Role::Approver, Method::POST, vote, serde_json::to_value(&ballot).unwrap()),
        (Role::Approver, Method::POST, undo, json!({ "reason": "a test" })),
        (Role::Admin, Method::GET, "/v1/people".to_owned(), Value::Null),
        (Role::Admin, Method::POST, "/v1/people".to_owned(), json!({ "name": "new", "role": "viewer" })),
        (Role::Admin, Method::POST, "/v1/people/vera/link".to_owned(), Value::Null),
        (Role::Admin, Method::POST, "/v1/people/new/remove".to_owned(), Value::Null),
        (Role::Admin, Method::POST, "/v1/sandbox/reset".to_owned(), Value::Null),
    ];
    for (name, role) in ROLES {
        let cookie = server.person(name, role, &[]).await;
        for (least, method, path, body) in &routes {
            let request = server.browser(&cookie, method.clone(), path);
            let request = if body.is_null() { request } else { request.json(body) };
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            if role < *least {
                let problem: Value = answer.json().await.unwrap();
                assert_eq!(
                    (status, &problem["code"]),
                    (403, &json!("forbidden")),
                    "{role:?} {method} {path}"
                );
            } else {
                assert!(matches!(status, 200 | 409), "{role:?} {method} {path}: {status}");
            }
        }
    }
    let people = server.fetch("/v1/people").await;
    let names: Vec<_> = people.as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["adam", "anna", "owner", "paul", "vera"]);
}

#[tokio::test]
async fn who_is_removed_is_out_and_it_is_on_record() {
    let server = Server::start();
    let cookie = server.person("vera", Role::Viewer, &[]).await;
    let me = || server.browser(&cookie, Method::GET, "/v1/me").send();
    assert_eq!(me().await.unwrap().status(), 200);
    let removed = server.owner(Method::POST, "/v1/people/vera/remove").send().await.unwrap();
    assert_eq!(removed.status(), 200);
    assert_eq!(me().await.unwrap().status(), 401);
    let owner = server.owner(Method::POST, "/v1/people/owner/remove").send().await.unwrap();
    assert_eq!(owner.status(), 422, "the owner stays");
    let feed = server.fetch("/v1/feed").await.to_string();
    for text in ["owner made vera Viewer", "vera signed in.", "owner removed vera"] {
        assert!(feed.contains(text), "{text} in {feed}");
    }
}

#[tokio::test]
async fn a_subject_does_not_vote_on_its_own_incident_whatever_its_role() {
    let server = Server::start();
    let incident = server.drill().await;
    let cookie = server.person("dora", Role::Admin, &["arn:aws:iam::111122223333:user/ci-deploy"]).await;
    let plan = incident.plan.as_ref().unwrap();
    let actions = plan.actions.iter().map(|a| a.hash.clone()).collect();
    let ballot = Ballot { plan: plan.hash.clone(), answer: Answer::Approve { actions } };
    let path = format!("/v1/incidents/{}/approval", incident.id);
    let answer = server.browser(&cookie, Method::POST, &path).json(&ballot).send().await.unwrap();
    assert_eq!(answer.status(), 409);
    let problem: Value = answer.json().await.unwrap();
    assert!(problem["message"].as_str().unwrap().contains("subject"), "{problem}");
    let feed = server.fetch("/v1/feed").await.to_string();
    assert!(feed.contains("A ballot of dora on this incident was refused"), "it is on record");
}

#[tokio::test]
async fn a_changed_role_counts_at_once() {
    let server = Server::start();
    let cookie = server.person("vera", Role::Admin, &[]).await;
    let people = || server.browser(&cookie, Method::GET, "/v1/people").send();
    assert_eq!(people().await.unwrap().status(), 200);
    server.person("vera", Role::Viewer, &[]).await;
    assert_eq!(people().await.unwrap().status(), 403, "the session is the person's, not the role's");
    for (body, word) in [
        (json!({ "name": "owner", "role": "viewer" }), "owner"),
        (json!({ "name": "a b", "role": "viewer" }), "name"),
        (json!({ "name": "", "role": "viewer" }), "name"),
        (json!({ "name": "a".repeat(65), "role": "viewer" }), "name"),
        (json!({ "name": "a", "role": "viewer", "principals": ["user/a"] }), "ARN"),
    ] {
        let answer = server.owner(Method::POST, "/v1/people").json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 422, "{body}");
        assert!(answer.text().await.unwrap().contains(word), "{body}");
    }
}
