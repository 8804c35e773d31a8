//! What a key of a correlation costs in memory: at most 80 bytes of resident memory a key, all told.
//!
//! It reads the process's own resident set before and after. That counts what an allocator adds, its rounding and what it
//! does not give back, which a counting allocator does not see, and it needs no unsafe code.
#![allow(clippy::print_stdout, clippy::unwrap_used)] // A bench prints, and may stop.

use std::{process::ExitCode, time::Instant};

use sigma::{Correlations, Observation, Table};

const KEYS: usize = 1_000_000;
const MOST: f64 = 80.0;

const RULES: &str = "id: failed
---
id: spray
correlation:
  type: event_count
  rules: [failed]
  group-by: [user]
  timespan: 1h
  condition: {gte: 10}
";

fn main() -> ExitCode {
    let (correlations, errors) =
        Correlations::read("spray.yml", RULES, &|rule| (rule == "failed").then_some(0));
    assert!(errors.is_empty(), "{errors:?}");

    // Up to three observations lie in the table itself; few keys have more before they fire or are over.
    let mut table = Table::new(KEYS);
    let before = resident();
    let mut is_good = true;
    for round in 0..4 {
        let start = Instant::now();
        (0..KEYS).for_each(|key| {
            table.advance(&correlations, &observation(&correlations, key, round));
        });
        let nanoseconds = start.elapsed().as_nanos() / KEYS as u128;
        let bytes = (resident() - before) as f64 / table.len() as f64;
        let count = round + 1;
        println!(
            "{} keys, {count} observations each: {bytes:.1} bytes a key, {nanoseconds} ns each{}",
            table.len(),
            if round > 2 { "" } else { "   wanted: at most 80 bytes" }
        );
        is_good &= round > 2 || bytes <= MOST;
    }
    is_good &= table.len() == KEYS && table.evicted() == 0;
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn observation(correlations: &Correlations, key: usize, round: u64) -> Observation {
    let at = 1_700_000_000_000 + key as i64 + round as i64 * 60_000;
    let user = |_: &str| vec![format!("user-{key}")];
    let event = (key as u64 ^ round << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    correlations.observations(&[0], &user, at, event).remove(0)
}

/// The resident set, in bytes (proc(5), VmRSS of /proc/pid/status).
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}
