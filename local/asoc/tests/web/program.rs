//! Starting and stopping.

use std::{fs, process::Stdio, time::Instant};

use reqwest::{Method, header};

use super::{PATIENCE, Server, command, home, live::Feeds};

impl Server {
    /// Asks the program to end, and sees that it does, in time and without complaint.
    pub(super) fn terminate(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let begin = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begin.elapsed().as_secs() < 10, "it does not stop");
            std::thread::sleep(std::time::Duration::from_millis(10));
        };
        assert!(status.success(), "{status}");
    }
}

#[tokio::test]
async fn one_home_has_one_program() {
    let server = Server::start();
    let second = command(server.dir.path()).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains("another asoc uses") && said.contains("--home"), "{said}");
    assert!(said.contains(server.home().to_str().unwrap()), "{said}");
    let ready = server.request(Method::GET, "/ready").send().await.unwrap();
    assert_eq!(ready.status(), 200, "the first goes on");
    let address = fs::read_to_string(server.home().join("console.address")).unwrap();
    assert_eq!(address, server.console);
}

#[tokio::test]
async fn it_stops_cleanly_with_clients_at_the_line_and_starts_where_it_was() {
    let mut server = Server::start();
    let mut open = server.open_feed(0).await;
    let cookie = server.sign_in(&server.link).await;
    server.deliver(&["one".to_owned(), "two".to_owned()]).await;
    let before = server.log_after(0).await;
    open.read_until(before[0]).await;
    server.terminate();
    assert!(!server.home().join("console.address").exists());

    let dir = std::mem::replace(&mut server.dir, tempfile::tempdir().unwrap());
    let server = Server::start_in(dir);
    assert_eq!(server.log_after(0).await, before);
    let me = server.browser(&cookie, Method::GET, "/v1/me").send().await.unwrap();
    assert_eq!(me.status(), 200, "people stay signed in");
    let begin = Instant::now();
    while server.fetch("/v1/ledger/verify").await["unsealed"] != 0 {
        assert!(begin.elapsed() < PATIENCE);
    }
    let report = server.fetch("/v1/ledger/verify").await;
    assert!(report["ok"] == true && report["entries"] == before.len(), "{report}");
}

#[tokio::test]
async fn the_dashboard_is_served_with_what_a_browser_should_hold_it_to() {
    let server = Server::start();
    for (path, status) in
        [("/", 200), ("/config.json", 200), ("/nowhere", 404), ("/../home/operator.token", 404)]
    {
        let answer = server.http.get(format!("{}{path}", server.dashboard)).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let read = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let policy = read("content-security-policy");
        let directives: Vec<&str> = policy.split("; ").collect();
        let socket = server.console.replace("http", "ws");
        let connect = format!("connect-src 'self' {} {socket}", server.console);
        for directive in [
            "default-src 'none'",
            "script-src 'self' 'sha256-abc='",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            &connect,
        ] {
            assert!(directives.contains(&directive), "{path}: {directive} in {policy}");
        }
        assert_eq!(read("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(read("x-frame-options"), "DENY");
        assert_eq!(read("referrer-policy"), "no-referrer");
        assert_eq!(read("cross-origin-opener-policy"), "same-origin");
        assert!(!answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    }
    let config: serde_json::Value = server
        .http
        .get(format!("{}/config.json", server.dashboard))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(config["api"], server.console);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let dir = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_asoc"))
        .args(["up", "--dashboard-port", "0", "--console-port", &port, "--home"])
        .arg(home(dir.path()))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains(&port) && said.contains("--console-port"), "{said}");
}
