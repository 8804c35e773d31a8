//! CPU time per event of one thread: this engine beside `rsigma`, and beside itself with more rules.
//!
//! All start from the same plain JSON lines, in turns, and every round runs over all of them. `rsigma` parses with serde_json
//! to a `Value`, as its own program does, and runs with its cross-rule index on if that is faster.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod cloudtrail;
mod rules;

use std::{fs, hint::black_box, path::Path};

use json::Document;
use rsigma_eval::{Engine, JsonEvent, result::MatchDetailLevel};
use rustix::time::{ClockId, clock_gettime};
use sigma::{LogSource, RuleSet};

const EVENTS: u64 = 200_000;
const ROUNDS: usize = 5;

fn main() {
    let lines: Vec<String> = (0..EVENTS).map(cloudtrail::record).collect();
    let bytes: usize = lines.iter().map(String::len).sum();
    println!("{EVENTS} generated CloudTrail records, {} bytes each on average", bytes / lines.len());

    let ours = folder();
    let set = load(&ours);
    let plain = rsigma(&ours, false);
    let indexed = rsigma(&ours, true);
    let (few, many) = (load(&rules::rules(60)), load(&rules::rules(1000)));
    let runs: [(&str, &dyn Fn() -> usize); 5] = [
        ("ours, our rules", &|| matched(&set, &lines)),
        ("rsigma, our rules", &|| matched_by_rsigma(&plain, &lines)),
        ("rsigma with cross-rule index, our rules", &|| matched_by_rsigma(&indexed, &lines)),
        ("ours, 60 generated rules", &|| matched(&few, &lines)),
        ("ours, 1000 generated rules", &|| matched(&many, &lines)),
    ];
    let mut times = vec![Vec::new(); runs.len()];
    let mut found = vec![0; runs.len()];
    for _ in 0..ROUNDS {
        for (place, (_, run)) in runs.iter().enumerate() {
            let begin = cpu_seconds();
            found[place] = black_box(run());
            times[place].push(cpu_seconds() - begin);
        }
    }
    let medians: Vec<f64> = times
        .iter_mut()
        .map(|times| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        })
        .collect();
    for (place, (name, _)) in runs.iter().enumerate() {
        let micros = medians[place] / EVENTS as f64 * 1e6;
        println!("{name:<42} {micros:>7.2} us an event, {:>7} matches", found[place]);
    }
    let peer = medians[1].min(medians[2]);
    println!("rules in our folder: {}", set.rules().len());
    println!("rsigma takes {:.2} times as long (wanted: at least 3)", peer / medians[0]);
    println!("1000 rules take {:.2} times as long as 60 (wanted: at most 1.25)", medians[4] / medians[3]);
}

fn folder() -> Vec<(String, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/detections");
    let mut files: Vec<(String, String)> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "yml"))
        .map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap()))
        .collect();
    files.sort();
    files
}

fn load(files: &[(String, String)]) -> RuleSet {
    let (set, errors) = RuleSet::load(files);
    assert!(errors.is_empty(), "{errors:?}");
    set
}

fn matched(set: &RuleSet, lines: &[String]) -> usize {
    let source = LogSource::new("aws", "cloudtrail");
    lines
        .iter()
        .map(|line| {
            let event = Document::parse(line.as_bytes()).unwrap();
            set.matches(&source, &event).len()
        })
        .sum()
}

/// The rules of the folder that rsigma takes for CloudTrail's log: detections only.
fn rsigma(files: &[(String, String)], index: bool) -> Engine {
    let mut engine = Engine::new();
    engine.set_cross_rule_ac(index);
    engine.set_bloom_prefilter(index);
    engine.set_match_detail(MatchDetailLevel::Off);
    for (path, text) in files {
        let collection = rsigma_parser::parse_sigma_yaml(text).unwrap();
        engine.add_collection(&collection).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    engine
}

fn matched_by_rsigma(engine: &Engine, lines: &[String]) -> usize {
    let source = rsigma_parser::LogSource {
        product: Some("aws".into()),
        service: Some("cloudtrail".into()),
        ..Default::default()
    };
    lines
        .iter()
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            engine.evaluate_with_logsource(&JsonEvent::borrow(&value), &source).len()
        })
        .sum()
}

fn cpu_seconds() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}
