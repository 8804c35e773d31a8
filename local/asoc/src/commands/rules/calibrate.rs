//! How well the risk tells attacks from everyday work.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::PathBuf,
};

use anyhow::{Context, ensure};
use clap::Args;
use detection::{Calibration, Report, Settings, Watch};
use domain::{Finding, Time};
use serde::Deserialize;
use serde_json::Value;
use telemetry::{Reading, Scanned};

use crate::term::{self, Format};

/// Options of `asoc rules calibrate`.
#[derive(Args, Debug)]
pub struct Calibrate {
    /// Labelled records, one JSON object a line: `{"label": "malicious" or "benign", "event": record}`. Other labels are
    /// passed over.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Propose weights that would do better, as `weights.yaml`.
    #[arg(long)]
    fit: bool,
}

#[derive(Deserialize)]
struct Labelled {
    label: String,
    /// The record, or its line of text.
    event: Value,
}

/// Measures, and tells.
pub(super) fn run(settings: &Settings, options: &Calibrate, format: Format) -> anyhow::Result<bool> {
    let mut watch = Watch::new(settings);
    let mut items = Vec::new();
    for path in &options.files {
        let name = path.display();
        let file = File::open(path).with_context(|| format!("{name} cannot be read"))?;
        let bar = term::progress(Some(file.metadata()?.len()), &name.to_string());
        for (place, line) in BufReader::new(bar.wrap_read(file)).lines().enumerate() {
            let labelled: Labelled = serde_json::from_str(&line?)
                .with_context(|| format!("{name}:{} is not a labelled record", place + 1))?;
            let malicious = match labelled.label.as_str() {
                "malicious" => true,
                "benign" => false,
                _ => continue,
            };
            items.push((malicious, found(&mut watch, &labelled.event)?));
        }
        bar.finish_and_clear();
    }
    ensure!(!items.is_empty(), "there is no record labelled malicious or benign");
    let calibration = Calibration::of(items.into_iter(), settings.weights.clone());
    if options.fit {
        let proposed = calibration.fit();
        let (before, after) = (calibration.report(&settings.weights), calibration.report(&proposed));
        term::note(format!("area under the curve {} now, {} proposed", auc(&before), auc(&after)));
        term::line(yaml_serde::to_string(&proposed)?.trim_end())?;
        return Ok(true);
    }
    let report = calibration.report(&settings.weights);
    match format {
        Format::Json => term::json(&report)?,
        Format::Text => show(&report)?,
    }
    Ok(true)
}

fn found(watch: &mut Watch<'_>, event: &Value) -> anyhow::Result<Vec<Finding>> {
    let text = event.as_str().map_or_else(|| event.to_string(), str::to_owned);
    let mut findings = Vec::new();
    let epoch = Time::from_millis(0);
    telemetry::scan(text.as_bytes(), &Reading::file(), |_, scanned| {
        if let Scanned::Record(raw) = scanned {
            let at = || raw.time().unwrap_or(epoch);
            let spotted = watch.see(raw.source(), raw.document(), at, || raw.event(epoch));
            findings.extend(spotted.into_iter().map(|spotted| spotted.finding));
        }
        std::ops::ControlFlow::Continue(())
    })?;
    Ok(findings)
}

fn auc(report: &Report) -> String {
    report.auc.map_or_else(|| "unknown".into(), |auc| format!("{auc:.3}"))
}

fn show(report: &Report) -> anyhow::Result<()> {
    let share = |share: Option<f64>| share.map_or_else(|| "   -".into(), |share| format!("{share:.2}"));
    term::line(format!("{} malicious and {} benign records", report.malicious, report.benign))?;
    term::line(format!("A malicious one has the higher risk in {} of all pairs.", auc(report)))?;
    term::line("risk from   precision   recall")?;
    for row in &report.thresholds {
        term::line(format!("{:>9}   {:>9}   {:>6}", row.risk, share(row.precision), share(row.recall)))?;
    }
    term::line("risk         records   malicious")?;
    for band in &report.reliability {
        term::line(format!(
            "{:>3} to {:<3}   {:>9}   {:>9}",
            band.from,
            band.to,
            band.items,
            share(band.malicious)
        ))?;
    }
    term::line("mean points over findings of malicious / benign records")?;
    for (name, means) in &report.parts {
        term::line(format!("  {name}: {:.1} / {:.1}", means.malicious, means.benign))?;
    }
    Ok(())
}
