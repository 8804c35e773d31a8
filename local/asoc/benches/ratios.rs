//! The pieces around the engine, each beside the work that nobody can do without.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)] // A bench prints, and may stop.

#[path = "../../../shared/sigma/benches/cloudtrail.rs"]
mod cloudtrail;
#[path = "../../../shared/sigma/benches/turns.rs"]
mod turns;

use std::hint::black_box;

use compliance::{Attested, chain};
use domain::{Digest, MessageId, Time, delivery::Door};
use serde_json::Value;
use turns::Turns;

const ROUNDS: usize = 9;
const EVENTS: u64 = 5_000;
const ENTRIES: usize = 5_000;

fn main() {
    let lines: Vec<String> = (0..EVENTS).map(cloudtrail::record).collect();
    let bytes = lines.join("\n").into_bytes();
    let parse = || {
        for line in &lines {
            black_box(serde_json::from_str::<Value>(line).unwrap());
        }
    };
    let read = || drop(black_box(telemetry::read(&bytes, Door::Logs, Time::from_millis(0))));
    compare("telemetry: read and normalise", EVENTS, &read, "serde_json: parse to Value", &parse);

    let attested: Vec<Attested> = (0..ENTRIES).map(attested).collect();
    let texts: Vec<String> = attested.iter().map(|a| serde_json::to_string(a).unwrap()).collect();
    let seal = || drop(black_box(chain::append(None, &attested, Time::from_millis(0))));
    let hash = || {
        for text in &texts {
            black_box(Digest::of(text.as_bytes()));
        }
    };
    compare("ledger: append to the chain", ENTRIES as u64, &seal, "sha2: hash the same content", &hash);
}

fn compare(name: &str, items: u64, ours: &dyn Fn(), peer: &str, theirs: &dyn Fn()) {
    let turns = Turns::measure(ROUNDS, &[ours, theirs]);
    let micros = turns.seconds(0) / items as f64 * 1e6;
    println!("{name:<32} {micros:>6.2} us each, {:.2} times as long as {peer}", turns.ratio(0, 1));
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
