//! The whole chain on each store: from log files to incidents, and from an event to the request for approval.
//!
//! Each store has a process of its own, so that its memory can be told. PostgreSQL is a real server on this machine, which writes
//! through to the disk as SQLite does.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)] // A bench prints, and may stop.

#[path = "../../../shared/sigma/benches/cloudtrail.rs"]
mod cloudtrail;

use std::{
    collections::BTreeMap,
    env, fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use agent::{Store, ports::IncidentFilter};
use asoc::{home::Home, host::Host, services::Services};
use domain::{Payload, delivery::Door};
use futures::StreamExt;
use serde_json::{Value, json};
use servers::Postgres;
use sqlx::{AnyPool, AssertSqlSafe, Row, any::AnyPoolOptions};
use store::{AppRole, SqlStore, migrate};

/// Tells the process which store it is for.
const STORE: &str = "ASOC_BENCH_STORE";
/// Records of the files, so many to a delivery, as `asoc ingest` sends them.
const RECORDS: u64 = 20_000;
const LINES: u64 = 1_000;
/// Attacks among them, each by somebody else, each an incident of its own.
const ATTACKS: u64 = 40;
/// Attacks one after the other, for the time until people are asked.
const ASKED: u64 = 100;
/// Rounds of the comparison with bare inserts; medians count.
const ROUNDS: usize = 3;
/// Rows to an insert.
const ROWS: usize = 200;

fn main() {
    if let Ok(store) = env::var(STORE) {
        tokio::runtime::Runtime::new().unwrap().block_on(measure(&store));
        return;
    }
    for store in ["SQLite", "PostgreSQL"] {
        let status = Command::new(env::current_exe().unwrap()).env(STORE, store).status().unwrap();
        assert!(status.success(), "{store}: {status}");
    }
}

async fn measure(name: &str) {
    let place = Place::of(name);
    println!("{name}");
    let (services, folder) = place.empty().await;
    let host = ready(folder.path(), &services, ATTACKS).await;
    let attacks: Vec<String> = (0..ATTACKS).map(attack).collect();
    let (deliveries, begin) = (files(&attacks), Instant::now());
    deliver(&host, deliveries).await;
    let stored = begin.elapsed();
    idle(&host).await;
    let all = begin.elapsed();
    let incidents =
        host.store().incidents(&IncidentFilter { limit: 10_000, ..Default::default() }).await.unwrap();
    println!(
        "  file to incident        {:>8.0} events/s: {RECORDS} records in {:.1} s, of which {:.1} s to store; {} incidents, sealed and asked about",
        RECORDS as f64 / all.as_secs_f64(),
        all.as_secs_f64(),
        stored.as_secs_f64(),
        incidents.len()
    );
    let busy = busy(&host);
    let (slowest, seconds) = busy.iter().max_by(|(_, a), (_, b)| a.total_cmp(b)).unwrap();
    println!(
        "  slowest stage           {slowest}: {seconds:.1} s of {:.1} s; all: {busy:.1?}",
        all.as_secs_f64()
    );
    host.stop().await;

    let (services, folder) = place.empty().await;
    let host = ready(folder.path(), &services, ASKED).await;
    let mut times = Vec::new();
    for n in 0..ASKED {
        times.push(asked(&host, n).await.as_secs_f64() * 1e3);
        idle(&host).await;
    }
    times.sort_by(f64::total_cmp);
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    println!("  event to approval       p50 {:.0} ms, p99 {:.0} ms, of {ASKED} attacks", at(50), at(99));
    host.stop().await;
    println!("  memory                  at most {:.0} MiB resident", peak());

    let mut ratios = Vec::new();
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let (services, folder) = place.empty().await;
        let host = Host::open(Home::at(folder.path()).unwrap(), None, &services).await.unwrap();
        let (files, begin) = (files(&[]), Instant::now());
        deliver(&host, files).await;
        let ours = begin.elapsed().as_secs_f64();
        host.close().await;
        let bare = place.bare(&services, folder.path()).await;
        rates.push(RECORDS as f64 / ours);
        ratios.push(ours / bare);
    }
    println!(
        "  file to stored event    {:>8.0} events/s, {:.2} times as long as bare batched inserts of the same rows (wanted: at most 2)",
        median(rates),
        median(ratios)
    );
}

/// Delivers these as a server does whom `asoc ingest` asks: two are under way, each a task of its own.
async fn deliver(host: &Host, files: Vec<Vec<u8>>) {
    let deliveries = futures::stream::iter(files).map(|file| {
        let host = host.clone();
        tokio::spawn(async move { host.deliver("bench", Door::Logs, &file).await.unwrap() })
    });
    deliveries.buffered(2).for_each(async |delivered| drop(delivered.unwrap())).await;
}

/// Where databases are made.
enum Place {
    Files,
    Server(Box<Postgres>),
}

impl Place {
    fn of(name: &str) -> Self {
        if name == "SQLite" {
            return Place::Files;
        }
        let server = servers::postgres().unwrap();
        for sql in ["ALTER SYSTEM SET fsync = on", "SELECT pg_reload_conf()"] {
            server.psql("postgres", sql).unwrap();
        }
        Place::Server(Box::new(server))
    }

    /// An empty database, and a home for the rest.
    async fn empty(&self) -> (Services, tempfile::TempDir) {
        let database = match self {
            Place::Files => None,
            Place::Server(server) => {
                let made = server.database().unwrap();
                let role = AppRole { name: made.app_role.clone(), password: Some(made.password().into()) };
                migrate(&made.owner, Some(&role)).await.unwrap();
                Some(made.app)
            }
        };
        (Services { database, ..Services::default() }, tempfile::tempdir().unwrap())
    }

    /// Seconds to put the rows of this database into an empty one of the same kind, with nothing but inserts: a transaction for as
    /// many events as a delivery has.
    async fn bare(&self, from: &Services, home: &Path) -> f64 {
        let source = pool(&address(from, home)).await;
        let events = rows(&source, "SELECT id, time, body FROM events ORDER BY time").await;
        let subjects = rows(&source, "SELECT subject, time, event FROM event_subjects ORDER BY time").await;
        source.close().await;
        assert_eq!(events.len() as u64, RECORDS);
        let (services, folder) = self.empty().await;
        if services.database.is_none() {
            SqlStore::open(&folder.path().join("asoc.db")).await.unwrap().close().await;
        }
        let target = pool(&address(&services, folder.path())).await;
        let each = subjects.len().div_ceil(events.len().div_ceil(LINES as usize));
        let begin = Instant::now();
        for (events, subjects) in events.chunks(LINES as usize).zip(subjects.chunks(each)) {
            let mut tx = target.begin().await.unwrap();
            for (table, rows) in
                [("events (id, time, body)", events), ("event_subjects (subject, time, event)", subjects)]
            {
                for chunk in rows.chunks(ROWS) {
                    let places: Vec<_> = (0..chunk.len())
                        .map(|n| format!("(${}, ${}, ${})", n * 3 + 1, n * 3 + 2, n * 3 + 3))
                        .collect();
                    let sql =
                        format!("INSERT INTO {table} VALUES {} ON CONFLICT DO NOTHING", places.join(", "));
                    let mut query = sqlx::query(AssertSqlSafe(sql));
                    for (first, time, last) in chunk {
                        query = query.bind(first).bind(time).bind(last);
                    }
                    query.execute(&mut *tx).await.unwrap();
                }
            }
            tx.commit().await.unwrap();
        }
        let seconds = begin.elapsed().as_secs_f64();
        target.close().await;
        seconds
    }
}

fn address(services: &Services, home: &Path) -> String {
    let file = || format!("sqlite://{}?mode=rwc", home.join("asoc.db").display());
    services.database.clone().unwrap_or_else(file)
}

async fn pool(url: &str) -> AnyPool {
    sqlx::any::install_default_drivers();
    let is_file = url.starts_with("sqlite");
    let options = AnyPoolOptions::new().max_connections(1).after_connect(move |connection, _| {
        Box::pin(async move {
            let settings: &[&'static str] = if is_file {
                &["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"]
            } else {
                &["SET search_path = asoc, pg_temp", "SET default_toast_compression = lz4"]
            };
            for setting in settings {
                sqlx::query(*setting).execute(&mut *connection).await?;
            }
            Ok(())
        })
    });
    options.connect(url).await.unwrap()
}

async fn rows(pool: &AnyPool, sql: &'static str) -> Vec<(String, i64, String)> {
    let rows = sqlx::query(sql).fetch_all(pool).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

/// A host that runs, in whose account these attackers' users are.
async fn ready(home: &Path, services: &Services, users: u64) -> Host {
    let host = Host::open(Home::at(home).unwrap(), None, services).await.unwrap();
    let user = |n: u64| {
        (
            format!("ci-{n}"),
            json!({
                "id": format!("AIDAQ3EGRBOOK{n:08}"), "arn": format!("arn:aws:iam::111122223333:user/ci-{n}"),
                "access_keys": { format!("AKIAIOSFODNN{n:08}"): { "status": "Active" } },
            }),
        )
    };
    let users: serde_json::Map<String, Value> = (0..users).map(user).collect();
    host.edit_sandbox(&json!({ "users": users })).await.unwrap();
    host.run().await.unwrap();
    host
}

/// The files, with the attacks spread over them.
fn files(attacks: &[String]) -> Vec<Vec<u8>> {
    let count = RECORDS / LINES;
    let file = |n: u64| {
        let everyday = (n * LINES..(n + 1) * LINES).map(cloudtrail::record);
        let attacks = attacks.iter().enumerate().filter(|(place, _)| *place as u64 % count == n);
        everyday.chain(attacks.map(|(_, attack)| attack.clone())).collect::<Vec<_>>().join("\n").into_bytes()
    };
    (0..count).map(file).collect()
}

/// What the attacker of this number does: asks who they are and whom there is, and makes themselves an administrator. The records of
/// the drill, with other names.
fn attack(n: u64) -> String {
    let script: Value = yaml_serde::from_str(include_str!("../drills/leaked-key.yaml")).unwrap();
    let steps = script["steps"].as_array().unwrap().iter();
    let own = steps.filter(|step| {
        ["GetCallerIdentity", "ListUsers", "AttachUserPolicy"]
            .contains(&step["event"]["eventName"].as_str().unwrap())
    });
    let now = jiff::Timestamp::now().to_string();
    let record = |(place, step): (usize, &Value)| {
        let text = step["event"].to_string();
        text.replace("${time}", &now)
            .replace("${id}", &format!("00000000-0000-4000-8000-{place:04}{n:08}"))
            .replace("ci-deploy", &format!("ci-{n}"))
            .replace("AIDAQ3EGRBOOKCIDEPLOY", &format!("AIDAQ3EGRBOOK{n:08}"))
            .replace("AKIAIOSFODNNCIDEPLOY", &format!("AKIAIOSFODNN{n:08}"))
            .replace("203.0.113.66", &format!("198.51.100.{}", n % 250 + 1))
    };
    own.enumerate().map(record).collect::<Vec<_>>().join("\n")
}

/// How long it takes from an attack's delivery until people are asked about it.
async fn asked(host: &Host, n: u64) -> Duration {
    let store = host.store();
    let mut newest = store.watch();
    let mut after = store.newest_message().await.unwrap();
    let records = attack(n).into_bytes();
    let begin = Instant::now();
    host.deliver("bench", Door::Logs, &records).await.unwrap();
    loop {
        for logged in store.messages(after, 1_000).await.unwrap() {
            after = logged.seq;
            if matches!(logged.message.payload, Payload::ApprovalRequired(_)) {
                return begin.elapsed();
            }
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "nobody is asked about attack {n}");
        let _ = tokio::time::timeout(Duration::from_millis(100), newest.changed()).await;
    }
}

async fn idle(host: &Host) {
    while !host.is_idle().await.unwrap() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Seconds that each agent was at work.
fn busy(host: &Host) -> BTreeMap<String, f64> {
    let text = host.metrics().text(None).unwrap();
    let sums =
        text.lines().filter_map(|line| line.strip_prefix("asoc_decision_duration_seconds_sum{agent=\""));
    sums.filter_map(|line| {
        let (agent, value) = line.split_once("\"} ")?;
        Some((agent.to_owned(), value.parse().ok()?))
    })
    .collect()
}

/// The most memory this process had resident, MiB (proc(5), VmHWM).
fn peak() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
