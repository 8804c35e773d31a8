//! PostgreSQL goes away while an incident is on its way, and comes back: in the end everything is as if it had not.

use std::{
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use servers::Postgres;
use store::SqlStore;

use crate::{
    crash::{Asoc, Moment, check, drive},
    databases::migrated,
};

/// How a server goes away, for how long, and how it comes back.
type Outage = fn(&mut Postgres) -> anyhow::Result<()>;

fn seconds(n: u64) {
    thread::sleep(Duration::from_secs(n));
}

/// One outage at each of these moments, each in a run of its own; then one run with an outage at all of them.
async fn survives(name: &str, outage: Outage, moments: &[Moment]) {
    let server = Arc::new(Mutex::new(servers::postgres().unwrap()));
    let runs = moments.iter().map(std::slice::from_ref).chain([moments]);
    for run in runs {
        let dir = tempfile::tempdir().unwrap();
        let database = migrated(&server.lock().unwrap()).await;
        let mut asoc = Asoc::start(dir.path(), Some(&database.app), None);
        let mut outages = Vec::new();
        drive(&mut asoc, |moment| {
            if run.contains(&moment) {
                let server = server.clone();
                outages.push(thread::spawn(move || outage(&mut server.lock().unwrap())));
            }
        })
        .await;
        assert_eq!(outages.len(), run.len(), "{name}: each happened");
        for outage in outages {
            outage.join().unwrap().unwrap();
        }
        assert_eq!(asoc.stop().await, 0, "{name} at {run:?}: it went on by itself");
        check(&SqlStore::connect(&database.app).await.unwrap(), &format!("{name} at {run:?}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_restarted() {
    let restart: Outage = |server| {
        server.stop()?;
        server.start()
    };
    survives(
        "restart",
        restart,
        &[Moment::Begun, Moment::Delivered, Moment::Asked, Moment::Approved, Moment::Contained],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_stopped_for_some_seconds() {
    let stop: Outage = |server| {
        server.stop()?;
        seconds(4);
        server.start()
    };
    survives("stop", stop, &[Moment::Delivered, Moment::Approved]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_killed() {
    let kill: Outage = |server| {
        server.kill()?;
        server.start()
    };
    survives("kill", kill, &[Moment::Delivered, Moment::Asked, Moment::Approved, Moment::Contained]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_stands_still() {
    let pause: Outage = |server| {
        server.pause()?;
        seconds(4);
        server.go_on()
    };
    survives("pause", pause, &[Moment::Delivered, Moment::Approved]).await;
}
