//! Speed as ratios: each piece beside the work that nobody can do without, in turns, in one run.
//!
//! CPU is shared and clocks change, so that seconds of one run say little; the ratio of two medians taken in turns says more.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::{hint::black_box, time::Instant};

use asoc::policies::Policies;
use compliance::{Attested, chain};
use domain::{Digest, MessageId, Time, delivery::Door};
use serde_json::{Value, json};
use sigma::{LogSource, RuleSet};

const ROUNDS: usize = 15;
const EVENTS: usize = 5_000;
const ENTRIES: usize = 5_000;

fn main() {
    let lines = events();
    let bytes = lines.join("\n").into_bytes();
    let parsed: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (rules, faulty) = RuleSet::load(&Policies::load(None).unwrap().under("detections"));
    assert!(faulty.is_empty());
    let source = LogSource::new("aws", "cloudtrail");

    let parse = || {
        for line in &lines {
            black_box(serde_json::from_str::<Value>(line).unwrap());
        }
    };
    let read = || {
        black_box(telemetry::read(&bytes, Door::Logs, Time::from_millis(0)));
    };
    let detect = || {
        for event in &parsed {
            black_box(rules.matches(&source, event));
        }
    };
    compare("telemetry: read and normalise", EVENTS, &read, "serde_json: parse to Value", &parse);
    let name = format!("sigma: match {} rules", rules.rules().len());
    compare(&name, EVENTS, &detect, "serde_json: parse to Value", &parse);

    let attested: Vec<Attested> = (0..ENTRIES).map(attested).collect();
    let texts: Vec<String> = attested.iter().map(|a| serde_json::to_string(a).unwrap()).collect();
    let seal = || {
        black_box(chain::append(None, &attested, Time::from_millis(0)));
    };
    let hash = || {
        for text in &texts {
            black_box(Digest::of(text.as_bytes()));
        }
    };
    compare("ledger: append to the chain", ENTRIES, &seal, "sha2: hash the same content", &hash);
}

/// Runs both in turns and prints medians and their ratio.
fn compare(name: &str, items: usize, ours: &dyn Fn(), peer_name: &str, peer: &dyn Fn()) {
    let time = |work: &dyn Fn()| {
        let begin = Instant::now();
        work();
        begin.elapsed().as_secs_f64()
    };
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        a.push(time(ours));
        b.push(time(peer));
    }
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let (a, b) = (median(&mut a), median(&mut b));
    let rate = |seconds: f64| items as f64 / seconds / 1000.0;
    println!(
        "{name:<32} {:>8.0} k/s | {peer_name:<28} {:>8.0} k/s | {:>5.2} times as long",
        rate(a),
        rate(b),
        a / b
    );
}

/// Everyday records, a few percent of them worth a look.
fn events() -> Vec<String> {
    (0..EVENTS)
        .map(|n| {
            let (service, name) = match n % 40 {
                0 => ("iam.amazonaws.com", "CreateAccessKey"),
                1..=9 => ("s3.amazonaws.com", "GetObject"),
                10..=19 => ("ec2.amazonaws.com", "DescribeInstances"),
                20..=29 => ("sts.amazonaws.com", "AssumeRole"),
                _ => ("kms.amazonaws.com", "Decrypt"),
            };
            json!({
                "eventVersion": "1.11", "eventID": format!("{n:032x}"), "eventTime": "2026-01-05T03:00:00Z",
                "eventSource": service, "eventName": name, "awsRegion": "eu-central-1", "eventType": "AwsApiCall",
                "sourceIPAddress": format!("198.51.100.{}", n % 250), "userAgent": "Boto3/1.40 Python/3.13",
                "recipientAccountId": "111122223333", "managementEvent": true, "readOnly": n % 3 == 0,
                "userIdentity": {
                    "type": "AssumedRole", "principalId": "AROAEXAMPLE:job", "accountId": "111122223333",
                    "arn": "arn:aws:sts::111122223333:assumed-role/job/job", "accessKeyId": "ASIAEXAMPLE",
                    "sessionContext": { "sessionIssuer": {
                        "type": "Role", "arn": "arn:aws:iam::111122223333:role/job", "userName": "job",
                        "accountId": "111122223333", "principalId": "AROAEXAMPLE" } },
                },
                "requestParameters": { "bucketName": "reports", "key": format!("2026/{n}.csv"), "userName": "bob" },
                "responseElements": null,
                "tlsDetails": { "tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256" },
            })
            .to_string()
        })
        .collect()
}

fn attested(n: usize) -> Attested {
    Attested {
        message: MessageId(format!("msg-{n}")),
        kind: "REPORT".into(),
        correlation: "inc-0123456789abcdef".into(),
        sender: "detection".into(),
        content: Digest::of(&n.to_le_bytes()),
        decision: Digest::of(b"decision"),
        policies: Digest::of(b"policies"),
    }
}
