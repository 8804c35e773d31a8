//! Redis and OPA are taken away in the middle of a drill: no incident is lost, nothing is done twice, nothing is applied
//! unapproved, and A-SOC says that it is degraded until they are back.

use std::{
    path::Path,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use agent::{Store, ports::IncidentFilter};
use asoc::{degraded::Part, drill, home::Home, host::Host, policies, services::Services};
use domain::{ActionState, Incident, Status, approval::Answer};
use policy::Rego;
use serde_json::{Value, json};
use servers::Server;
use tempfile::TempDir;

use crate::drills::{Shop, changed_policies, there_and_back_from};

const TOKEN: &str = "a-token-of-many-letters";
/// How long it may take to be noticed that a server went or came.
const PATIENCE: Duration = Duration::from_secs(60);

/// What becomes of a server.
type Fault = fn(&mut Server);

const FAULTS: [(&str, Fault); 3] = [
    ("stopped", |server| server.stop().unwrap()),
    ("killed", |server| server.kill().unwrap()),
    ("paused", |server| server.pause().unwrap()),
];

fn empty(server: &mut Server) {
    let client = redis::Client::open(("127.0.0.1", server.port())).unwrap();
    redis::cmd("FLUSHALL").exec(&mut client.get_connection().unwrap()).unwrap();
}

/// Does that to a server in a moment, while the drill is played.
fn soon(mut server: Server, fault: Fault) -> JoinHandle<Server> {
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        fault(&mut server);
        server
    })
}

fn bring_back(server: &mut Server) {
    server.go_on().unwrap();
    server.start().unwrap();
}

async fn until_degraded(host: &Host, part: Part, wanted: bool) {
    let begin = Instant::now();
    while host.degraded().list().contains_key(&part) != wanted {
        assert!(begin.elapsed() < PATIENCE, "{part:?}: {:?}", host.degraded().list());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn on_redis(redis: &Server) -> Services {
    Services { redis: Some(format!("redis://127.0.0.1:{}", redis.port())), ..Services::default() }
}

fn on_opa(opa: &Server) -> Services {
    Services {
        opa: Some(format!("http://127.0.0.1:{}", opa.port())),
        opa_token: Some(TOKEN.to_owned()),
        ..Services::default()
    }
}

fn bundle(folder: Option<&Path>) -> Vec<u8> {
    Rego::bundle(&policies::load(folder).unwrap().under("authorization")).unwrap()
}

/// Titles of the findings that may open an incident. A lesser one joins if there is an incident by the time it is read, which a
/// slow moment may decide.
fn grave(incident: &Incident) -> Vec<String> {
    let grave = incident.findings.iter().filter(|finding| finding.risk.points() >= 50);
    let mut titles: Vec<_> = grave.map(|finding| finding.title.clone()).collect();
    titles.sort();
    titles
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_lost_in_the_middle_of_a_drill() {
    let whole = {
        let redis = servers::redis().unwrap();
        let shop = Shop::on(tempfile::tempdir().unwrap(), "leaked-key", None, &on_redis(&redis)).await;
        assert!(shop.host.degraded().list().is_empty());
        let found = grave(&shop.incident);
        shop.close().await;
        found
    };
    for (fault, make) in FAULTS.into_iter().chain([("emptied", empty as Fault)]) {
        let redis = servers::redis().unwrap();
        let services = on_redis(&redis);
        let breaking = soon(redis, make);
        let shop = Shop::on(tempfile::tempdir().unwrap(), "leaked-key", None, &services).await;
        let mut redis = breaking.join().unwrap();
        assert_eq!(grave(&shop.incident), whole, "{fault}: each finding, and each once");
        let host = shop.host.clone();
        until_degraded(&host, Part::Cache, fault != "emptied").await;
        bring_back(&mut redis);
        let expected =
            ["revoke_iam_user ci-deploy", "deactivate_access_key maya.ortiz", "revoke_role_sessions deploy"];
        until_degraded(&host, Part::Cache, false).await;
        there_and_back_from(shop, "leaked-key", &expected, |_| {}).await;
    }
}

/// Policies that allow everything at once.
fn permissive(dir: &TempDir) -> std::path::PathBuf {
    changed_policies(dir.path(), |settings| {
        settings["ask_above_risk"] = 100.into();
        settings["allowed_without_asking"] =
            json!(["deactivate_access_key", "revoke_iam_user", "revoke_role_sessions"]);
        settings["raised"]["kinds"] = Value::Array(vec![]);
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_opa_allows_is_asked_when_opa_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let policies = permissive(&dir);
    let opa = servers::opa(&bundle(Some(&policies)), TOKEN).unwrap();
    let home = Home::at(&dir.path().join("home")).unwrap();
    let host = Host::open(home, Some(policies), &on_opa(&opa)).await.unwrap();
    host.run().await.unwrap();
    drill::load("leaked-key").unwrap().play(&host, 0.0).await.unwrap();
    let begin = Instant::now();
    let allowed = loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let found = host.store().incidents(&IncidentFilter::default()).await.unwrap();
        if !found.is_empty() && host.is_idle().await.unwrap() {
            break found;
        }
        assert!(begin.elapsed() < PATIENCE, "it came to a halt: {found:?}");
    };
    for incident in allowed {
        assert!(incident.approval.is_none(), "by OPA's word nobody is asked: {:?}", incident.verdict);
        assert_eq!(incident.status, Status::Contained, "{:#?}", incident.actions);
    }
    assert!(host.degraded().list().is_empty());
    host.stop().await;

    let other: (&str, Fault) = ("serves other policies", |opa| {
        servers::serve(opa.folder(), &bundle(None)).unwrap();
        opa.stop().unwrap();
        opa.start().unwrap();
    });
    for (fault, make) in FAULTS.into_iter().chain([other]) {
        let dir = tempfile::tempdir().unwrap();
        let policies = permissive(&dir);
        let good = bundle(Some(&policies));
        let mut opa = servers::opa(&good, TOKEN).unwrap();
        make(&mut opa);
        let mut shop = Shop::on(dir, "leaked-key", Some(policies), &on_opa(&opa)).await;
        assert_eq!(shop.incident.status, Status::AwaitingApproval, "{fault}");
        assert!(shop.incident.actions.iter().all(|record| record.steps.is_empty()), "{fault}: nothing yet");
        let verdict = shop.incident.verdict.clone().unwrap();
        assert!(verdict.reasons[0].contains("nothing is applied without approval"), "{fault}: {verdict:?}");
        assert!(verdict.on_expiry.is_empty());
        assert!(shop.host.degraded().list().contains_key(&Part::Policy), "{fault}");

        servers::serve(opa.folder(), &good).unwrap();
        if fault == "serves other policies" {
            opa.stop().unwrap();
        }
        bring_back(&mut opa);
        until_degraded(&shop.host, Part::Policy, false).await;
        assert_eq!(shop.incident.status, Status::AwaitingApproval, "{fault}: what was asked stays asked");
        let (actions, people) = (shop.hashes(), shop.approvers());
        shop.answer(Answer::Approve { actions }, people).await;
        assert_eq!(shop.incident.status, Status::Contained, "{fault}");
        assert!(shop.incident.actions.iter().all(|record| record.state == ActionState::Verified));
        shop.close().await;
    }
}

/// Whatever happens to OPA while the drill is played: under the policies in use nothing is applied before people agreed.
#[tokio::test(flavor = "multi_thread")]
async fn opa_is_lost_in_the_middle_of_a_drill() {
    for (fault, make) in FAULTS {
        let opa = servers::opa(&bundle(None), TOKEN).unwrap();
        let services = on_opa(&opa);
        let breaking = soon(opa, make);
        let shop = Shop::on(tempfile::tempdir().unwrap(), "leaked-key", None, &services).await;
        let mut opa = breaking.join().unwrap();
        until_degraded(&shop.host, Part::Policy, true).await;
        bring_back(&mut opa);
        until_degraded(&shop.host, Part::Policy, false).await;
        assert_eq!(shop.incident.status, Status::AwaitingApproval, "{fault}");
        let expected =
            ["revoke_iam_user ci-deploy", "deactivate_access_key maya.ortiz", "revoke_role_sessions deploy"];
        there_and_back_from(shop, "leaked-key", &expected, |_| {}).await;
    }
}
