//! Any bytes: nothing panics, and each piece has its position. Quick here; as long as wanted under `cargo bolero test`.

use std::{ops::ControlFlow, sync::LazyLock};

use domain::delivery::Door;
use telemetry::{FlowFormat, Reading, Scanned, scan, webhook::Mapping};

use crate::{gzip, received};

static MAPPING: LazyLock<Mapping> = LazyLock::new(|| {
    let text =
        "{name: s, fields: {id: $.id, time: $.time, title: $.title, severity: $.severity, actor: $.actor}}";
    Mapping::load(text).unwrap()
});

fn positions(bytes: &[u8], reading: &Reading<'_>) {
    let mut next = 0;
    scan(bytes, reading, |position, scanned| {
        assert_eq!(position, next);
        next += 1;
        if let Scanned::Record(raw) = scanned {
            let event = raw.event(received());
            assert!(!event.id.as_str().is_empty());
            assert_eq!(event.source, raw.source());
            assert_eq!(event.time, raw.time().unwrap_or(received()));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
}

/// Bytes put where a record of each log has its fields.
fn records(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let quoted = serde_json::Value::from(text.as_ref()).to_string();
    let value =
        if serde_json::from_slice::<serde_json::Value>(bytes).is_ok() { text.into_owned() } else { quoted };
    let heads = [
        r#""eventName":"x","eventSource":"iam.amazonaws.com","userIdentity":V,"requestParameters":V,"eventTime":V"#,
        r#""eventType":"AwsCloudTrailInsight","insightDetails":V,"eventID":V"#,
        r#""type":"x","service":{"serviceName":"guardduty","action":V,"detection":{"sequence":V}},"resource":V"#,
        r#""type":"x","arn":"arn:aws:guardduty:r:1:d/x","service":{"detection":{"sequence":{"actors":V,"resources":V}}}"#,
        r#""kind":"Event","apiVersion":"audit.k8s.io/v1","verb":V,"user":V,"objectRef":V,"responseStatus":V"#,
        r#""class_uid":2004,"finding_info":V,"resources":V,"cloud":V,"time":V"#,
        r#""ProductArn":"x","Id":"y","Resources":V,"Severity":V,"Types":V"#,
        r#""srcaddr":V,"dstaddr":V,"start":V,"protocol":V"#,
        r#""id":"1","timestamp":1,"message":V"#,
        r#""detail-type":"x","detail":V"#,
        r#""detail-type":"x","detail":{"findings":V}"#,
        r#""id":V,"title":V,"time":"2026-01-01T00:00:00Z","severity":V,"actor":V"#,
    ];
    heads.iter().map(|head| format!("{{{}}}", head.replace('V', &value))).collect()
}

#[test]
fn fuzz_stream() {
    bolero::check!().for_each(|bytes| positions(bytes, &Reading::delivery(Door::Logs)));
}

#[test]
fn fuzz_compressed() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let mut whole = gzip(bytes);
        positions(&whole, &Reading::delivery(Door::Logs));
        if let Some(byte) = bytes.first().map(|at| usize::from(*at) % whole.len()) {
            whole[byte] ^= 0x41;
        }
        positions(&whole, &Reading::delivery(Door::Logs));
    });
}

#[test]
fn fuzz_records() {
    bolero::check!().for_each(|bytes| {
        for record in records(bytes) {
            positions(record.as_bytes(), &Reading::delivery(Door::Logs));
        }
    });
}

#[test]
fn fuzz_flow_lines() {
    let format = FlowFormat::parse("${version} ${srcaddr} ${dstaddr}").unwrap();
    bolero::check!().for_each(|bytes: &[u8]| {
        let text = [b"version account-id srcaddr dstport start\n", bytes].concat();
        positions(&text, &Reading::file());
        positions(bytes, &Reading { flow_format: Some(&format), ..Reading::file() });
    });
}

#[test]
fn fuzz_webhooks() {
    bolero::check!().for_each(|bytes| {
        for record in records(bytes) {
            positions(record.as_bytes(), &Reading::delivery(Door::Webhook));
            positions(
                record.as_bytes(),
                &Reading { mapping: Some(&MAPPING), ..Reading::delivery(Door::Webhook) },
            );
        }
    });
}

/// What a person writes, with a few places changed: where, how much goes, what comes.
fn changed(text: &str, bytes: &[u8]) -> String {
    let mut changed = text.as_bytes().to_vec();
    for change in bytes.chunks(8) {
        let [high, low, gone, new @ ..] = change else { break };
        let from = usize::from(u16::from_be_bytes([*high, *low])) % (changed.len() + 1);
        let to = changed.len().min(from + usize::from(*gone % 16));
        changed.splice(from..to, new.iter().copied());
    }
    String::from_utf8_lossy(&changed).into_owned()
}

#[test]
fn fuzz_mappings() {
    let mapping = "{name: s, about: t, fields: {id: '$.a[?@.b == 1].c', time: $.t, title: $..*, severity: '$[0:9:2]', \
                   actor: '$.x[?match(@.y, \"z*\")]', origin: 192.0.2.1}, severity: {P1: critical, P2: 60, '*': low}}";
    let record = r#"{"a":[{"b":1,"c":"id"}],"t":"2026-01-01T00:00:00Z","x":[{"y":"z"}]}"#;
    assert!(Mapping::load(mapping).is_ok());
    bolero::check!().for_each(|bytes| {
        for text in [changed(mapping, bytes), String::from_utf8_lossy(bytes).into_owned()] {
            if let Ok(mapping) = Mapping::load(&text) {
                let reading = Reading { mapping: Some(&mapping), ..Reading::delivery(Door::Webhook) };
                positions(record.as_bytes(), &reading);
            }
        }
    });
}

#[test]
fn fuzz_flow_formats() {
    let format = "${version} ${account-id} ${srcaddr} ${dstaddr} ${start} ${pkt-src-aws-service}";
    bolero::check!().for_each(|bytes| {
        for text in [changed(format, bytes), String::from_utf8_lossy(bytes).into_owned()] {
            if let Ok(format) = FlowFormat::parse(&text) {
                let line = b"2 111122223333 198.51.100.7 10.0.0.1 1767225600 -\n";
                positions(line, &Reading { flow_format: Some(&format), ..Reading::file() });
            }
            positions(format!("{text}\n2 1 2 3\n").as_bytes(), &Reading::file());
        }
    });
}
