//! `asoc detect`: from a compressed file to findings, beside what nobody can do without, and how much memory it takes.
//!
//! Both sides read the same file of lines. What nobody can do without is to decompress it and to parse each line: strictly,
//! with serde_json into a struct that borrows all it can and leaves nested values as they are, or wholly, to a `Value`.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)] // A bench prints, and may stop.

#[path = "../../../shared/sigma/benches/cloudtrail.rs"]
mod cloudtrail;
#[path = "../../../shared/sigma/benches/turns.rs"]
mod turns;

use std::{
    borrow::Cow,
    fs::{self, File},
    hint::black_box,
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use asoc::{
    commands::detect::{Report, scan},
    policies,
    term::Format,
};
use detection::{Settings, Watch};
use flate2::{Compression, bufread::MultiGzDecoder, write::GzEncoder};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use telemetry::Reading;
use turns::Turns;

const EVENTS: u64 = 200_000;
const MANY: u64 = 1_000_000;
const ROUNDS: usize = 5;

fn main() {
    let policies = policies::load(None).unwrap();
    let rules = policies.under("detections");
    let settings = Settings::load(&policies, &rules, &[], &mut |fault| println!("{fault}")).unwrap();
    let mut file = GzEncoder::new(Vec::new(), Compression::default());
    (0..EVENTS).for_each(|number| writeln!(file, "{}", cloudtrail::record(number)).unwrap());
    let file = file.finish().unwrap();
    println!(
        "{EVENTS} records in {} MB of gzip, {} rules",
        file.len() / 1_000_000,
        settings.rules.rules().len()
    );

    let turns = Turns::measure(
        ROUNDS,
        &[
            &|| detect(&settings, &file),
            &|| {
                each_line(&file, |line| {
                    drop(black_box(serde_json::from_slice::<Envelope<'_>>(line).unwrap()))
                })
            },
            &|| each_line(&file, |line| drop(black_box(serde_json::from_slice::<Value>(line).unwrap()))),
        ],
    );
    let names = ["detect", "decompress and parse, strictly", "decompress and parse to Value"];
    for (place, name) in names.iter().enumerate() {
        println!("{name:<42} {:>7.2} us an event", turns.seconds(place) / EVENTS as f64 * 1e6);
    }
    println!("detect takes {:.2} times as long as strictly         wanted: at most 1.5", turns.ratio(0, 1));
    println!("detect takes {:.2} times as long as to Value         wanted: at most 1.5", turns.ratio(0, 2));

    let folder = tempfile::tempdir().unwrap();
    for events in [EVENTS, MANY] {
        let path = folder.path().join("records.json.gz");
        write_log_file(&path, events);
        let peak = peak_memory(&path);
        println!("{events:>9} records: at most {peak:.1} MiB resident               wanted: at most 32");
    }
}

fn detect(settings: &Settings, file: &[u8]) {
    let mut watch = Watch::new(settings);
    let mut report = Report::new(io::sink(), Format::Json);
    scan(file, &Reading::file(), &mut watch, &mut report).unwrap();
}

fn each_line(file: &[u8], parse: impl Fn(&[u8])) {
    let mut text = BufReader::with_capacity(256 * 1024, MultiGzDecoder::new(file));
    let mut line = Vec::new();
    while text.read_until(b'\n', &mut line).unwrap() > 0 {
        parse(&line);
        line.clear();
    }
}

/// A record's outermost fields ("CloudTrail record contents").
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
struct Envelope<'a> {
    #[serde(borrow)]
    event_version: Cow<'a, str>,
    #[serde(borrow)]
    user_identity: &'a RawValue,
    #[serde(borrow)]
    event_time: Cow<'a, str>,
    #[serde(borrow)]
    event_source: Cow<'a, str>,
    #[serde(borrow)]
    event_name: Cow<'a, str>,
    #[serde(borrow)]
    aws_region: Cow<'a, str>,
    #[serde(borrow, rename = "sourceIPAddress")]
    source_ip_address: Cow<'a, str>,
    #[serde(borrow)]
    user_agent: Cow<'a, str>,
    #[serde(borrow)]
    error_code: Option<Cow<'a, str>>,
    #[serde(borrow)]
    error_message: Option<Cow<'a, str>>,
    #[serde(borrow)]
    request_parameters: &'a RawValue,
    #[serde(borrow)]
    response_elements: &'a RawValue,
    #[serde(borrow, rename = "requestID")]
    request_id: Cow<'a, str>,
    #[serde(borrow, rename = "eventID")]
    event_id: Cow<'a, str>,
    read_only: bool,
    #[serde(borrow)]
    event_type: Cow<'a, str>,
    management_event: bool,
    #[serde(borrow)]
    recipient_account_id: Cow<'a, str>,
    #[serde(borrow)]
    event_category: Cow<'a, str>,
    #[serde(borrow)]
    tls_details: &'a RawValue,
}

/// As CloudTrail delivers its log files: one list on one line.
fn write_log_file(path: &Path, events: u64) {
    let file = BufWriter::new(File::create(path).unwrap());
    let mut file = GzEncoder::new(file, Compression::fast());
    file.write_all(br#"{"Records":["#).unwrap();
    for number in 0..events {
        let comma = if number == 0 { "" } else { "," };
        write!(file, "{comma}{}", cloudtrail::record(number)).unwrap();
    }
    file.write_all(b"]}").unwrap();
    file.finish().unwrap().flush().unwrap();
}

/// The most memory that the program had resident over this file, in MiB (proc(5), VmHWM of /proc/pid/status).
fn peak_memory(path: &Path) -> f64 {
    let mut program = Command::new(env!("CARGO_BIN_EXE_asoc"));
    program.args(["detect", "--json"]).arg(path).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = program.spawn().unwrap();
    let mut peak = 0.0;
    while child.try_wait().unwrap().is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        peak = kibibytes.map_or(peak, |kibibytes| kibibytes / 1024.0).max(peak);
        thread::sleep(Duration::from_millis(5));
    }
    assert!(child.wait().unwrap().success());
    peak
}
