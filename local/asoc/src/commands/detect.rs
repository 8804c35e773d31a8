//! `asoc detect`: the detection engine alone.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::{Value, json};
use sigma::{LogSource, RuleSet};

use crate::{
    policies::Policies,
    term::{self, Format},
};

/// Options.
#[derive(Args, Debug)]
pub struct Detect {
    /// Log files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Runs it; whether everything could be read.
pub fn run(policies: Option<&Path>, options: &Detect, _format: Format) -> anyhow::Result<bool> {
    let (rules, errors) = RuleSet::load(&Policies::load(policies)?.under("detections"));
    for error in errors {
        term::note(error.to_string());
    }
    for file in &options.files {
        for (place, line) in fs::read_to_string(file)?.lines().enumerate() {
            let event: Value = serde_json::from_str(line).unwrap_or_else(|_| flow(line));
            let source = if event.get("apiVersion").is_some() || event.get("objectRef").is_some() {
                LogSource::new("kubernetes", "audit")
            } else if event.get("srcaddr").is_some() {
                LogSource::new("aws", "vpcflow")
            } else if event.get("schemaVersion").is_some() {
                LogSource::new("aws", "guardduty")
            } else {
                LogSource::new("aws", "cloudtrail")
            };
            let findings: Vec<Value> = rules
                .matches(&source, &event)
                .into_iter()
                .map(|found| {
                    let attack: Vec<_> = found.rule.attack.iter().map(|t| &t.id).collect();
                    json!({"rule": found.rule.id, "title": found.rule.title, "level": found.rule.level, "attack": attack})
                })
                .collect();
            term::line(json!({"event": place, "findings": findings}).to_string())?;
        }
    }
    Ok(true)
}

fn flow(line: &str) -> Value {
    let names = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status";
    let fields = names.split(' ').zip(line.split(' ')).map(|(name, value)| {
        (name.to_owned(), value.parse::<u64>().map_or_else(|_| json!(value), |n| json!(n)))
    });
    Value::Object(fields.collect())
}
