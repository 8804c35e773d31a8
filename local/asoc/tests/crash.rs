//! `kill -9` at every durable step: whatever the moment, each incident ends once, each call is on record once, and the
//! audit trail holds.

use std::{
    cell::Cell,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use agent::{Store, ports::IncidentFilter};
use domain::{ActionState, Incident, Inventory, Status};
use serde_json::{Value, json};
use servers::shared_postgres;
use store::SqlStore;

use crate::databases::migrated;

/// A run that takes longer than this has come to a halt.
const PATIENCE: Duration = Duration::from_secs(120);

/// The program under test, started anew when it was killed.
pub(crate) struct Asoc<'d> {
    home: &'d Path,
    database: Option<&'d str>,
    child: Child,
    killed: u32,
    http: reqwest::Client,
}

impl<'d> Asoc<'d> {
    /// On SQLite if no database is named.
    pub(crate) fn start(home: &'d Path, database: Option<&'d str>, kill_at: Option<u64>) -> Self {
        let child = spawn(home, database, kill_at);
        Self { home, database, child, killed: 0, http: reqwest::Client::new() }
    }

    /// Asks the console; none if the program died or does not answer yet. Starts it again if it died.
    async fn ask(
        &mut self,
        method: reqwest::Method,
        path: &str,
        body: Option<Value>,
    ) -> Option<(u16, Value)> {
        if self.child.try_wait().unwrap().is_some() {
            self.killed += 1;
            assert!(self.killed < 2, "it was to be killed once");
            let _ = std::fs::remove_file(self.home.join("console.address"));
            self.child = spawn(self.home, self.database, None);
        }
        let base = std::fs::read_to_string(self.home.join("console.address")).ok()?;
        let token = std::fs::read_to_string(self.home.join("operator.token")).ok()?;
        let mut request =
            self.http.request(method, format!("{}{path}", base.trim())).bearer_auth(token.trim());
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        Some((status, serde_json::from_slice(&answer.bytes().await.ok()?).unwrap_or(Value::Null)))
    }

    /// Stops it in good order; how often it was killed, which may also happen while it stops.
    pub(crate) async fn stop(mut self) -> u32 {
        loop {
            let pid = self.child.id().to_string();
            assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
            if self.child.wait().unwrap().success() {
                return self.killed;
            }
            let begin = Instant::now();
            while self.ask(reqwest::Method::GET, "/v1/incidents", None).await.is_none() {
                assert!(begin.elapsed() < PATIENCE, "it does not start again");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

fn spawn(home: &Path, database: Option<&str>, kill_at: Option<u64>) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asoc"));
    command.args(["up", "--console-port", "0", "--dashboard-port", "0", "--home"]).arg(home);
    let log = std::fs::File::options().create(true).append(true).open(home.with_extension("log")).unwrap();
    command.env("ASOC_LOG", "warn").stdout(Stdio::null()).stderr(log);
    if let Some(url) = database {
        command.env("DATABASE_URL", url);
    }
    if let Some(n) = kill_at {
        command.env("ASOC_KILL_AT", n.to_string());
    }
    command.spawn().unwrap()
}

/// How many findings the rules make of [`attack`].
const FINDINGS: usize = 4;

/// An attack by one user, as one delivery whose event ids stay the same when it is delivered again.
fn attack() -> Value {
    let record = |id: &str, name: &str, parameters: Value| {
        json!({
            "eventVersion": "1.11", "eventID": id, "eventTime": "2026-01-05T03:00:00Z", "eventType": "AwsApiCall",
            "eventSource": "iam.amazonaws.com", "eventName": name, "awsRegion": "us-east-1",
            "sourceIPAddress": "203.0.113.66", "userAgent": "aws-cli/2.17", "recipientAccountId": "111122223333",
            "userIdentity": {
                "type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ci-deploy", "userName": "ci-deploy",
                "accountId": "111122223333", "accessKeyId": "AKIAIOSFODNNCIDEPLOY", "principalId": "AIDAEXAMPLE",
            },
            "requestParameters": parameters, "responseElements": null,
        })
    };
    json!({ "Records": [
        record("e-1", "CreateAccessKey", json!({ "userName": "maya.ortiz" })),
        record("e-2", "AttachUserPolicy", json!({
            "userName": "ci-deploy", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess" })),
    ]})
}

/// What has just been reached, each once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Moment {
    Begun,
    Delivered,
    Asked,
    Approved,
    Contained,
}

/// Plays analyst and attacker until the incident was contained and undone, whatever happens to the program; tells of each moment.
pub(crate) async fn drive(asoc: &mut Asoc<'_>, mut reached: impl FnMut(Moment)) {
    let last = Cell::new(None);
    let mut tell = |moment| {
        if last.get() < Some(moment) {
            last.set(Some(moment));
            reached(moment);
        }
    };
    let begin = Instant::now();
    let mut delivered = false;
    let mut restarts = asoc.killed;
    loop {
        assert!(
            begin.elapsed() < PATIENCE,
            "the run came to a halt after {} kills and {last:?}:\n{}",
            asoc.killed,
            std::fs::read_to_string(asoc.home.with_extension("log")).unwrap_or_default()
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
        // A sender that got no answer sends again.
        if !delivered || restarts != asoc.killed {
            if asoc.ask(reqwest::Method::GET, "/v1/incidents", None).await.is_none() {
                continue;
            }
            tell(Moment::Begun);
            restarts = asoc.killed;
            let answer = asoc.ask(reqwest::Method::POST, "/v1/deliveries?name=attack", Some(attack())).await;
            delivered = answer.is_some_and(|(status, _)| status == 200);
            if delivered {
                tell(Moment::Delivered);
            }
            continue;
        }
        let Some((200, rows)) = asoc.ask(reqwest::Method::GET, "/v1/incidents", None).await else { continue };
        let Some(id) = rows[0]["id"].as_str().map(str::to_owned) else { continue };
        let Some((200, detail)) = asoc.ask(reqwest::Method::GET, &format!("/v1/incidents/{id}"), None).await
        else {
            continue;
        };
        let incident: Incident = serde_json::from_value(detail["incident"].clone()).unwrap();
        match incident.status {
            Status::AwaitingApproval
                if incident.findings.len() == FINDINGS && detail["may"]["vote"] == true =>
            {
                tell(Moment::Asked);
                let plan = incident.plan.as_ref().unwrap();
                let actions: Vec<_> = plan.actions.iter().map(|a| &a.hash).collect();
                let ballot =
                    json!({ "plan": plan.hash, "answer": { "decision": "approve", "actions": actions } });
                asoc.ask(reqwest::Method::POST, &format!("/v1/incidents/{id}/approval"), Some(ballot)).await;
                tell(Moment::Approved);
            }
            Status::Contained => {
                tell(Moment::Contained);
                for record in incident.actions.iter().filter(|r| r.state == ActionState::Verified) {
                    let path = format!("/v1/incidents/{id}/actions/{}/undo", record.id);
                    let body = json!({ "reason": "it was a test", "accept_risk": true });
                    asoc.ask(reqwest::Method::POST, &path, Some(body)).await;
                }
            }
            Status::Undone => return,
            Status::Failed => panic!("the incident failed: {detail:#}"),
            _ => {}
        }
    }
}

/// `at` says of which run this is.
pub(crate) async fn check(store: &SqlStore, at: &str) {
    let incidents = store.incidents(&IncidentFilter::default()).await.unwrap();
    assert_eq!(incidents.len(), 1, "{at}: one attack, one incident");
    for record in &incidents[0].actions {
        assert_eq!(record.state, ActionState::Undone, "{at}");
        for (n, step) in record.steps.iter().enumerate() {
            let again = record.steps.iter().skip(n + 1).any(|s| s.call == step.call && s.undo == step.undo);
            assert!(!again, "{at}: {:?} is on record twice", step.call);
        }
    }
    assert!(store.running_executions().await.unwrap().is_empty(), "{at}: every execution ended");
    assert!(store.unfinished().await.unwrap().is_empty(), "{at}: every call was made");
    let report = compliance::verify::examine(store, &[], |_| {}).await.unwrap();
    assert_eq!((report.faults, report.unsealed), (vec![], 0), "{at}");
    let mut closings = 0;
    for logged in store.correlated(incidents[0].id.as_str(), 1000).await.unwrap() {
        closings += u32::from(
            matches!(&logged.message.payload, domain::Payload::Record(r) if r.status == Status::Contained),
        );
    }
    assert_eq!(closings, 1, "{at}: it was contained once");
    let account: Inventory = store.document("sandbox account").await.unwrap().unwrap();
    let before = sandbox::default_account().unwrap();
    assert_eq!(account, before, "{at}: the undo left the account as it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_step_loses_and_doubles_nothing() {
    let mut at = 0;
    loop {
        at += 1;
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        let mut asoc = Asoc::start(&home, None, Some(at));
        drive(&mut asoc, |_| {}).await;
        let killed = asoc.stop().await;
        let store = SqlStore::open(&home.join("asoc.db")).await.unwrap();
        check(&store, &format!("kill at {at}")).await;
        if killed == 0 {
            break;
        }
    }
    assert!(at > 30, "only {at} steps: the kill did not reach the workflow");
}

/// The same, at every seventh step: what follows a commit is the same whatever the database.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_loses_and_doubles_nothing_on_postgres() {
    for at in (3..).step_by(7) {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        let database = migrated(shared_postgres().unwrap()).await;
        let mut asoc = Asoc::start(&home, Some(&database.app), Some(at));
        drive(&mut asoc, |_| {}).await;
        let killed = asoc.stop().await;
        check(&SqlStore::connect(&database.app).await.unwrap(), &format!("kill at {at}")).await;
        if killed == 0 {
            assert!(at > 30, "only {at} steps: the kill did not reach the workflow");
            break;
        }
    }
}
