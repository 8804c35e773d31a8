//! Behind a proxy, and on other addresses than this machine's own.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    process::{Child, Command, Output, Stdio},
    time::Instant,
};

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{PATIENCE, home, record};

/// `asoc up` with these options, up.
struct Program {
    dir: TempDir,
    child: Child,
    port: u16,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    fn start(options: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("dashboard")).unwrap();
        fs::create_dir(dir.path().join("log")).unwrap();
        fs::write(dir.path().join("dashboard/index.html"), "<!doctype html>").unwrap();
        fs::write(dir.path().join("dashboard/csp.json"), r#"{"scripts": []}"#).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = asoc(&dir);
        command.args(["up", "--console-port", "0", "--dashboard-port", &port.to_string(), "--dashboard"]);
        command.arg(dir.path().join("dashboard")).args(options);
        command.env("ASOC_LOG_FOLDER", dir.path().join("log"));
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let program = Self { dir, child, port };
        let begin = Instant::now();
        while program.ask_health().status.code() != Some(0) {
            assert!(begin.elapsed() < PATIENCE, "it does not come up");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        program
    }

    /// Where commands on this machine find the console.
    fn console(&self) -> String {
        fs::read_to_string(home(self.dir.path()).join("console.address")).unwrap()
    }

    fn ask_health(&self) -> Output {
        asoc(&self.dir).arg("health").output().unwrap()
    }

    async fn dashboard(&self, address: &str) -> reqwest::Response {
        client().get(format!("http://{address}:{}/config.json", self.port)).send().await.unwrap()
    }
}

fn asoc(dir: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asoc"));
    command.arg("--home").arg(home(dir.path())).stdin(Stdio::null());
    command
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

#[tokio::test]
async fn behind_a_proxy_everything_names_the_public_address() {
    const PUBLIC: &str = "https://asoc.example.org";
    let program = Program::start(&["--origin", "https://asoc.example.org/"]);
    let answer = program.dashboard("127.0.0.1").await;
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(
        policy.contains("connect-src 'self' https://asoc.example.org wss://asoc.example.org;"),
        "{policy}"
    );
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "api": PUBLIC }));

    let link = asoc(&program.dir).args(["user", "link", "owner"]).output().unwrap();
    let link = String::from_utf8(link.stdout).unwrap();
    let token = link.trim().rsplit_once("https://asoc.example.org/sign-in/#token=").unwrap().1.to_owned();
    let sign_in = |origin: &'static str| {
        let request = client().post(format!("{}/v1/sign-in", program.console()));
        request.header(header::ORIGIN, origin).json(&json!({ "token": token })).send()
    };
    assert_eq!(sign_in("http://localhost:3000").await.unwrap().status(), StatusCode::FORBIDDEN);
    let signed_in = sign_in(PUBLIC).await.unwrap();
    assert_eq!(signed_in.status(), 200);
    assert_eq!(signed_in.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], PUBLIC);
    let cookie = signed_in.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.ends_with("; Secure") && cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");

    let session = cookie.split(';').next().unwrap();
    let request = client().request(Method::POST, format!("{}/v1/sign-out", program.console()));
    let request = request.header(header::COOKIE, session).header(header::ORIGIN, PUBLIC);
    let signed_out = request.send().await.unwrap();
    assert_eq!(signed_out.status(), 200);
    assert!(signed_out.headers()[header::SET_COOKIE].to_str().unwrap().ends_with("Max-Age=0; Secure"));
}

#[tokio::test]
async fn it_listens_where_it_is_told_and_only_there() {
    let program = Program::start(&["--listen", "127.0.0.2"]);
    assert!(program.console().starts_with("http://127.0.0.2:"), "{}", program.console());
    let config: Value = program.dashboard("127.0.0.2").await.json().await.unwrap();
    assert_eq!(config, json!({ "api": program.console() }));
    assert!(TcpStream::connect(("127.0.0.1", program.port)).is_err());

    let everywhere = Program::start(&["--listen", "0.0.0.0"]);
    assert!(everywhere.console().starts_with("http://localhost:"), "{}", everywhere.console());
    assert_eq!(everywhere.dashboard("127.0.0.2").await.status(), 200);

    let usual = Program::start(&["--origin", ""]);
    assert!(TcpStream::connect(("127.0.0.2", usual.port)).is_err());
    let config: Value = usual.dashboard("127.0.0.1").await.json().await.unwrap();
    assert_eq!(config, json!({ "api": usual.console() }));
}

#[test]
fn an_address_without_encryption_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let refused = asoc(&dir).args(["up", "--origin", "http://asoc.example.org"]).output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.status.code() == Some(1) && said.contains("https://"), "{said}");
}

#[test]
fn health_is_an_exit_status() {
    let mut program = Program::start(&[]);
    assert!(program.ask_health().stdout.is_empty());
    let process = rustix::process::Pid::from_child(&program.child);
    rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
    program.child.wait().unwrap();
    let dead = program.ask_health();
    let said = String::from_utf8(dead.stderr).unwrap();
    assert!(dead.status.code() == Some(1) && said.contains("does not answer"), "{said}");
    let never = asoc(&tempfile::tempdir().unwrap()).arg("health").output().unwrap();
    assert_eq!(never.status.code(), Some(1));
}

#[test]
fn the_log_is_kept_in_files_for_who_ships_it() {
    let program = Program::start(&[]);
    let folder = program.dir.path().join("log");
    let mut deliver = asoc(&program.dir);
    fs::write(program.dir.path().join("torn.json"), "{").unwrap();
    deliver.arg("ingest").arg(program.dir.path().join("torn.json")).output().unwrap();
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let name = files[0].file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("asoc.") && name.ends_with(".jsonl"), "{name}");
    for line in fs::read_to_string(&files[0]).unwrap().lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }
}

#[test]
fn an_ingest_that_broke_off_goes_on_where_it_was() {
    let program = Program::start(&[]);
    let file = program.dir.path().join("lines.json");
    let line = |n: u32| format!("{}\n", record(&format!("line-{n}")));
    fs::write(&file, (0..2500).map(line).collect::<String>()).unwrap();
    let meta = fs::metadata(&file).unwrap();
    let modified = meta.modified().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let receipt =
        serde_json::json!({ "given": 1200, "read": 1200, "duplicate": 0, "quarantined": 0, "reasons": [] });
    let mark =
        serde_json::json!({ "bytes": meta.len(), "modified": modified, "lines": 1200, "receipt": receipt });
    let notes = serde_json::json!({ fs::canonicalize(&file).unwrap().display().to_string(): mark });
    fs::write(home(program.dir.path()).join("ingest.json"), notes.to_string()).unwrap();

    let done = asoc(&program.dir).arg("--json").arg("ingest").arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    let answer: Value = serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{said}"));
    assert_eq!(
        (&answer["total"]["given"], &answer["total"]["read"]),
        (&2500.into(), &2500.into()),
        "{answer}"
    );
    assert!(said.contains("after line 1200"), "{said}");
}
