//! Every form in which records are delivered.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{EventClass, EventOutcome, PrincipalKind, Source, delivery::Door};
use proptest::prelude::*;
use serde_json::{Value, json};
use telemetry::{Record, read};

use crate::{gzip, name, received, record};

/// For each record, its id, or `!` and its reason.
fn outline(bytes: &[u8], door: Door) -> Vec<String> {
    read(bytes, door, received())
        .into_iter()
        .map(|record| match record {
            Record::Read(event) => name(&event.id).to_owned(),
            Record::Unread { reason, .. } => format!("!{reason}"),
        })
        .collect()
}

fn finding() -> Value {
    json!({
        "schemaVersion": "2.0", "accountId": "111122223333", "region": "us-east-1", "partition": "aws", "id": "f1",
        "arn": "arn:aws:guardduty:us-east-1:111122223333:detector/d/finding/f1",
        "type": "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS", "severity": 8,
        "updatedAt": "2026-01-01T00:00:00.000Z",
        "resource": {"resourceType": "AccessKey", "accessKeyDetails":
            {"accessKeyId": "ASIAEXAMPLE", "principalId": "AROA:i-1", "userType": "AssumedRole", "userName": "app"}},
        "service": {"serviceName": "guardduty", "eventLastSeen": "2025-12-31T23:00:00.000Z", "action": {"actionType": "AWS_API_CALL",
            "awsApiCallAction": {"api": "ListBuckets", "remoteIpDetails": {"ipAddressV4": "198.51.100.7"}}}},
    })
}

/// Keys as GetFindings writes them.
fn capitalised(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let key = |k: &str| k[..1].to_uppercase() + &k[1..];
            Value::Object(map.iter().map(|(k, v)| (key(k), capitalised(v))).collect())
        }
        other => other.clone(),
    }
}

#[test]
fn containers_are_recognised_by_content() {
    let (a, b) = (record("a"), record("b"));
    let bridge = |detail: &Value, kind: &str| json!({"version": "0", "id": "x", "detail-type": kind, "source": "aws.iam", "detail": detail});
    let lookup = json!({"Events": [
        {"EventId": "a", "CloudTrailEvent": a.to_string()},
        {"EventId": "b", "CloudTrailEvent": b.to_string()},
    ]});
    let subscription = json!({"messageType": "DATA_MESSAGE", "logGroup": "trail", "logEvents": [
        {"id": "1", "timestamp": 1, "message": a.to_string()},
        {"id": "2", "timestamp": 2, "message": b.to_string()},
    ]})
    .to_string();
    let pretty = serde_json::to_string_pretty(&json!({"Records": [a, b]})).unwrap();
    let calls = [bridge(&a, "AWS API Call via CloudTrail"), bridge(&b, "AWS Console Sign In via CloudTrail")];
    for (name, body) in [
        ("log file", json!({"Records": [a, b]}).to_string().into_bytes()),
        ("pretty log file", pretty.clone().into_bytes()),
        ("compressed log file", gzip(&pretty)),
        ("two members", [gzip(format!("{a}\n")), gzip(b.to_string())].concat()),
        ("lines", format!("{a}\r\n\r\n{b}\r\n").into_bytes()),
        ("marked lines", format!("\u{feff}{a}\n{b}").into_bytes()),
        ("lines without breaks", format!("{a}{b}").into_bytes()),
        ("pretty values", format!("{a:#}\n{b:#}").into_bytes()),
        ("array", json!([a, b]).to_string().into_bytes()),
        (
            "log files in lines",
            format!("{}\n{}", json!({"Records": [a]}), json!({"Records": [b]})).into_bytes(),
        ),
        ("EventBridge", json!(calls).to_string().into_bytes()),
        ("EventBridge in lines", format!("{}\n{}", calls[0], calls[1]).into_bytes()),
        ("LookupEvents", lookup.to_string().into_bytes()),
        ("CloudWatch Logs", subscription.clone().into_bytes()),
        (
            "CloudWatch Logs to a function",
            json!({"awslogs": {"data": STANDARD.encode(gzip(&subscription))}}).to_string().into_bytes(),
        ),
    ] {
        assert_eq!(outline(&body, Door::Logs), ["a", "b"], "{name}");
    }
    assert_eq!(outline(a.to_string().as_bytes(), Door::Drill), ["a"]);
}

#[test]
fn one_bad_record_does_not_cost_its_neighbours() {
    let (a, b) = (record("a"), record("b"));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (name, body) in [
        ("bad line", format!("{a}\n{{\"eventName\": \"cut\n{b}\n")),
        ("bad first line", format!("{{\"eventName\": \"cut\n{a}\n{b}\n")),
        ("text between lines", format!("{a}\n# comment\n{b}\n")),
        ("bad element", format!("{{\"Records\":[{a},{{\"eventName\":nope}},{b}]}}")),
        ("no object", format!("{{\"Records\":[{a},17,{b}]}}")),
        ("deep element", format!("{{\"Records\":[{a},{{\"eventName\":{deep}}},{b}]}}")),
        ("large element", format!("{{\"Records\":[{a},{{\"x\":\"{}\"}},{b}]}}", "x".repeat(3_000_000))),
        ("cut off log file", format!("{{\"Records\":[{a},{b},{{\"eventName\":")),
        ("log file cut off behind a comma", format!("{{\"Records\":[{a},\n{b},")),
        ("cut off array", format!("[{a},{b},{{\"eventName\":\"x")),
    ] {
        let found = outline(body.as_bytes(), Door::Logs);
        assert_eq!(found.len(), 3, "{name}: {found:?}");
        let read: Vec<_> = found.iter().filter(|id| !id.starts_with('!')).collect();
        assert_eq!(read, ["a", "b"], "{name}: {found:?}");
    }
    let whole = gzip((0..2000).map(|n| format!("{}\n", record(&n.to_string()))).collect::<String>());
    let found = outline(&whole[..whole.len() / 2], Door::Logs);
    assert!(found.len() > 100 && found.last().is_some_and(|last| last.starts_with("!Cut off")));
    assert!(found.iter().take(found.len() - 2).all(|id| !id.starts_with('!')));
}

#[test]
fn what_is_not_read_is_named() {
    for (body, reason) in [
        (String::new(), "empty"),
        ("   \r\n".into(), "empty"),
        (json!({"logEvents": [{"id": "1", "timestamp": 1, "message": ""}]}).to_string(), "empty"),
        ("hello".into(), "not JSON"),
        ("<xml/>".into(), "not JSON"),
        ("[INFO] started".into(), "not JSON"),
        ("[]x".into(), "not JSON"),
        ("2 111122223333 eni-0a1 198.51.100.7 - -".into(), "VPC flow log"),
        (json!({"kind": "Event", "apiVersion": "v1", "involvedObject": {}}).to_string(), "no known record"),
        (json!({"eventname": "ListUsers", "eventsource": "iam.amazonaws.com"}).to_string(), "lower case"),
        (json!({"class_uid": 6003, "metadata": {}}).to_string(), "OCSF"),
        (json!({"s3Bucket": "b", "s3ObjectKey": ["k"]}).to_string(), "notification of CloudTrail"),
        (json!({"awsAccountId": "1", "digestStartTime": "x", "logFiles": []}).to_string(), "digest file"),
        (
            json!({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {}}]})
                .to_string(),
            "S3 event notification",
        ),
        (
            json!({"Records": [{"eventSource": "aws:kinesis", "eventName": "r", "kinesis": {"data": ""}}]})
                .to_string(),
            "Kinesis",
        ),
        (
            json!({"detail-type": "EC2 Spot Interruption", "detail": {"x": 1}}).to_string(),
            "EC2 Spot Interruption",
        ),
        (json!({"eventName": "ListUsers"}).to_string(), "`eventSource`"),
        (json!({}).to_string(), "no known record"),
        (
            json!({"id": "1", "title": "t", "severity": 90, "time": "2026-01-01T00:00:00Z"}).to_string(),
            "signature",
        ),
        ("[".repeat(10_000) + &"]".repeat(10_000), "envelopes"),
    ] {
        let found = outline(body.as_bytes(), Door::Logs);
        assert!(
            found.len() == 1 && found[0].starts_with('!') && found[0].contains(reason),
            "{body:.80}: {found:?}"
        );
    }
}

#[test]
fn guardduty_findings_in_both_spellings() {
    let bridge = json!({"detail-type": "GuardDuty Finding", "source": "aws.guardduty", "detail": finding()});
    for body in [finding(), bridge, json!({"Findings": [capitalised(&finding())]})] {
        let records = read(body.to_string().as_bytes(), Door::Logs, received());
        let [Record::Read(event)] = records.as_slice() else { panic!("{records:?}") };
        assert_eq!((event.source, event.class), (Source::Guardduty, EventClass::DetectionFinding));
        assert_eq!(event.id.as_str(), "guardduty:f1@2026-01-01T00:00:00.000Z");
        assert_eq!(event.operation, "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS");
        assert_eq!(event.origin.as_deref(), Some("198.51.100.7"));
        assert_eq!(event.time, "2025-12-31T23:00:00Z".parse().unwrap());
        let actor = event.actor.as_ref().unwrap();
        assert_eq!(
            (actor.kind, actor.arn.as_str()),
            (PrincipalKind::Role, "arn:aws:iam::111122223333:role/app")
        );
        assert_eq!(
            (actor.session.as_deref(), actor.access_key.as_deref()),
            (Some("i-1"), Some("ASIAEXAMPLE"))
        );
    }
}

#[test]
fn doors_decide_what_a_record_may_claim() {
    let alert =
        json!({"id": "7", "time": "2026-01-01T00:00:00Z", "title": "Token used twice", "severity": 80})
            .to_string();
    assert_eq!(outline(alert.as_bytes(), Door::Webhook), ["webhook:7"]);
    assert!(outline(alert.as_bytes(), Door::Logs)[0].starts_with('!'));
    assert!(outline(alert.as_bytes(), Door::Drill)[0].starts_with('!'));
    assert!(outline(record("a").to_string().as_bytes(), Door::Webhook)[0].starts_with('!'));
}

#[test]
fn fragments_are_read_leniently() {
    let bent = json!({"eventName": "PutUserPolicy", "eventSource": "iam.amazonaws.com", "eventTime": "soon", "eventID": 7,
        "userIdentity": ["x"], "requestParameters": "y", "resources": 3, "errorCode": "AccessDenied", "awsRegion": null});
    let records = read(bent.to_string().as_bytes(), Door::Logs, received());
    let [Record::Read(event)] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!(event.id, domain::Digest::of_json(&bent).0.into());
    assert_eq!((event.time, &event.actor), (received(), &None));
    assert_eq!(event.outcome, EventOutcome::Failure("AccessDenied".into()));

    let login = json!({"eventName": "ConsoleLogin", "eventSource": "signin.amazonaws.com", "eventType": "AwsConsoleSignIn",
        "errorMessage": "Failed authentication", "responseElements": {"ConsoleLogin": "Failure"}});
    let records = read(login.to_string().as_bytes(), Door::Logs, received());
    let [Record::Read(event)] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!(event.class, EventClass::Authentication);
    assert_eq!(event.outcome, EventOutcome::Failure("Failed authentication".into()));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let is_list = bytes.trim_ascii().starts_with(b"[");
        let found = read(&bytes, Door::Logs, received());
        prop_assert!(is_list || !found.is_empty());
    }

    #[test]
    fn any_damage_to_a_log_file_leaves_the_records_before_it(at in 0usize..2000, byte in any::<u8>()) {
        let records: Vec<_> = (0..6).map(|n| record(&n.to_string())).collect();
        let mut body = json!({"Records": records}).to_string().into_bytes();
        let at = at % body.len();
        body[at] = byte;
        let before = body.len() / 7 * (at * 6 / body.len());
        let found = outline(&body, Door::Logs);
        prop_assert!(!found.is_empty());
        let untouched = found.iter().filter(|id| !id.starts_with('!')).count();
        prop_assert!(at < 20 || untouched >= (before / (body.len() / 6)).saturating_sub(1), "{at} {found:?}");
    }
}
