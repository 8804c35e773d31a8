//! `asoc rules`: what a security team does with its rules before they are in force.

use std::{collections::BTreeMap, path::Path};

use anyhow::Context;
use clap::Subcommand;
use serde::Deserialize;
use serde_json::Value;
use sigma::RuleSet;

use crate::{
    policies::Policies,
    term::{self, Format},
};

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Rules {
    /// Try every rule on the events that stand beside it in NAME.tests.json.
    Test,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    r#match: Vec<Value>,
    ignore: Vec<Value>,
}

/// Runs it; whether all is well.
pub fn run(policies: Option<&Path>, _command: &Rules, _format: Format) -> anyhow::Result<bool> {
    let files = Policies::load(policies)?.under("detections");
    let root = policies.context("name the folder of the policies: --policies DIR")?.join("detections");
    let (_, errors) = RuleSet::load(&files);
    let mut holds = errors.is_empty();
    for error in errors {
        term::line(error.to_string())?;
    }
    let mut tested = BTreeMap::new();
    for (path, text) in &files {
        let Some(name) = path.strip_suffix(".yml") else { continue };
        let (rules, _) = RuleSet::load(&[(path.clone(), text.clone())]);
        let cases = std::fs::read_to_string(root.join(format!("{name}.tests.json")))
            .with_context(|| format!("{name}.tests.json is missing"))?;
        let cases: Cases = serde_json::from_str(&cases).with_context(|| format!("{name}.tests.json"))?;
        let Some(source) = rules.rules().first().map(|rule| rule.logsource.clone()) else { continue };
        for (wanted, events) in [(true, &cases.r#match), (false, &cases.ignore)] {
            for (place, event) in events.iter().enumerate() {
                if !rules.matches(&source, event).is_empty() != wanted {
                    holds = false;
                    let verb = if wanted { "must match" } else { "must not match" };
                    term::line(format!("{name}: {verb} event {place}"))?;
                }
            }
        }
        tested.insert(name, cases.r#match.len() + cases.ignore.len());
    }
    let events: usize = tested.values().sum();
    term::line(format!("{} rules, {events} events{}", tested.len(), if holds { "" } else { ": FAILED" }))?;
    Ok(holds)
}
