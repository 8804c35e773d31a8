//! Kubernetes audit events.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{EventOutcome, PrincipalKind, ResourceKind, Source};
use serde_json::{Value, json};

use super::{events, only};

fn audit() -> Value {
    json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Request", "auditID": "a-1", "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/shop/pods/web/exec?command=sh", "verb": "create",
        "user": {"username": "system:serviceaccount:shop:deployer", "groups": ["system:authenticated"]},
        "sourceIPs": ["198.51.100.7", "10.0.0.1"], "userAgent": "kubectl/v1.33.0",
        "objectRef": {"resource": "pods", "namespace": "shop", "name": "web", "apiVersion": "v1", "subresource": "exec"},
        "responseStatus": {"code": 101}, "requestReceivedTimestamp": "2026-01-01T00:00:00.123456Z",
        "stageTimestamp": "2026-01-01T00:00:01.000000Z",
    })
}

fn with(pointer: &str, value: Value) -> String {
    let mut changed = audit();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    changed.pointer_mut(parent).unwrap()[key] = value;
    changed.to_string()
}

#[test]
fn an_audit_event_says_who_did_what_to_which_object() {
    let event = only(&audit().to_string());
    assert_eq!((event.source, event.operation.as_str()), (Source::Kubernetes, "create pods/exec"));
    assert_eq!(event.time, "2026-01-01T00:00:00.123Z".parse().unwrap());
    assert_eq!(
        (event.origin.as_deref(), event.user_agent.as_deref()),
        (Some("198.51.100.7"), Some("kubectl/v1.33.0"))
    );
    assert_eq!(event.outcome, EventOutcome::Success);
    let actor = event.actor.unwrap();
    assert_eq!((actor.kind, actor.name.as_str()), (PrincipalKind::Kubernetes, "shop/deployer"));
    assert_eq!(actor.arn, "system:serviceaccount:shop:deployer");
    assert_eq!(
        (event.resources[0].kind, event.resources[0].arn.as_str()),
        (ResourceKind::Kubernetes, "pods/shop/web")
    );
}

#[test]
fn eks_names_the_identity_that_can_be_acted_on() {
    let user = json!({"username": "admin", "extra": {
        "arn": ["arn:aws:sts::111122223333:assumed-role/ops/ann"], "canonicalArn": ["arn:aws:iam::111122223333:role/path/ops"],
        "accessKeyId": ["ASIAEXAMPLE"], "sessionName": ["ann"]}});
    let event = only(&with("/user", user));
    let actor = event.actor.unwrap();
    assert_eq!(
        (actor.kind, actor.arn.as_str()),
        (PrincipalKind::Role, "arn:aws:iam::111122223333:role/path/ops")
    );
    assert_eq!((actor.session.as_deref(), actor.access_key.as_deref()), (Some("ann"), Some("ASIAEXAMPLE")));
    assert_eq!(event.account.as_deref(), Some("111122223333"));
    let anonymous = only(&with("/user", json!({"username": "system:anonymous"}))).actor.unwrap();
    assert_eq!(anonymous.kind, PrincipalKind::Unknown);
}

#[test]
fn what_became_of_a_request() {
    for (pointer, value, outcome) in [
        (
            "/responseStatus",
            json!({"code": 403, "reason": "Forbidden"}),
            EventOutcome::Failure("Forbidden".into()),
        ),
        ("/responseStatus", json!({"code": 500}), EventOutcome::Failure("500".into())),
        ("/responseStatus", json!(null), EventOutcome::Unknown),
        ("/responseStatus", json!("bent"), EventOutcome::Unknown),
    ] {
        assert_eq!(only(&with(pointer, value)).outcome, outcome);
    }
}

#[test]
fn stages_are_events_of_their_own_and_ids_cannot_hide_one() {
    let given = only(&audit().to_string());
    for changed in [
        with("/stage", json!("RequestReceived")),
        with("/verb", json!("delete")),
        with("/auditID", json!("x".repeat(200))),
    ] {
        assert_ne!(only(&changed).id, given.id, "{changed}");
    }
    assert_eq!(only(&with("/stageTimestamp", json!("2026-01-01T00:00:09Z"))).id, given.id);
}

#[test]
fn everything_that_it_comes_in() {
    let a = audit().to_string();
    for body in [
        json!({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": {}, "items": [audit()]}).to_string(),
        json!({"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "timestamp": 1, "message": a}]}).to_string(),
        json!({"Records": [{"eventSource": "aws:kinesis", "eventName": "aws:kinesis:record", "kinesis": {"data": STANDARD.encode(&a)}}]}).to_string(),
        json!({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": a}}]}).to_string(),
        json!({"Type": "Notification", "TopicArn": "arn:aws:sns:us-east-1:111122223333:t", "Message": a}).to_string(),
        json!({"Records": [{"eventSource": "aws:sqs", "messageId": "1", "receiptHandle": "r", "body": a}]}).to_string(),
        json!({"Messages": [{"MessageId": "1", "ReceiptHandle": "r", "Body": a}]}).to_string(),
        json!({"records": [{"recordId": "1", "data": STANDARD.encode(&a)}]}).to_string(),
        json!({"verb": "get", "objectRef": {"resource": "secrets"}}).to_string(),
        a.replace("audit.k8s.io/v1", "audit.k8s.io/v1beta1"),
    ] {
        assert_eq!(only(&body).source, Source::Kubernetes, "{body}");
    }
    let control = json!({"messageType": "CONTROL_MESSAGE", "logEvents": [
        {"id": "", "timestamp": 1, "message": "CWL CONTROL MESSAGE: Checking health of destination Firehose."}]});
    assert!(events(&control.to_string()).is_empty());
}
