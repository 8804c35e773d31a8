//! Detection as its host sees it, with rules and weights that come with A-SOC.
#![allow(clippy::unwrap_used, clippy::panic)] // Clippy knows only functions marked as tests, not those around them.

mod correlations;
mod drills;
mod fuzz;
mod lists;
mod memory;
mod proofs;
mod risk;

use std::{fs, path::PathBuf};

use agent::{Agent, Decision, Observed, State, Write};
use detection::{Answer, Context, Detection, Evidence, Indicators, Settings, Weights};
use domain::{Delivery, Digest, Event, Finding, Time, delivery::Door, message::Alert};
use serde_json::Value;
use sigma::RuleSet;
use telemetry::Record;

/// A file or folder of the project.
fn project(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The rules that these tests are written on. There are many more under `policies/detections`, and each would find
/// something of its own in the same events.
const RULES: [&str; 10] = [
    "access-key-created-for-another-user",
    "access-taken-from-many",
    "administrator-policy-attached",
    "bucket-policy-public",
    "bucket-public-access-block-removed",
    "caller-identity-asked-by-attack-tool",
    "instance-credential-explores",
    "instance-credential-used-outside",
    "permissions-explored",
    "trail-stopped",
];

/// Those rules, all of which must load.
fn rules() -> RuleSet {
    let read = |name: &str| {
        let file = format!("{name}.yml");
        (file.clone(), fs::read_to_string(project("policies/detections").join(file)).unwrap())
    };
    let (rules, errors) = RuleSet::load(&RULES.map(read));
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
    let delivery = Delivery {
        digest: Digest::of(b""),
        name: "test".into(),
        door: Door::Logs,
        mapping: None,
        received: now(),
    };
    let ids = events.iter().map(|event| event.id.clone()).collect();
    Alert { delivery: delivery.digest, name: delivery.name, events: ids, sample: Vec::new(), drill }
}

/// The weights that come with A-SOC.
fn weights() -> Weights {
    Weights::parse(&fs::read_to_string(project("policies/risk/weights.yaml")).unwrap()).unwrap()
}

/// Detection by the rules and weights that come with A-SOC, and these indicators.
fn detection(indicators: &str) -> Detection {
    let (indicators, errors) = Indicators::load(&[("iocs.txt".into(), indicators.into())]);
    assert_eq!(errors, []);
    Detection::new(Settings { rules: rules(), weights: weights(), indicators })
}

fn evidence(events: Vec<Event>, context: Context, states: Vec<State>) -> Observed<Evidence> {
    let ids = events.iter().map(|event| event.id.clone()).collect();
    let facts = Evidence { ids, digest: Digest::of_json(&events), events, context, states };
    Observed { now: now(), facts }
}

fn decide(events: Vec<Event>, context: Context, drill: bool) -> Decision<Answer> {
    let alert = alert(&events, drill);
    detection("").decide(&alert, &evidence(events, context, Vec::new()))
}

fn findings(decision: &Decision<Answer>) -> Vec<&Finding> {
    decision
        .writes
        .iter()
        .filter_map(|write| match write {
            Write::Finding(finding) => Some(finding.as_ref()),
            Write::State(_) => None,
            other => panic!("{other:?}"),
        })
        .collect()
}

fn states(decision: &Decision<Answer>) -> Vec<&State> {
    let states = decision.writes.iter().filter_map(|write| match write {
        Write::State(state) => Some(state),
        _ => None,
    });
    states.collect()
}
