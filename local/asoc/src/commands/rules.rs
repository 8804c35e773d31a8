//! `asoc rules`: what a security team does with its rules before they are in force.

mod calibrate;
mod coverage;
mod lint;

use std::{collections::BTreeMap, path::Path};

use clap::Subcommand;
use detection::{Settings, trial};
use sigma::{RuleError, RuleSet};

use crate::{
    policies,
    term::{self, Format, clean},
};

pub use calibrate::Calibrate;

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Rules {
    /// Try every rule on the events that stand beside it in NAME.tests.json.
    Test,
    /// Say what a rule lacks that an analyst, or whoever keeps it, will miss.
    Lint,
    /// Show which ATT&CK techniques the rules cover.
    Coverage {
        /// As a layer for the ATT&CK Navigator.
        #[arg(long)]
        navigator: bool,
    },
    /// Measure, on labelled records, how well the risk tells attacks from everyday work, and propose weights.
    Calibrate(Calibrate),
}

/// Runs it; whether all is well.
pub fn run(dir: Option<&Path>, command: &Rules, format: Format) -> anyhow::Result<bool> {
    let policies = policies::load(dir)?;
    let files = policies.under("detections");
    if let Rules::Calibrate(options) = command {
        let settings = Settings::load(&policies, &files, &[], &mut |fault| term::note(clean(fault)))?;
        return calibrate::run(&settings, options, format);
    }
    let (rules, refused) = RuleSet::load(&files);
    let cases = policies::rule_cases(dir)?;
    let faults = match command {
        Rules::Test => test(&rules, &files, &cases, format)?,
        Rules::Lint => lint::faults(&rules, &files, &cases, &playbooks(&policies)),
        Rules::Coverage { navigator } => return coverage::run(&rules, *navigator, format),
        Rules::Calibrate(_) => Vec::new(),
    };
    report(&rules, refused, faults, format)
}

/// Faults by file.
type Faults = Vec<(String, Vec<String>)>;

fn test(
    rules: &RuleSet,
    files: &[(String, String)],
    cases: &BTreeMap<String, String>,
    format: Format,
) -> anyhow::Result<Faults> {
    let (mut faults, mut tried) = (Vec::new(), 0);
    for (file, text) in files.iter().filter(|(file, _)| file.ends_with(".yml")) {
        match cases.get(file.trim_end_matches(".yml")) {
            Some(cases) => {
                let verdict = trial::verdict(rules, text, cases);
                tried += verdict.cases;
                faults.push((file.clone(), verdict.faults));
            }
            // What only filters other rules is tried with those.
            None if trial::raising(rules, text).is_empty() => {}
            None => {
                faults.push((file.clone(), vec!["it has no cases: write NAME.tests.json beside it".into()]));
            }
        }
    }
    if format == Format::Text {
        term::note(format!("tried {tried} cases"));
    }
    Ok(faults)
}

fn playbooks(policies: &agent::Policies) -> Vec<String> {
    let files = policies.under("playbooks").into_iter();
    files.filter_map(|(name, _)| Some(name.strip_suffix(".yaml")?.to_owned())).collect()
}

/// Tells what was refused and what is wrong; whether nothing was.
fn report(rules: &RuleSet, refused: Vec<RuleError>, faults: Faults, format: Format) -> anyhow::Result<bool> {
    let refused = refused.iter().map(ToString::to_string);
    let wrong =
        faults.iter().flat_map(|(file, faults)| faults.iter().map(move |fault| format!("{file}: {fault}")));
    let all: Vec<String> = refused.chain(wrong).collect();
    if format == Format::Json {
        term::json(&serde_json::json!({ "rules": rules.rules().len(), "faults": all }))?;
        return Ok(all.is_empty());
    }
    for fault in &all {
        term::line(clean(fault))?;
    }
    let outcome = if all.is_empty() { "all is well".to_owned() } else { format!("{} faults", all.len()) };
    term::line(format!("{} rules: {outcome}", rules.rules().len()))?;
    Ok(all.is_empty())
}
