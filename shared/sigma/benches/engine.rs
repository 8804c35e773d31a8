//! CPU time per event of one thread: this engine beside `rsigma`, and beside itself with more rules.
//!
//! All start from the same plain JSON lines. `rsigma` parses with serde_json to a `Value`, as its own program does, has no
//! rules but those for the log, and runs with and without each of its indexes. Rules that it refuses are left out on both
//! sides, and so are correlations, which both fold apart from this.
//!
//! Where both find different numbers of matches, a rule asks for the text of an object, which has none there.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)] // A bench prints, and may stop.

mod cloudtrail;
mod rules;
mod turns;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    hint::black_box,
    path::Path,
};

use json::Document;
use rsigma_eval::{Engine, JsonEvent};
use rsigma_parser::{SigmaCollection, parse_sigma_yaml};
use serde_json::Value;
use sigma::{LogSource, RuleSet};
use turns::Turns;

const EVENTS: u64 = 200_000;
const ROUNDS: usize = 3;

/// Matches by a rule's id.
type Counts = BTreeMap<String, usize>;

fn main() {
    let lines: Vec<String> = (0..EVENTS).map(cloudtrail::record).collect();
    let bytes: usize = lines.iter().map(String::len).sum();
    println!("{EVENTS} generated CloudTrail records of {} bytes on average, one thread", bytes / lines.len());

    let rules = rules_of_both();
    let ours = load(&rules);
    let peers = [
        ("rsigma", rsigma(&rules, false, false)),
        ("rsigma with its cross-rule index", rsigma(&rules, true, false)),
        ("rsigma with its bloom filter", rsigma(&rules, false, true)),
    ];
    compare(&counts(&ours, &lines), &counts_of_rsigma(&peers[0].1, &lines));

    let (few, many) = (load(&rules::rules(60)), load(&rules::rules(1000)));
    let parse = || {
        for line in &lines {
            black_box(Document::parse(line.as_bytes()).unwrap());
        }
    };
    let match_ours = || matched(&ours, &lines);
    let match_few = || matched(&few, &lines);
    let match_many = || matched(&many, &lines);
    let match_peers = peers.each_ref().map(|(_, engine)| || matched_by_rsigma(engine, &lines));
    let mut works: Vec<(&str, &dyn Fn())> = vec![
        ("ours", &match_ours),
        ("ours, parsing alone", &parse),
        ("ours, 60 generated rules", &match_few),
        ("ours, 1,000 generated rules", &match_many),
    ];
    works.extend(peers.iter().zip(&match_peers).map(|((name, _), run)| (*name, run as &dyn Fn())));
    let turns = Turns::measure(ROUNDS, &works.iter().map(|(_, run)| *run).collect::<Vec<_>>());

    for (place, (name, _)) in works.iter().enumerate() {
        println!("{name:<42} {:>7.2} us an event", turns.seconds(place) / EVENTS as f64 * 1e6);
    }
    let best = (4..works.len()).map(|peer| turns.ratio(peer, 0)).fold(f64::INFINITY, f64::min);
    println!("rsigma at its best takes {best:.2} times as long   wanted: at least 3");
    println!("1,000 rules take {:.2} times as long as 60          wanted: at most 1.25", turns.ratio(3, 2));
}

/// The detections of our folder for CloudTrail that `rsigma` takes too, each as a file of its own.
fn rules_of_both() -> Vec<(String, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/detections");
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "yml"));
    files.sort();
    let (mut taken, mut correlations, mut filters, mut refused) = (Vec::new(), 0, 0, 0);
    for path in &files {
        let name = path.file_name().unwrap().to_string_lossy();
        for (number, text) in fs::read_to_string(path).unwrap().split("\n---\n").enumerate() {
            match parse_sigma_yaml(text).map_err(|error| error.to_string()) {
                Ok(read) if !read.correlations.is_empty() => correlations += 1,
                Ok(read) if !read.filters.is_empty() => filters += 1,
                Ok(read)
                    if read
                        .rules
                        .iter()
                        .any(|rule| rule.logsource.service.as_deref() != Some("cloudtrail")) => {}
                Ok(read) => {
                    let added = Engine::new().add_collection(&read).map_err(|error| error.to_string());
                    match added.err().into_iter().chain(read.errors).next() {
                        None => taken.push((format!("{number}-{name}"), text.to_owned())),
                        Some(why) => {
                            refused += 1;
                            println!("rsigma refuses {name}: {why}");
                        }
                    }
                }
                Err(why) => {
                    refused += 1;
                    println!("rsigma cannot read {name}: {why}");
                }
            }
        }
    }
    println!(
        "{} rules of our folder for CloudTrail on both sides; left out: {refused} that rsigma refuses, \
         {correlations} correlations, {filters} filters",
        taken.len()
    );
    taken
}

fn load(files: &[(String, String)]) -> RuleSet {
    let (set, errors) = RuleSet::load(files);
    assert!(errors.is_empty(), "{errors:?}");
    set
}

fn rsigma(files: &[(String, String)], index: bool, bloom: bool) -> Engine {
    let mut engine = Engine::new();
    engine.set_cross_rule_ac(index);
    engine.set_bloom_prefilter(bloom);
    let mut all = SigmaCollection::new();
    all.rules = files.iter().flat_map(|(_, text)| parse_sigma_yaml(text).unwrap().rules).collect();
    engine.add_collection(&all).unwrap();
    engine
}

fn source() -> LogSource {
    LogSource::new("aws", "cloudtrail")
}

fn matched(set: &RuleSet, lines: &[String]) {
    let source = source();
    for line in lines {
        let event = Document::parse(line.as_bytes()).unwrap();
        black_box(set.matches(&source, &event));
    }
}

fn matched_by_rsigma(engine: &Engine, lines: &[String]) {
    for line in lines {
        let value: Value = serde_json::from_str(line).unwrap();
        black_box(engine.evaluate(&JsonEvent::borrow(&value)));
    }
}

fn counts(set: &RuleSet, lines: &[String]) -> Counts {
    let (source, mut counts) = (source(), Counts::new());
    for line in lines {
        let event = Document::parse(line.as_bytes()).unwrap();
        for found in set.matches(&source, &event) {
            *counts.entry(found.rule.id.clone()).or_default() += 1;
        }
    }
    counts
}

fn counts_of_rsigma(engine: &Engine, lines: &[String]) -> Counts {
    let mut counts = Counts::new();
    for line in lines {
        let value: Value = serde_json::from_str(line).unwrap();
        for found in engine.evaluate(&JsonEvent::borrow(&value)) {
            *counts.entry(found.header.rule_id.unwrap_or_default()).or_default() += 1;
        }
    }
    counts
}

/// Says whether both find the same.
fn compare(ours: &Counts, theirs: &Counts) {
    let rules: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    let mut differences = 0;
    for rule in &rules {
        let count = |counts: &Counts| counts.get(*rule).copied().unwrap_or_default();
        if count(ours) != count(theirs) {
            differences += 1;
            println!("rule {rule}: {} matches here, {} there", count(ours), count(theirs));
        }
    }
    let all: usize = ours.values().sum();
    println!("{all} matches of {} rules; differences to rsigma: {differences} rules", rules.len());
}
