//! What telemetry decides about a delivery.

use agent::{Agent, Observed, Write};
use domain::{Party, Payload, delivery::Door};
use serde_json::json;
use telemetry::{Evidence, Telemetry};

use crate::{delivery, event_id, name, received, record};

fn evidence(body: &[u8], seen: &[&str]) -> Observed<Evidence> {
    let seen = seen.iter().map(|id| event_id(id)).collect();
    Observed { now: received(), facts: Evidence::new(body.to_vec(), seen) }
}

#[test]
fn new_events_are_stored_and_told_of() {
    let body = json!({"Records": [record("a"), record("b"), record("a"), record("c"), {"x": 1}]}).to_string();
    let delivery = delivery(body.as_bytes(), Door::Drill);
    let decision = Telemetry::default().decide(&delivery, &evidence(body.as_bytes(), &["c"]));

    let receipt = &decision.output;
    assert_eq!((receipt.given, receipt.read, receipt.duplicate, receipt.quarantined), (5, 2, 2, 1));
    assert!(receipt.reasons[0].starts_with("Record 4: "), "{:?}", receipt.reasons);
    let [Write::Events(events), Write::Quarantine(set_aside)] = decision.writes.as_slice() else {
        panic!("{:?}", decision.writes)
    };
    assert_eq!(events.iter().map(|e| name(&e.id)).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((set_aside[0].position, set_aside[0].raw.as_str()), (4, "{\"x\":1}"));
    let [to_detection, to_dashboard] = decision.messages.as_slice() else {
        panic!("{:?}", decision.messages)
    };
    assert_eq!((to_detection.receiver, to_dashboard.receiver), (Party::Detection, Party::Dashboard));
    let Payload::Alert(alert) = &to_detection.payload else { panic!("{to_detection:?}") };
    assert!(alert.drill && alert.events.len() == 2 && alert.sample[0].actor == "ann");
    let Payload::Notice(notice) = &to_dashboard.payload else { panic!("{to_dashboard:?}") };
    assert!(notice.text.contains("1 of 5 records") && notice.text.contains("Record 4"), "{}", notice.text);
    assert!(decision.messages.iter().all(|m| m.correlation_id == delivery.digest.0));
}

#[test]
fn a_second_delivery_says_nothing() {
    let body = record("a").to_string();
    let decision = Telemetry::default()
        .decide(&delivery(body.as_bytes(), Door::Logs), &evidence(body.as_bytes(), &["a"]));
    assert_eq!((decision.output.given, decision.output.duplicate), (1, 1));
    assert!(decision.writes.is_empty() && decision.messages.is_empty());
}

#[test]
fn events_that_only_share_an_id_are_two() {
    let mut other = record("a");
    other["eventName"] = "CreateUser".into();
    let mut by_another_way = record("a");
    by_another_way["eventCategory"] = "Management".into();
    let body = json!([record("a"), other, by_another_way]).to_string();
    let decision =
        Telemetry::default().decide(&delivery(body.as_bytes(), Door::Logs), &evidence(body.as_bytes(), &[]));
    assert_eq!((decision.output.read, decision.output.duplicate), (2, 1));
}

#[test]
fn large_deliveries_take_several_alerts() {
    let body: String = (0..1201).map(|n| format!("{}\n", record(&n.to_string()))).collect();
    let decision =
        Telemetry::default().decide(&delivery(body.as_bytes(), Door::Logs), &evidence(body.as_bytes(), &[]));
    let sizes: Vec<_> = decision
        .messages
        .iter()
        .map(|m| match &m.payload {
            Payload::Alert(alert) => (alert.events.len(), alert.sample.len()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(sizes, [(500, 5), (500, 5), (201, 5)]);
}
