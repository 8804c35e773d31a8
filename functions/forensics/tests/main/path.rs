//! The attack, in order.

use domain::{EventClass, EventOutcome, ResourceKind};
use serde_json::json;

use crate::given::*;

#[test]
fn the_attackers_acts_are_told_in_order_and_nobody_elses() {
    let eve = user("eve");
    let mut assumed = event("e3", at(3), "sts:AssumeRole", &eve, ATTACKER);
    assumed.raw = json!({"requestParameters": {"roleArn": arn("role", "open"), "roleSessionName": "x"},
                         "responseElements": {"credentials": {"accessKeyId": "ASIATHEIRS"}}});
    let mut stolen = session("open", "x");
    stolen.access_key = Some("ASIATHEIRS".to_owned());
    let mut other_key = user("bob");
    other_key.access_key = Some("ASIATHEIRS".to_owned());
    let mut refused = event("e2", at(2), "iam:ListUsers", &eve, ATTACKER);
    refused.outcome = EventOutcome::Failure("AccessDenied".to_owned());
    let mut login = event("e1", at(0), "signin:ConsoleLogin", &eve, ATTACKER);
    login.class = EventClass::Authentication;
    let history = vec![
        event("e6", at(6), "s3:ListBuckets", &other_key, "203.0.113.200"),
        event("e5", at(5), "s3:GetObject", &stolen, "203.0.113.99"),
        assumed,
        event("e4", at(4), "ec2:DescribeInstances", &eve, "203.0.113.98"),
        refused,
        login.clone(),
        // Not theirs: at home there for days; another person; inside; the same role by somebody else.
        event("n1", at(-3000), "s3:PutObject", &eve, "192.0.2.50"),
        event("n2", at(3), "s3:PutObject", &eve, "192.0.2.50"),
        event("n3", at(3), "s3:PutObject", &user("ann"), "192.0.2.51"),
        event("n4", at(3), "s3:PutObject", &eve, "10.0.0.9"),
        event("n5", at(4), "s3:PutObject", &session("open", "nightly"), "192.0.2.52"),
        event("n6", at(-30), "s3:PutObject", &eve, "192.0.2.77"),
    ];
    let mut incident = incident(vec![eve]);
    incident.origins = vec![ATTACKER.to_owned()];
    let account = account(json!({"users": {"eve": {}, "bob": {}}, "roles": {"open": {}}}));
    let mut facts = evidence(&account, incident, history);
    facts.findings = vec![finding(&login, "Sign-in from a new place", "T1078.004")];
    let (graph, _) = preview(facts);

    let told: Vec<_> =
        graph.path.iter().map(|s| (s.event.as_str(), s.operation.as_str(), s.succeeded)).collect();
    assert_eq!(
        told,
        [
            ("e1", "ConsoleLogin", true),
            ("e2", "ListUsers", false),
            ("e3", "AssumeRole", true),
            ("e4", "DescribeInstances", true),
            ("e5", "GetObject", true),
            ("e6", "ListBuckets", true),
        ]
    );
    assert_eq!(graph.path[0].finding.as_deref(), Some("Sign-in from a new place"));
    assert_eq!(graph.path[0].technique.as_ref().map(|t| t.id.as_str()), Some("T1078.004"));
    assert!(graph.path[1].technique.is_none());
}

#[test]
fn repetitions_are_told_once_and_findings_survive_the_cut() {
    let eve = user("eve");
    let mut history: Vec<_> = (0..300)
        .map(|n| {
            let mut e = event(&format!("e{n:03}"), at(n), "s3:GetObject", &eve, ATTACKER);
            e.resources = vec![thing(ResourceKind::Bucket, &format!("arn:aws:s3:::b{}", n / 2))];
            e
        })
        .collect();
    let last = event("last", at(900), "s3:DeleteBucket", &eve, ATTACKER);
    history.push(last.clone());
    let mut facts = evidence(&account(json!({"users": {"eve": {}}})), incident(vec![eve]), history);
    facts.findings = vec![finding(&last, "A bucket is gone", "T1485")];
    let (graph, _) = preview(facts);
    assert_eq!(graph.path.len(), 100);
    assert_eq!(graph.path.last().unwrap().event.as_str(), "last");
    assert!(graph.path.is_sorted_by_key(|s| s.time));
    assert!(
        graph.blind_spots.iter().any(|b| b.contains("150 repetitions and 51 further")),
        "{:?}",
        graph.blind_spots
    );
}
