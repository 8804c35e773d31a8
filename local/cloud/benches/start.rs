//! How fast the functions start, beside a program that only makes the same clients; how much memory they have then; and how large
//! they are as they are uploaded.
//!
//! `make bench-start` builds the programs as they are deployed. Each runs until it asks Lambda's Runtime API for its first
//! invocation. A function and what it is compared with are started in turns, and medians count; the time on the processor says more
//! than the clock where others work on the same machine.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)] // A bench prints, and may stop.

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use cloud::{Moto, runtime::Function};
use flate2::{Compression, write::GzEncoder};
use serde_json::json;

const ROUNDS: usize = 5;
/// The functions, and what makes the same clients.
const FUNCTIONS: [(&str, &str); 7] = [
    ("telemetry", "hello"),
    ("detection", "hello-account"),
    ("supervisor", "hello-account"),
    ("forensics", "hello-account"),
    ("response", "hello-account"),
    ("compliance", "hello"),
    ("console", "hello"),
];

#[tokio::main]
async fn main() {
    let moto = Moto::start().await.unwrap();
    let environment = environment(&moto).await;
    println!("               clock  processor  beside hello            resident   zipped");
    for (function, hello) in FUNCTIONS {
        let (mut ours, mut least) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(Start::of(function, &environment).await);
            least.push(Start::of(hello, &environment).await);
        }
        let clock = |starts: &[Start]| median(starts.iter().map(|start| start.clock));
        let processor = |starts: &[Start]| median(starts.iter().map(|start| start.processor));
        let ratio = median(ours.iter().zip(&least).map(|(ours, least)| ours.processor / least.processor));
        println!(
            "{function:<11} {:>5.1} ms   {:>5.1} ms  {ratio:.2} times ({:+.1} ms) {:>8.1} MiB {:>4.1} MiB",
            clock(&ours) * 1e3,
            processor(&ours) * 1e3,
            (processor(&ours) - processor(&least)) * 1e3,
            median(ours.iter().map(|start| start.resident)),
            zipped(&program(function)),
        );
    }
    println!(
        "wanted: at most 2 times, of detection with all its rules at most 50 ms more; zipped at most 12 MiB"
    );
}

/// What one start took.
struct Start {
    /// Seconds until the first question.
    clock: f64,
    /// Seconds of them on a processor.
    processor: f64,
    /// Memory then, MiB.
    resident: f64,
}

impl Start {
    async fn of(name: &str, environment: &[(String, String)]) -> Self {
        let function = Function::start(name, program(name), environment.to_vec()).await.unwrap();
        let clock = tokio::time::timeout(Duration::from_secs(60), async {
            loop {
                match function.init() {
                    Some(init) => break init.as_secs_f64(),
                    None => tokio::time::sleep(Duration::from_millis(1)).await,
                }
            }
        });
        let clock = clock.await.unwrap();
        let process = PathBuf::from(format!("/proc/{}", function.process()));
        Self { clock, processor: processor(&process), resident: resident(&process) }
    }
}

/// Seconds that all threads of a process ran (`schedstat`, Documentation/scheduler/sched-stats.rst of the Linux kernel).
fn processor(process: &Path) -> f64 {
    let threads = fs::read_dir(process.join("task")).unwrap();
    let nanoseconds = threads.map(|thread| -> u64 {
        let stat = fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
        stat.split(' ').next().unwrap().parse().unwrap()
    });
    nanoseconds.sum::<u64>() as f64 / 1e9
}

/// Memory of a process, MiB.
fn resident(process: &Path) -> f64 {
    let status = fs::read_to_string(process.join("status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

/// MiB of a program as it is uploaded.
fn zipped(program: &Path) -> f64 {
    let mut file = GzEncoder::new(Vec::new(), Compression::default());
    std::io::copy(&mut fs::File::open(program).unwrap(), &mut file).unwrap();
    file.finish().unwrap().len() as f64 / f64::from(1 << 20)
}

/// Where `make bench-start` puts what it builds.
fn builds() -> PathBuf {
    env::current_exe().unwrap().ancestors().nth(3).unwrap().join("start")
}

/// Where `make bench-start` puts a program.
fn program(name: &str) -> PathBuf {
    builds().join(name).join("bootstrap")
}

/// What the template tells the functions, as far as they ask for it when they start.
async fn environment(moto: &Moto) -> Vec<(String, String)> {
    let secret = json!({ "Name": "model", "SecretString": " " });
    let made = moto.call("secretsmanager", "secretsmanager.CreateSecret", &secret).await.unwrap();
    let policies = builds().join("policies.tar");
    let url = moto.url();
    let told = [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "us-east-1"),
        ("ASOC_STACK", "asoc"),
        ("ASOC_LOG", "warn"),
        ("ASOC_POLICIES", policies.to_str().unwrap()),
        ("ASOC_ARCHIVE", "archive"),
        ("ASOC_LEDGER", "ledger"),
        ("ASOC_KEY", "key"),
        ("ASOC_SECRET_MODEL", made["ARN"].as_str().unwrap()),
        ("ASOC_DELIVERIES", url),
        ("ASOC_SOCKET", url),
    ];
    told.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
