//! The two servers, from outside: a program, its ports, and clients that are not ours.

mod doors;
mod gate;
mod live;
mod logs;
mod metrics;
mod notices;
mod origin;
mod program;
mod roles;
mod routes;
mod secrets;
mod servers;
mod stopping;
mod traces;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use console::api::{Feed, PersonAdded};
use domain::{Incident, Role, Status};
use reqwest::{Method, RequestBuilder, Response, header};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Whatever takes longer than this has come to a halt.
const PATIENCE: Duration = Duration::from_secs(60);

/// `asoc up` on a home of its own, on ports that the system chose. Killed when dropped.
struct Server {
    dir: TempDir,
    child: Child,
    http: reqwest::Client,
    /// Address of the console.
    console: String,
    /// Address of the dashboard: the one origin that a browser may ask from.
    dashboard: String,
    /// Token of the owner's one-time link.
    link: String,
    /// The operator's token.
    operator: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("dashboard")).unwrap();
        fs::write(dir.path().join("dashboard/index.html"), "<!doctype html>").unwrap();
        fs::write(dir.path().join("dashboard/csp.json"), r#"{"scripts": ["'sha256-abc='"]}"#).unwrap();
        Self::start_in(dir)
    }

    fn start_in(dir: TempDir) -> Self {
        let command = command(dir.path());
        Self::start_as(dir, command)
    }

    /// With another environment.
    fn start_with(dir: TempDir, change: impl FnOnce(&mut Command)) -> Self {
        let mut command = command(dir.path());
        change(&mut command);
        Self::start_as(dir, command)
    }

    /// With this command in place of the usual one.
    fn start_as(dir: TempDir, mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said: Vec<String> =
            lines.map_while(Result::ok).take_while(|line| !line.contains("  try ")).collect();
        let after = |word: &str| {
            let line = said.iter().find(|line| line.trim_start().starts_with(word));
            line.unwrap_or_else(|| panic!("{said:?} has a line about {word}"))
                .split_whitespace()
                .last()
                .unwrap()
        };
        let (dashboard, link) = after("sign in").split_once("/sign-in/#token=").unwrap();
        let read = |name: &str| fs::read_to_string(home(dir.path()).join(name)).unwrap();
        Self {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            console: after("console").to_owned(),
            dashboard: dashboard.to_owned(),
            link: link.to_owned(),
            operator: read("operator.token"),
            child,
            dir,
        }
    }

    fn home(&self) -> PathBuf {
        home(self.dir.path())
    }

    /// A request with nobody's credentials.
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.console))
    }

    /// A request as the owner's commands make it.
    fn owner(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).bearer_auth(&self.operator)
    }

    /// A request as the dashboard makes it for who holds this cookie.
    fn browser(&self, cookie: &str, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).header(header::COOKIE, cookie).header(header::ORIGIN, &self.dashboard)
    }

    /// What the owner sees there.
    async fn fetch(&self, path: &str) -> Value {
        let answer = self.owner(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    /// Redeems a one-time link's token; gives the session's cookie.
    async fn sign_in(&self, token: &str) -> String {
        let answer = self.try_sign_in(token).await;
        assert_eq!(answer.status(), 200);
        let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    async fn try_sign_in(&self, token: &str) -> Response {
        let request = self.request(Method::POST, "/v1/sign-in").header(header::ORIGIN, &self.dashboard);
        request.json(&json!({ "token": token })).send().await.unwrap()
    }

    /// Adds a person and signs them in.
    async fn person(&self, name: &str, role: Role, principals: &[&str]) -> String {
        let body = json!({ "name": name, "role": role, "principals": principals });
        let answer = self.owner(Method::POST, "/v1/people").json(&body).send().await.unwrap();
        let added: PersonAdded = answer.json().await.unwrap();
        assert!(added.link.starts_with(&format!("{}/sign-in/#token=", self.dashboard)), "{}", added.link);
        self.sign_in(added.link.rsplit_once('=').unwrap().1).await
    }

    /// Plays the leaked key, all at once; gives the incident once people are asked.
    async fn drill(&self) -> Incident {
        self.play("leaked-key").await
    }

    /// The same with this drill.
    async fn play(&self, drill: &str) -> Incident {
        let path = format!("/v1/drills/{drill}");
        let play = self.owner(Method::POST, &path).json(&json!({ "speed": 0.0 }));
        assert_eq!(play.send().await.unwrap().status(), 200);
        let (begin, mut last, mut looks) = (Instant::now(), None, 0);
        loop {
            assert!(begin.elapsed() < PATIENCE, "nobody is asked");
            let health = self.fetch("/v1/health").await;
            let agents = health["agents"].as_array().unwrap();
            let is_waiting = agents.iter().any(|agent| agent["waiting"] != 0);
            for row in self.fetch("/v1/incidents").await.as_array().unwrap() {
                let detail = self.fetch(&format!("/v1/incidents/{}", row["id"].as_str().unwrap())).await;
                let incident: Incident = serde_json::from_value(detail["incident"].clone()).unwrap();
                if incident.status != Status::AwaitingApproval {
                    continue;
                }
                // A finding that joins later makes another plan: it is at rest when nothing is queued and a while has passed.
                let now = Some((incident.version, incident.plan.as_ref().map(|plan| plan.hash.clone())));
                looks = if is_waiting || now != last { 0 } else { looks + 1 };
                last = now;
                if looks == 10 {
                    return incident;
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Delivers so many records that no rule minds, each with its own id, in one delivery.
    async fn deliver(&self, ids: &[String]) {
        let records: Vec<Value> = ids.iter().map(|id| record(id)).collect();
        let request = self.owner(Method::POST, "/v1/deliveries").json(&json!({ "Records": records }));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let receipt: Value = answer.json().await.unwrap();
        assert_eq!(receipt["read"], ids.len(), "{receipt}");
    }

    /// All messages after this place of the log, fetched backwards page by page.
    async fn log_after(&self, after: u64) -> Vec<u64> {
        let (mut before, mut seqs) = (u64::MAX, Vec::new());
        loop {
            let page = self.fetch(&format!("/v1/feed?limit=500&before={before}")).await;
            let page: Feed = serde_json::from_value(page).unwrap();
            let found: Vec<u64> = page.messages.iter().map(|m| m.seq).filter(|seq| *seq > after).collect();
            let Some(first) = found.first() else { return seqs };
            before = *first;
            seqs.splice(0..0, found);
        }
    }
}

fn home(dir: &Path) -> PathBuf {
    dir.join("home")
}

fn command(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asoc"));
    command.args(["up", "--console-port", "0", "--dashboard-port", "0", "--home"]).arg(home(dir));
    command.arg("--dashboard").arg(dir.join("dashboard"));
    command.env("ASOC_LOG", "off").stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// A CloudTrail record, its texts as long as a feed shows them.
pub(crate) fn record(id: &str) -> Value {
    let long = "\u{1f600}".repeat(200);
    json!({
        "eventVersion": "1.11", "eventID": id, "eventTime": "2026-01-01T00:00:00Z", "eventSource": "iam.amazonaws.com",
        "eventName": "ListUsers", "awsRegion": "us-east-1", "recipientAccountId": "111122223333",
        "sourceIPAddress": long, "userIdentity": { "type": "IAMUser", "userName": long,
            "arn": "arn:aws:iam::111122223333:user/someone" },
    })
}
