//! Detection as its host sees it, with the rules that come with A-SOC.
#![allow(clippy::unwrap_used, clippy::panic)] // Clippy knows only functions marked as tests, not those around them.

mod drills;
mod proofs;
mod risk;
mod rules;

use std::{fs, path::PathBuf};

use agent::{Agent, Decision, Observed, Write};
use detection::{Answer, Context, Detection, Evidence};
use domain::{Delivery, Digest, Event, Finding, Time, delivery::Door, message::Alert};
use serde_json::Value;
use sigma::RuleSet;
use telemetry::Record;

/// A file or folder of the project.
fn project(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The rules under `policies/detections`, all of which must load.
fn rules() -> RuleSet {
    let mut files: Vec<_> = fs::read_dir(project("policies/detections"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
        .collect();
    files.sort();
    let (rules, errors) = RuleSet::load(&files);
    assert_eq!(errors, []);
    rules
}

/// 2026-01-06T10:00:00Z.
fn now() -> Time {
    Time::from_millis(1_767_693_600_000)
}

/// The event that telemetry reads from a record.
fn event(record: &Value, door: Door) -> Event {
    let body = record.to_string();
    match telemetry::read(body.as_bytes(), door, now()).pop() {
        Some(Record::Read(event)) => *event,
        other => panic!("{record}: {other:?}"),
    }
}

fn alert(events: &[Event], drill: bool) -> Alert {
    let delivery =
        Delivery { digest: Digest::of(b""), name: "test".into(), door: Door::Logs, received: now() };
    let ids = events.iter().map(|event| event.id.clone()).collect();
    Alert { delivery: delivery.digest, name: delivery.name, events: ids, sample: Vec::new(), drill }
}

fn decide(rules: RuleSet, events: Vec<Event>, context: Context, drill: bool) -> Decision<Answer> {
    let ids = events.iter().map(|event| event.id.clone()).collect();
    let alert = alert(&events, drill);
    let evidence = Evidence { ids, digest: Digest::of_json(&events), events, context };
    Detection::new(rules).decide(&alert, &Observed { now: now(), facts: evidence })
}

fn findings(decision: &Decision<Answer>) -> Vec<&Finding> {
    decision
        .writes
        .iter()
        .map(|write| match write {
            Write::Finding(finding) => finding.as_ref(),
            other => panic!("{other:?}"),
        })
        .collect()
}
