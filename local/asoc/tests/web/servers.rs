//! Redis and OPA in place of embedded parts, as operators set them up, and how often somebody may ask.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use reqwest::{Method, header};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{PATIENCE, Server};

impl Server {
    /// What serves as this part, and why it is degraded, if it is.
    async fn part(&self, name: &str) -> (String, Option<String>) {
        let health = self.fetch("/v1/health").await;
        let text = |of: &str| health[of][name].as_str().map(str::to_owned);
        (text("parts").unwrap(), text("degraded"))
    }

    /// Waits until a part is degraded for a reason that begins so, or is not any more.
    async fn until_degraded(&self, name: &str, why: Option<&str>) {
        let begin = Instant::now();
        loop {
            let (_, degraded) = self.part(name).await;
            if match (&degraded, why) {
                (Some(degraded), Some(why)) => degraded.starts_with(why),
                (degraded, why) => degraded.is_none() && why.is_none(),
            } {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "{name}: {degraded:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn on(variables: &[(&str, &str)]) -> Server {
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.to_string())).collect();
    Server::start_with(tempfile::tempdir().unwrap(), move |command| {
        command.envs(variables.iter().map(|(name, value)| (name, value)));
    })
}

/// Has Redis do as its configuration file would say.
fn configure(redis: &::servers::Server, settings: &[(&str, &str)]) {
    let client = ::redis::Client::open(("127.0.0.1", redis.port())).unwrap();
    let mut command = ::redis::cmd("CONFIG");
    command.arg("SET");
    for (name, value) in settings {
        command.arg(name).arg(value);
    }
    command.exec(&mut client.get_connection().unwrap()).unwrap();
}

#[tokio::test]
async fn health_says_what_serves_and_what_is_lost() {
    let mut redis = ::servers::redis().unwrap();
    configure(&redis, &[("requirepass", "a-long-password")]);
    let server = on(&[("REDIS_URL", &format!("redis://:a-long-password@127.0.0.1:{}", redis.port()))]);
    assert_eq!(server.part("cache").await, ("Redis".to_owned(), None));
    assert_eq!(server.part("policy").await, ("Rego, in-process".to_owned(), None));
    let cookie = server.sign_in(&server.link).await;
    let me = || server.browser(&cookie, Method::GET, "/v1/me").send();
    redis.pause().unwrap();
    for _ in 0..3 {
        assert_eq!(me().await.unwrap().status(), 200, "sessions are in the store");
    }
    server.until_degraded("cache", Some("Redis does not answer: ")).await;
    let out = server.browser(&cookie, Method::POST, "/v1/sign-out").send().await.unwrap();
    assert_eq!(out.status(), 200);
    redis.go_on().unwrap();
    server.until_degraded("cache", None).await;
    assert_eq!(me().await.unwrap().status(), 401, "who signed out meanwhile stays out");
    redis.stop().unwrap();
}

#[tokio::test]
async fn a_wrong_password_is_said_and_not_shown() {
    let redis = ::servers::redis().unwrap();
    configure(&redis, &[("requirepass", "the-right-password")]);
    let server = on(&[("REDIS_URL", &format!("redis://:a-wrong-password@127.0.0.1:{}", redis.port()))]);
    let (_, why) = server.part("cache").await;
    assert!(why.is_some_and(|why| !why.contains("wrong-password")));
}

/// A certificate of one's own, which a file says is to be trusted.
fn certificate(dir: &TempDir) -> [String; 2] {
    let paths = ["key.pem", "certificate.pem"].map(|name| dir.path().join(name).display().to_string());
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=redis"])
        .args(["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", &paths[0], "-out", &paths[1]])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    paths
}

#[tokio::test]
async fn redis_is_asked_by_tls() {
    let dir = tempfile::tempdir().unwrap();
    let [key, trusted] = certificate(&dir);
    let redis = ::servers::redis().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    configure(
        &redis,
        &[
            ("tls-cert-file", &trusted),
            ("tls-key-file", &key),
            ("tls-ca-cert-file", &trusted),
            ("tls-auth-clients", "no"),
            ("tls-port", &port),
        ],
    );
    let url = format!("rediss://localhost:{port}");
    let known = on(&[("REDIS_URL", &url), ("SSL_CERT_FILE", &trusted)]).part("cache").await;
    assert_eq!(known, ("Redis".to_owned(), None));
    let (_, why) = on(&[("REDIS_URL", &url)]).part("cache").await;
    assert!(why.is_some(), "a certificate that nobody vouches for is not trusted");
}

#[tokio::test]
async fn opa_serves_the_bundle_that_the_command_writes() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bundle.tar.gz");
    let written = Command::new(env!("CARGO_BIN_EXE_asoc"))
        .args(["--json", "policies", "bundle"])
        .arg(&file)
        .output()
        .unwrap();
    let written: Value = serde_json::from_slice(&written.stdout).unwrap();
    assert_eq!(written["revision"].as_str().unwrap().len(), 64);
    let mut opa = ::servers::opa(&fs::read(&file).unwrap(), "the-token").unwrap();
    let token = dir.path().join("token");
    fs::write(&token, "the-token\n").unwrap();
    let address = format!("http://127.0.0.1:{}", opa.port());
    let server = on(&[("OPA_URL", &address), ("OPA_TOKEN_FILE", token.to_str().unwrap())]);
    assert_eq!(server.part("policy").await, ("OPA".to_owned(), None));
    assert_eq!(server.drill().await.verdict.unwrap().policy, written["revision"]);
    opa.stop().unwrap();
    server.until_degraded("policy", Some("OPA cannot be reached")).await;
    opa.start().unwrap();
    server.until_degraded("policy", None).await;
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let redis = ::servers::redis().unwrap();
    let url = format!("redis://127.0.0.1:{}", redis.port());
    for server in [Server::start(), on(&[("REDIS_URL", &url)])] {
        for _ in 0..60 {
            assert_eq!(server.try_sign_in(&"0".repeat(64)).await.status(), 401);
        }
        let refused = server.try_sign_in(&server.link).await;
        assert_eq!(refused.status(), 429);
        let seconds: u64 = refused.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert!((1..=61).contains(&seconds));
        let problem: Value = refused.json().await.unwrap();
        assert_eq!(problem["code"], json!("too_many"));
        assert!(problem["message"].as_str().unwrap().contains("try again"), "{problem}");
        assert_eq!(
            server.owner(Method::GET, "/v1/me").send().await.unwrap().status(),
            200,
            "others are free"
        );
    }
}
