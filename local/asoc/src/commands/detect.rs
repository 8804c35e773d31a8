//! `asoc detect`: the detection engine alone, over files of any size.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufWriter, Read, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use agent::Clock;
use anyhow::{Context, ensure};
use clap::Args;
use detection::{Settings, Spotted, Watch};
use domain::{Finding, Level};
use serde::Serialize;
use telemetry::{FlowFormat, Reading, Scanned};

use crate::{
    host::SystemClock,
    policies,
    term::{self, Format, clean},
};

/// Options of `asoc detect`.
#[derive(Args, Debug)]
pub struct Detect {
    /// Log files of any supported kind, plain or gzip; `-` for standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Folder of Sigma rules to use instead of A-SOC's own, such as a copy of SigmaHQ's.
    #[arg(long)]
    rules: Option<PathBuf>,
    /// File of indicators: addresses, ranges, domains and hashes, one a line.
    #[arg(long)]
    indicators: Vec<PathBuf>,
    /// Fields of flow logs that have no header line, as the flow log was set up: `version account-id srcaddr …`.
    #[arg(long)]
    flow_format: Option<String>,
}

/// Runs it; whether every record could be read. In JSON it answers one line for each record, in order.
pub fn run(policies: Option<&Path>, options: &Detect, format: Format) -> anyhow::Result<bool> {
    let settings = settings(policies, options)?;
    let flow_format = options.flow_format.as_deref().map(FlowFormat::parse).transpose()?;
    let reading = Reading { flow_format: flow_format.as_ref(), ..Reading::file() };
    let out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut report = Report::new(out, format);
    // One watch over all files: an attack does not stop at the end of one.
    let mut watch = Watch::new(&settings);
    for file in &options.files {
        let name = file.display().to_string();
        let (bytes, input): (_, Box<dyn Read>) = if name == "-" {
            (None, Box::new(io::stdin().lock()))
        } else {
            let file = File::open(file).with_context(|| format!("{name} cannot be read"))?;
            (Some(file.metadata()?.len()), Box::new(file))
        };
        let bar = term::progress(bytes, &name);
        scan(bar.wrap_read(input), &reading, &mut watch, &mut report).with_context(|| name)?;
        bar.finish_and_clear();
    }
    report.finish(watch.given_up())
}

/// Reads a stream and reports on each of its records.
pub fn scan<W: Write>(
    input: impl Read,
    reading: &Reading<'_>,
    watch: &mut Watch<'_>,
    report: &mut Report<W>,
) -> anyhow::Result<()> {
    let received = SystemClock.now();
    let mut failed = None;
    let read = telemetry::scan(input, reading, |_, scanned| {
        let told = match scanned {
            Scanned::Record(raw) => {
                let at = || raw.time().unwrap_or(received);
                let found = watch.see(raw.source(), raw.document(), at, || raw.event(received));
                report.record(&found)
            }
            Scanned::Unread { reason, .. } => report.unread(&reason),
        };
        match told {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    match failed {
        Some(error) => Err(error),
        None => Ok(read?),
    }
}

fn settings(policies: Option<&Path>, options: &Detect) -> anyhow::Result<Settings> {
    let own = policies::load(policies)?;
    let rules = match &options.rules {
        Some(dir) => policies::load(Some(dir))?.under(""),
        None => own.under("detections"),
    };
    let lists = options.indicators.iter().map(|path| {
        let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        Ok((path.display().to_string(), text))
    });
    let lists: Vec<_> = lists.collect::<anyhow::Result<_>>()?;
    let settings = Settings::load(&own, &rules, &lists, &mut |fault| term::note(clean(fault)))?;
    // To find nothing because nothing was looked for must not read like a quiet night.
    ensure!(
        !settings.rules.rules().is_empty(),
        "no rule was loaded: name a folder of Sigma rules with --rules"
    );
    Ok(settings)
}

/// What is told of the records, and counted.
#[derive(Debug)]
pub struct Report<W: Write> {
    out: W,
    format: Format,
    position: u64,
    unread: u64,
    levels: BTreeMap<Level, u64>,
}

/// What programs read of a record.
#[derive(Serialize)]
struct Line<'a> {
    /// Its position, counted over all files.
    event: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<Vec<Short<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

/// What programs read of a finding.
#[derive(Serialize)]
struct Short<'a> {
    id: &'a str,
    rule: &'a str,
    title: &'a str,
    level: Level,
    /// 0 to 1.
    risk_score: f64,
    attack: Vec<&'a str>,
    #[serde(flatten)]
    rest: Rest<'a>,
}

#[derive(Serialize)]
struct Rest<'a> {
    contributions: &'a [domain::Contribution],
    matched: &'a [domain::finding::Matched],
    /// An earlier record made this finding, and this one adds to it.
    again: bool,
}

impl<W: Write> Report<W> {
    /// An empty one.
    pub fn new(out: W, format: Format) -> Self {
        Self { out, format, position: 0, unread: 0, levels: BTreeMap::new() }
    }

    fn record(&mut self, found: &[Spotted]) -> anyhow::Result<()> {
        let event = self.position;
        self.position += 1;
        for spotted in found.iter().filter(|spotted| !spotted.again) {
            *self.levels.entry(spotted.finding.level).or_default() += 1;
        }
        match self.format {
            Format::Json if found.is_empty() => writeln!(self.out, "{{\"event\":{event},\"findings\":[]}}")?,
            Format::Json => {
                let findings = found.iter().map(|spotted| short(&spotted.finding, spotted.again)).collect();
                self.line(&Line { event, findings: Some(findings), error: None })?;
            }
            Format::Text => {
                for spotted in found.iter().filter(|spotted| !spotted.again) {
                    let text = sentence(event, &spotted.finding);
                    writeln!(self.out, "{text}")?;
                }
            }
        }
        Ok(())
    }

    fn unread(&mut self, reason: &str) -> anyhow::Result<()> {
        let event = self.position;
        self.position += 1;
        self.unread += 1;
        match self.format {
            Format::Json => self.line(&Line { event, findings: None, error: Some(reason) })?,
            Format::Text => writeln!(self.out, "record {event} cannot be read: {}", clean(reason))?,
        }
        Ok(())
    }

    fn line(&mut self, line: &Line<'_>) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.out, line).map_err(io::Error::from)?;
        Ok(writeln!(self.out)?)
    }

    /// Tells the sum of it; whether every record could be read.
    fn finish(mut self, given_up: u64) -> anyhow::Result<bool> {
        self.out.flush()?;
        let levels: Vec<String> =
            self.levels.iter().rev().map(|(level, n)| format!("{n} {}", word(*level))).collect();
        let levels = if levels.is_empty() { "no findings".into() } else { levels.join(", ") };
        term::note(format!("{} records, {} of them not readable: {levels}", self.position, self.unread));
        if given_up > 0 {
            term::note(format!(
                "{given_up} groups of correlations were given up for want of memory; some bursts may be missing."
            ));
        }
        Ok(self.unread == 0)
    }
}

fn short(finding: &Finding, again: bool) -> Short<'_> {
    Short {
        id: &finding.id.0,
        rule: &finding.rule,
        title: &finding.title,
        level: finding.level,
        risk_score: finding.risk.score(),
        attack: finding.attack.iter().map(|technique| technique.id.as_str()).collect(),
        rest: Rest { contributions: &finding.contributions, matched: &finding.matched, again },
    }
}

fn sentence(event: u64, finding: &Finding) -> String {
    let who = finding.actor.as_ref().map_or("somebody unknown", |actor| actor.name.as_str());
    let whence = finding.origin.as_deref().unwrap_or("an unknown address");
    format!(
        "{}  {:<13} {:>3}  {}: {} by {} from {} (record {event})",
        finding.time,
        word(finding.level),
        finding.risk.points(),
        clean(&finding.title),
        clean(&finding.operation),
        clean(who),
        clean(whence)
    )
}

/// A level as people read it.
pub(crate) fn word(level: Level) -> &'static str {
    match level {
        Level::Informational => "informational",
        Level::Low => "low",
        Level::Medium => "medium",
        Level::High => "high",
        Level::Critical => "critical",
    }
}
