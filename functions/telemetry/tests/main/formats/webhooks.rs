//! Webhooks of other systems, by a declared mapping.

use domain::{Source, delivery::Door};
use serde_json::json;
use telemetry::{Reading, Record, webhook::Mapping};

use crate::received;

const MAPPING: &str = "
name: scanner
about: What the scanner sends.
fields:
  id: $.alert.id
  time: $.alert.at
  title: $.alert.rule
  severity: $.alert.priority
  resource: $.alert.bucket
severity:
  P1: critical
";

#[test]
fn a_mapped_body_is_an_event() {
    let mapping = Mapping::load(MAPPING).unwrap();
    let reading = Reading { mapping: Some(&mapping), ..Reading::delivery(Door::Webhook) };
    let body = json!({"Records": [1], "alert": {"id": 7, "at": 1_767_225_600, "rule": "Public bucket", "priority": "P1",
        "bucket": "arn:aws:s3:::books"}});
    let records = reading.read(body.to_string().as_bytes(), received());
    let [Record::Read(event)] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!((event.source, event.id.as_str()), (Source::Webhook, "webhook:scanner:7"));
    assert_eq!(
        (event.operation.as_str(), event.raw["severity"].as_str()),
        ("Public bucket", Some("critical"))
    );
    assert_eq!((event.resources[0].name.as_str(), &event.raw["details"]), ("books", &body));

    let lacking = reading.read(br#"{"alert": {"id": 7}}"#, received());
    let [Record::Unread { reason, .. }] = lacking.as_slice() else { panic!("{lacking:?}") };
    assert!(reason.contains("missing field"), "{reason}");
}

#[test]
fn the_mappings_that_come_along_are_read() {
    let falco = Mapping::load(include_str!("../../../../../policies/webhooks/falco.yaml")).unwrap();
    let reading = Reading { mapping: Some(&falco), ..Reading::delivery(Door::Webhook) };
    let body = json!({"uuid": "u-1", "priority": "Warning", "rule": "Terminal shell in container", "source": "syscall",
        "time": "2026-01-01T00:00:00.123456789Z", "hostname": "node-1", "output_fields": {"fd.rip": "198.51.100.7"}});
    let records = reading.read(body.to_string().as_bytes(), received());
    let [Record::Read(event)] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!(
        (event.raw["severity"].as_str(), event.origin.as_deref()),
        (Some("medium"), Some("198.51.100.7"))
    );
}
