//! What Docker Compose runs, without Docker: each service of local/docker-compose.yml by its own command line, environment, secrets and health
//! check. Only paths, addresses and ports are those of this machine. What images bring along besides programs is not here: of
//! PostgreSQL's entry point `servers` does the same by initdb.

use std::{
    fs,
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use servers::{Rights, Server, Stack};
use tempfile::TempDir;

/// Whatever takes longer than this has come to a halt.
const PATIENCE: Duration = Duration::from_secs(90);

/// The composition without profiles, up.
struct Up {
    stack: Stack,
    asoc: Server,
    postgres: Server,
    redis: Server,
    opa: Server,
    _dashboard: TempDir,
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs a service that ends, and sees that it ends well.
fn done(stack: &Stack, name: &str, line: &[&str], input: &[u8]) -> Vec<u8> {
    let output = stack.run(name, line, input).unwrap();
    assert!(output.status.success(), "{name} {line:?}: {}", said(&output));
    output.stdout
}

/// A composition in which A-SOC is this one. Its dashboard is one page.
fn composition(variables: &[(&str, &str)]) -> (Stack, TempDir) {
    let dashboard = tempfile::tempdir().unwrap();
    fs::set_permissions(dashboard.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(dashboard.path().join("index.html"), "<!doctype html>the dashboard").unwrap();
    fs::write(dashboard.path().join("csp.json"), r#"{"scripts": []}"#).unwrap();
    let image = [
        ("asoc", PathBuf::from(env!("CARGO_BIN_EXE_asoc"))),
        ("/usr/share/asoc/dashboard", dashboard.path().to_owned()),
    ];
    (Stack::new(image, variables.iter().copied()).unwrap(), dashboard)
}

impl Up {
    /// In the order that `depends_on` gives.
    fn start(variables: &[(&str, &str)], backup: Option<&[u8]>) -> Self {
        let (stack, dashboard) = composition(variables);
        done(&stack, "bundle", &[], &[]);
        let postgres = stack.start("postgres").unwrap();
        if let Some(backup) = backup {
            done(&stack, "backup", &["load"], backup);
        }
        done(&stack, "migrate", &[], &[]);
        let redis = stack.start("redis").unwrap();
        let opa = stack.start("opa").unwrap();
        let asoc = stack.start("asoc").unwrap();
        Self { stack, asoc, postgres, redis, opa, _dashboard: dashboard }
    }

    fn token(&self, name: &str) -> String {
        fs::read_to_string(self.stack.volume("home").unwrap().join(name)).unwrap()
    }

    /// Asks the console as the owner.
    fn owner(&self, path: &str, body: Option<&Value>) -> Value {
        let bearer = format!("Authorization: Bearer {}", self.token("operator.token"));
        let url = format!("http://127.0.0.1:{}{path}", self.stack.port(9002));
        let body = body.map(Value::to_string);
        let mut options =
            vec!["--fail-with-body", "--header", &bearer, "--header", "Content-Type: application/json"];
        if let Some(body) = &body {
            options.extend(["--data", body]);
        }
        let answer = curl(&options, &url);
        assert!(answer.status.success(), "{path}: {}", said(&answer));
        serde_json::from_slice(&answer.stdout).unwrap_or_default()
    }

    /// Plays a drill until people are asked; gives the incident's id.
    fn drill(&self) -> String {
        self.owner("/v1/drills/leaked-key", Some(&json!({ "speed": 0.0 })));
        let begin = Instant::now();
        loop {
            let incidents = self.owner("/v1/incidents", None);
            let waits = |incident: &&Value| incident["status"] == "awaiting_approval";
            if let Some(incident) = incidents.as_array().unwrap().iter().find(waits) {
                return incident["id"].as_str().unwrap().to_owned();
            }
            assert!(begin.elapsed() < PATIENCE, "nobody is asked: {incidents}\n{}", self.asoc.log());
            thread::sleep(Duration::from_millis(200));
        }
    }
}

fn curl(options: &[&str], url: &str) -> Output {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--noproxy", "*", "--max-time", "20"]);
    curl.args(options).arg(url).output().unwrap()
}

/// The status of an answer.
fn status(options: &[&str], url: &str) -> String {
    let options = [&["--output", "/dev/null", "--write-out", "%{http_code}"], options].concat();
    String::from_utf8(curl(&options, url).stdout).unwrap()
}

#[test]
fn the_composition_works_by_its_own_lines() {
    let mut up = Up::start(&[], None);
    for server in [&up.asoc, &up.postgres, &up.redis, &up.opa] {
        assert_eq!(server.rights().unwrap(), Rights::least());
    }
    done(&up.stack, "migrate", &[], &[]);

    // OPA answers A-SOC, and takes no policy from anybody.
    let opa = |path: &str| format!("http://127.0.0.1:{}{path}", up.stack.port(8181));
    let bearer = format!("Authorization: Bearer {}", up.stack.secret("opa_token").unwrap());
    let ask = ["--header", &bearer, "--data", "{}"];
    assert_eq!(status(&ask, &opa("/v1/data/asoc")), "200");
    for refused in [&["--data", "{}"][..], &["--header", "Authorization: Bearer x", "--data", "{}"]] {
        assert_eq!(status(refused, &opa("/v1/data/asoc")), "401", "{refused:?}");
    }
    let put = ["--header", &bearer, "--request", "PUT", "--data", "package x"];
    assert_eq!(status(&put, &opa("/v1/policies/x")), "401");
    assert_eq!(status(&["--header", &bearer], &opa("/v1/policies")), "401");

    let incident = up.drill();
    let health = up.owner("/v1/health", None);
    let parts = &health["parts"];
    assert!(parts["cache"] == "Redis" && parts["policy"] == "OPA", "{parts}");
    assert_eq!(health["degraded"], serde_json::json!({}));
    assert!(parts["store"].as_str().unwrap().starts_with("PostgreSQL 15"), "{parts}");
    assert!(up.opa.log().contains("Decision Log"), "{}", up.opa.log());
    let console = format!("http://127.0.0.1:{}", up.stack.port(9002));
    assert_eq!(status(&[], &format!("{console}/v1/incidents")), "401");
    assert_eq!(status(&[], &format!("http://127.0.0.1:{}/", up.stack.port(3000))), "200");
    let logs = fs::read_dir(up.stack.volume("logs").unwrap()).unwrap().count();
    assert!(logs > 0, "the log is there for who ships it");
    up.asoc.stop().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", up.stack.port(9002))).is_err());
    assert_eq!(up.stack.run("asoc", &["asoc", "health"], &[]).unwrap().status.code(), Some(1));
    up.asoc.start().unwrap();
    let incidents = up.owner("/v1/incidents", None);
    assert!(incidents.as_array().unwrap().iter().any(|row| row["id"] == incident.as_str()), "{incidents}");
    for database in ["asoc.db", "asoc.db-wal"] {
        let file = up.stack.volume("home").unwrap().join(database);
        assert!(fs::metadata(file).map_or(0, |file| file.len()) == 0, "what is true stands in PostgreSQL");
    }
}

#[test]
fn the_proxy_encrypts_and_lets_through_what_is_public() {
    let up = Up::start(&[("ASOC_ORIGIN", "https://localhost:8443")], None);
    let proxy = up.stack.start("proxy").unwrap();
    assert_eq!(proxy.rights().unwrap(), Rights::least());
    let certificate = tempfile::NamedTempFile::new().unwrap();
    fs::write(certificate.path(), up.stack.secret("tls_certificate").unwrap()).unwrap();
    let trust = ["--cacert", certificate.path().to_str().unwrap()];
    let base = format!("https://localhost:{}", up.stack.port(8443));
    let get = |options: &[&str], path: &str| {
        let answer = curl(&[&trust[..], &["--include"], options].concat(), &format!("{base}{path}"));
        said(&answer).to_lowercase()
    };

    let page = get(&[], "/");
    assert!(page.starts_with("http/2 200") && page.contains("the dashboard"), "{page}");
    for header in [
        "strict-transport-security: max-age=31536000",
        "x-content-type-options: nosniff",
        "x-frame-options: deny",
        "content-security-policy: default-src 'none'",
    ] {
        assert_eq!(page.matches(header).count(), 1, "{header}: {page}");
    }
    assert!(page.contains(&format!("connect-src 'self' {base} {}", base.replace("https", "wss"))), "{page}");
    assert!(get(&[], "/config.json").contains(&format!("{{\"api\":\"{base}\"}}")));
    assert!(get(&[], "/v1/me").starts_with("http/2 401"));
    for inside in ["/metrics", "/health", "/ready"] {
        assert!(get(&[], inside).starts_with("http/2 404"), "{inside} is not public");
    }

    let plain = format!("http://localhost:{}/incident/?id=x", up.stack.port(8080));
    let moved = said(&curl(&["--include"], &plain));
    assert!(
        moved.starts_with("HTTP/1.1 308") && moved.contains("Location: https://localhost/incident/?id=x"),
        "{moved}"
    );
    for (version, expected) in [("1.2", true), ("1.3", true)] {
        let floor = format!("--tlsv{version}");
        let answer = curl(&[&trust[..], &[&floor, "--tls-max", version]].concat(), &base);
        assert_eq!(answer.status.success(), expected, "TLS {version}: {}", said(&answer));
    }
    // A client that would speak it, which curl would not.
    let old = Command::new("openssl")
        .args(["s_client", "-tls1_1", "-cipher", "ALL@SECLEVEL=0", "-connect"])
        .arg(format!("127.0.0.1:{}", up.stack.port(8443)))
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert!(!old.status.success() && said(&old).contains("alert protocol version"), "{}", said(&old));

    let ticket = up.owner("/v1/socket-ticket", Some(&json!({})))["ticket"].as_str().unwrap().to_owned();
    let upgrade = [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    let mut options = vec!["--http1.1", "--max-time", "2"];
    upgrade.iter().for_each(|header| options.extend(["--header", header]));
    let socket = get(&options, &format!("/v1/socket?ticket={ticket}"));
    assert!(socket.starts_with("http/1.1 101"), "{socket}");

    let origin = format!("Origin: {base}");
    let guesses: Vec<String> = (0..30)
        .map(|_| {
            let body = [
                "--header",
                "Content-Type: application/json",
                "--header",
                &origin,
                "--data",
                r#"{"token":"x"}"#,
            ];
            status(&[&trust[..], &body].concat(), &format!("{base}/v1/sign-in"))
        })
        .collect();
    assert!(guesses[0] == "401" && guesses.contains(&"429".to_owned()), "{guesses:?}");
}

#[test]
fn prometheus_reads_the_figures_with_its_token() {
    let up = Up::start(&[], None);
    let metrics = format!("http://127.0.0.1:{}/metrics", up.stack.port(9002));
    assert_eq!(status(&[], &metrics), "401");
    assert_eq!(status(&["--header", "Authorization: Bearer x"], &metrics), "401");
    let prometheus = up.stack.start("prometheus").unwrap();
    assert_eq!(prometheus.rights().unwrap(), Rights::least());
    let base = format!("http://127.0.0.1:{}/api/v1", up.stack.port(9090));
    let begin = Instant::now();
    loop {
        let answer = curl(&["--get", "--data-urlencode", "query=up"], &format!("{base}/query"));
        let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
        if answer["data"]["result"][0]["value"][1] == "1" {
            break;
        }
        assert!(begin.elapsed() < PATIENCE, "{answer}\n{}", prometheus.log());
        thread::sleep(Duration::from_millis(500));
    }
    let rules: Value = serde_json::from_slice(&curl(&[], &format!("{base}/rules")).stdout).unwrap();
    assert!(!rules["data"]["groups"].as_array().unwrap().is_empty(), "{rules}");
}

#[test]
fn a_backup_is_put_back_into_an_empty_composition() {
    let mut up = Up::start(&[], None);
    let incident = up.drill();
    let backup = done(&up.stack, "backup", &[], &[]);
    let refused = up.stack.run("backup", &["load"], &backup).unwrap();
    assert!(!refused.status.success() && said(&refused).contains("stop it first"), "{}", said(&refused));
    up.asoc.stop().unwrap();
    for garbage in [&b""[..], b"x\ny\nz", &backup[..backup.len() / 2]] {
        let refused = up.stack.run("backup", &["load"], garbage).unwrap();
        assert!(!refused.status.success(), "{}", said(&refused));
    }
    let backup = done(&up.stack, "backup", &["save"], &[]);
    let before = contents(&up.stack);

    let mut restored = Up::start(&[], Some(&backup));
    restored.asoc.stop().unwrap();
    for key in ["ledger.key", "workflow.key", "webhook.key", "operator.token"] {
        assert_eq!(restored.token(key), up.token(key), "{key}");
    }
    let verified = done(&restored.stack, "asoc", &["asoc", "verify"], &[]);
    assert!(String::from_utf8_lossy(&verified).contains("every one holds"));
    restored.asoc.start().unwrap();
    let incidents = restored.owner("/v1/incidents", None);
    assert!(incidents.as_array().unwrap().iter().any(|row| row["id"] == incident.as_str()), "{incidents}");
    restored.asoc.stop().unwrap();

    // The same once more over what is there, and nothing but what was saved is there.
    done(&restored.stack, "backup", &["load"], &backup);
    assert_eq!(contents(&restored.stack), before);
}

/// The whole database as text, without the rights, which belong to roles.
fn contents(stack: &Stack) -> Vec<String> {
    let url = stack.secret("owner_database_url").unwrap();
    let url = url.replace("postgres:5432", &format!("127.0.0.1:{}", stack.port(5432)));
    let dump =
        Command::new("pg_dump").args(["--no-owner", "--no-privileges", "--dbname", &url]).output().unwrap();
    assert!(dump.status.success(), "{}", said(&dump));
    // Each dump is closed by words of its own.
    let text = String::from_utf8(dump.stdout).unwrap();
    text.lines().filter(|line| !line.contains("restrict ")).map(ToOwned::to_owned).collect()
}
