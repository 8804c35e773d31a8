//! VPC flow logs.

use std::ops::ControlFlow;

use domain::{EventClass, EventOutcome, ResourceKind, Source};
use serde_json::json;
use telemetry::{FlowFormat, Reading, Scanned, scan};

use super::{events, only, refusal};

const HEADER: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status";
const ACCEPTED: &str =
    "2 111122223333 eni-0a1 198.51.100.7 10.0.0.5 40000 22 6 20 4249 1767225600 1767225660 ACCEPT OK";

#[test]
fn a_line_has_the_documented_names() {
    let event = only(ACCEPTED);
    assert_eq!(
        event.raw,
        json!({"version": 2, "account-id": "111122223333", "interface-id": "eni-0a1", "srcaddr": "198.51.100.7",
            "dstaddr": "10.0.0.5", "srcport": 40000, "dstport": 22, "protocol": 6, "packets": 20, "bytes": 4249,
            "start": 1_767_225_600, "end": 1_767_225_660, "action": "ACCEPT", "log-status": "OK"})
    );
    assert_eq!((event.source, event.class), (Source::VpcFlow, EventClass::NetworkActivity));
    assert_eq!(event.operation, "ACCEPT tcp/22");
    assert_eq!(event.time, "2026-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(
        (event.origin.as_deref(), event.account.as_deref()),
        (Some("198.51.100.7"), Some("111122223333"))
    );
    assert_eq!(event.outcome, EventOutcome::Success);
    assert_eq!(
        (event.resources[0].kind, event.resources[0].name.as_str()),
        (ResourceKind::NetworkInterface, "eni-0a1")
    );
    // The same line twice is one event, however it came.
    let message = json!({"logEvents": [{"id": "1", "timestamp": 1, "message": ACCEPTED}]}).to_string();
    assert_eq!(only(&message).id, event.id);
    assert_eq!(only(&format!("{HEADER}\n{ACCEPTED}\n")).id, event.id);
}

#[test]
fn every_kind_of_line() {
    let long = "version vpc-id instance-id pkt-srcaddr srcaddr dstaddr dstport protocol flow-direction action region account-id reject-reason";
    let v6 =
        "2 111122223333 eni-0a1 2001:db8::1 2001:db8::2 40000 443 6 1 60 1767225600 1767225660 REJECT OK";
    for (body, operation, origin, outcome) in [
        (v6.to_owned(), "REJECT tcp/443", Some("2001:db8::1"), EventOutcome::Failure("REJECT".into())),
        (
            format!("{HEADER}\n2 12345678910 eni-0a1 - - - - - - - 1767225600 1767225660 - NODATA"),
            "NODATA",
            None,
            EventOutcome::Unknown,
        ),
        ("2 111122223333 eni-0a1 - - - - - - - 1767225600 1767225660 - SKIPDATA".into(), "SKIPDATA", None, EventOutcome::Unknown),
        (
            format!("{long}\n8 vpc-1 i-0a1 203.0.113.9 10.0.0.1 10.0.0.5 53 17 egress REJECT us-east-1 111122223333 BPA"),
            "REJECT udp/53",
            Some("203.0.113.9"),
            EventOutcome::Failure("BPA".into()),
        ),
        ("version srcaddr dstaddr protocol action\n2 10.0.0.1 10.0.0.2 1 ACCEPT".into(), "ACCEPT icmp", Some("10.0.0.1"), EventOutcome::Success),
        (
            json!({"srcAddr": "10.0.0.1", "dstPort": "22", "protocol": 6, "action": "ACCEPT", "instance_id": "-"}).to_string(),
            "ACCEPT tcp/22",
            Some("10.0.0.1"),
            EventOutcome::Success,
        ),
    ] {
        let event = only(&body);
        assert_eq!((event.operation.as_str(), event.origin.as_deref()), (operation, origin), "{body}");
        assert_eq!(event.outcome, outcome, "{body}");
    }
    let named =
        only(&format!("{long}\n8 vpc-1 i-0a1 - 10.0.0.1 10.0.0.5 53 17 egress - us-east-1 111122223333 -"));
    assert_eq!(named.resources[0].arn, "arn:aws:ec2:us-east-1:111122223333:instance/i-0a1");
    assert!(named.raw.get("pkt-srcaddr").is_none() && named.raw["dstport"] == 53);
}

#[test]
fn a_line_of_another_length_costs_only_itself() {
    for (body, reason) in [
        (format!("{HEADER}\n2 111122223333 eni-0a1 - - - - - - - 1 2 -"), "14 fields, but it has 13"),
        (format!("{HEADER}\n{ACCEPTED} more"), "14 fields, but it has 15"),
        ("2 eni-0a1 10.0.0.1 10.0.0.2".to_owned(), "declare the format"),
        (
            json!({"logEvents": [{"id": "1", "timestamp": 1, "message": "2 eni-0a1 10.0.0.1 10.0.0.2"}]})
                .to_string(),
            "14 fields, and it has 4",
        ),
        ("2 111122223333 eni-0a1 10.0.0.1 10.0.0.2 1 2 6 1 1 1 2 OK ACCEPT".into(), "format of its own"),
    ] {
        let refused = refusal(&body);
        assert!(refused.contains(reason), "{refused}");
    }
    assert_eq!(events(&format!("{HEADER}\n{ACCEPTED}\n{HEADER}\n{ACCEPTED}\n")).len(), 2);
}

#[test]
fn a_format_can_be_declared() {
    let format = FlowFormat::parse("${version} ${interface-id} ${srcaddr} ${dstaddr}").unwrap();
    let reading = Reading { flow_format: Some(&format), ..Reading::file() };
    let mut found = Vec::new();
    let body = "2 eni-0a1 10.0.0.1 10.0.0.2\nhello\n2 eni-0a1 10.0.0.1\n";
    scan(body.as_bytes(), &reading, |position, scanned| {
        found.push(match scanned {
            Scanned::Record(raw) => format!("{position} {}", raw.text()),
            Scanned::Unread { reason, .. } => format!("{position} {reason:.13}"),
        });
        ControlFlow::Continue(())
    })
    .unwrap();
    let first = r#"0 {"version":2,"interface-id":"eni-0a1","srcaddr":"10.0.0.1","dstaddr":"10.0.0.2"}"#;
    assert_eq!(found, [first, "1 It is not JSO", "2 It is a line "]);
    for text in ["", "hello world", "${srcaddr} 10.0.0.1", "the version of a region is a type of action"] {
        assert!(FlowFormat::parse(text).is_err(), "{text}");
    }
}
