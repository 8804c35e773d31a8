//! What Prometheus reads of the program; and that a real one, on the settings that are delivered, gets data for every panel and
//! for both sides of every alert.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use agent::ModelError;
use domain::{Incident, Opined, Opinion, Raise, Role, Status, Usage};
use reqwest::Method;
use serde_json::{Value, json};

use super::{PATIENCE, Server, live::Feeds};

impl Server {
    async fn metrics(&self) -> String {
        let token = std::fs::read_to_string(self.home().join("metrics.token")).unwrap();
        let answer = self.request(Method::GET, "/metrics").bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap()
    }

    /// Has enough people approve the whole plan, and waits until it is applied.
    pub(super) async fn approve(&self, incident: &Incident) {
        let plan = incident.plan.as_ref().unwrap();
        let actions: Vec<_> = plan.actions.iter().map(|action| &action.hash).collect();
        let ballot = json!({ "plan": plan.hash, "answer": { "decision": "approve", "actions": actions } });
        for n in 0..incident.approval.as_ref().unwrap().request.approvers {
            let cookie = self.person(&format!("approver{n}"), Role::Approver, &[]).await;
            let path = format!("/v1/incidents/{}/approval", incident.id);
            let answer = self.browser(&cookie, Method::POST, &path).json(&ballot).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
        }
        let begin = Instant::now();
        loop {
            assert!(begin.elapsed() < PATIENCE, "it is not contained");
            let detail = self.fetch(&format!("/v1/incidents/{}", incident.id)).await;
            if detail["incident"]["status"] == json!(Status::Contained) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn its_token_reads_metrics_and_nothing_else() {
    let server = Server::start();
    let token = std::fs::read_to_string(server.home().join("metrics.token")).unwrap();
    for wrong in
        [String::new(), "0".repeat(64), server.operator.clone(), server.link.clone(), token.to_uppercase()]
    {
        let answer = server.request(Method::GET, "/metrics").bearer_auth(&wrong).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{wrong}");
    }
    assert_eq!(server.request(Method::GET, "/metrics").send().await.unwrap().status(), 401);
    let cookie = server.sign_in(&server.link).await;
    let answer = server.browser(&cookie, Method::GET, "/metrics").send().await.unwrap();
    assert_eq!(answer.status(), 401, "a session is not for programs");
    for path in ["/v1/me", "/v1/feed", "/v1/health"] {
        let answer = server.request(Method::GET, path).bearer_auth(&token).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{path}");
    }
    assert!(server.metrics().await.ends_with("# EOF\n"));
}

#[tokio::test]
async fn a_token_may_be_given_as_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("token");
    std::fs::write(&file, "given-to-both\n").unwrap();
    let mut command = super::command(dir.path());
    command.env("ASOC_METRICS_TOKEN_FILE", &file);
    let server = Server::start_as(dir, command);
    for (token, status) in [("given-to-both", 200), ("another", 401), ("", 401)] {
        let answer = server.request(Method::GET, "/metrics").bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), status, "{token}");
    }
    assert!(!server.home().join("metrics.token").exists(), "there is one token");
}

#[tokio::test]
async fn a_model_that_does_not_answer_is_shown_as_degraded() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = super::command(dir.path());
    command.env("ASOC_MODEL", "openai:absent").env("OPENAI_API_KEY", "none");
    command.env("ASOC_MODEL_URL", "http://127.0.0.1:1");
    let server = Server::start_as(dir, command);
    let holds = |said: &str, line: &str| said.lines().any(|l| l == line);
    assert!(holds(&server.metrics().await, r#"asoc_degraded{part="model"} 0.0"#));
    server.drill().await;
    let said = server.metrics().await;
    assert!(holds(&said, r#"asoc_degraded{part="model"} 1.0"#), "{said}");
    assert!(!holds(&said, r#"asoc_model_requests_total{outcome="unavailable"} 0"#), "{said}");
    let health = server.fetch("/v1/health").await;
    assert!(health["degraded"]["model"].is_string(), "{health}");
}

#[test]
fn an_opinion_is_counted_in_dollars() {
    let metrics = asoc::metrics::Metrics::default();
    let usage = Usage { input_tokens: 1200, output_tokens: 34, micro_dollars: 12_500 };
    let opinion = Opinion { raise: Raise::default(), explanation: String::new(), quotes: Vec::new() };
    metrics.opined(&Ok(Opined { opinion, usage, model: "m".into() }));
    metrics.opined(&Err(ModelError::Budget(String::new())));
    let said = metrics.text(None).unwrap();
    for line in [
        "asoc_model_spend_dollars_total 0.0125",
        r#"asoc_model_tokens_total{direction="input"} 1200"#,
        r#"asoc_model_tokens_total{direction="output"} 34"#,
        r#"asoc_model_requests_total{outcome="answered"} 1"#,
        r#"asoc_model_requests_total{outcome="budget"} 1"#,
        // Nothing could be read of the store.
        "asoc_ready{} 0.0",
    ] {
        assert!(said.lines().any(|l| l == line), "{line} in {said}");
    }
    assert!(!said.contains("asoc_queue_messages{"), "{said}");
}

#[tokio::test]
async fn figures_are_right_and_no_label_comes_from_outside() {
    let server = Server::start();
    let feed = server.open_feed(0).await;
    server.deliver(&["one".to_owned(), "two".to_owned()]).await;
    let again = server
        .owner(Method::POST, "/v1/deliveries")
        .json(&json!({ "Records": [super::record("one"), { "no": "log" }] }));
    assert_eq!(again.send().await.unwrap().status(), 200);
    server.request(Method::GET, "/v1/incidents/inc-hostile-9/events").send().await.unwrap();
    server.request(Method::GET, "/nowhere/hostile-9").send().await.unwrap();
    server.request(Method::from_bytes(b"HOSTILE-9").unwrap(), "/v1/me").send().await.unwrap();
    let incident = server.drill().await;
    server.approve(&incident).await;
    let said = server.metrics().await;
    let value = |series: &str| {
        let line =
            said.lines().find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')));
        let line = line.unwrap_or_else(|| panic!("{series} in {said}"));
        line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()
    };
    let script_events = 5.0;
    for (series, expected) in [
        (r#"asoc_records_total{door="logs",outcome="read"}"#, 2.0),
        (r#"asoc_records_total{door="logs",outcome="duplicate"}"#, 1.0),
        (r#"asoc_records_total{door="logs",outcome="quarantined"}"#, 1.0),
        (r#"asoc_records_total{door="drill",outcome="read"}"#, script_events),
        (r#"asoc_events_total{source="cloudtrail"}"#, 2.0 + script_events),
        ("asoc_incidents_opened_total", 1.0),
        (r#"asoc_incidents_closed_total{status="contained"}"#, 1.0),
        ("asoc_event_to_containment_seconds_count", 1.0),
        (r#"asoc_actions_total{state="failed"}"#, 0.0),
        ("asoc_approvals_waiting{}", 0.0),
        ("asoc_websocket_clients", 1.0),
        ("asoc_ready{}", 1.0),
        ("asoc_ledger_faults{}", 0.0),
        (r#"asoc_http_requests_total{method="GET",route="unmatched",status="404"}"#, 1.0),
        (r#"asoc_http_requests_total{method="other",route="/v1/me",status="401"}"#, 1.0),
        (r#"asoc_http_requests_total{method="GET",route="/v1/incidents/{id}/events",status="401"}"#, 1.0),
    ] {
        assert_eq!(value(series), expected, "{series}");
    }
    assert!(value("asoc_event_to_approval_request_seconds_count") >= 1.0);
    let verified = value(r#"asoc_actions_total{state="verified"}"#);
    assert_eq!(verified, incident.plan.as_ref().unwrap().actions.len() as f64);
    // Each approver was added, signed in, and voted.
    let decided = value(r#"asoc_decision_duration_seconds_count{agent="console"}"#);
    assert_eq!(decided, 3.0 * f64::from(incident.approval.as_ref().unwrap().request.approvers));
    for hostile in ["hostile-9", "HOSTILE-9", "arn:", "AKIA", "inc-", incident.id.as_str()] {
        assert!(!said.contains(hostile), "{hostile}");
    }
    drop(feed);
}

/// A running Prometheus and whom it asks.
struct Watched {
    prometheus: servers::Server,
    http: reqwest::Client,
}

impl Watched {
    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Value {
        let mut url =
            reqwest::Url::parse(&format!("http://127.0.0.1:{}{path}", self.prometheus.port())).unwrap();
        url.query_pairs_mut().extend_pairs(query);
        let answer: Value = self.http.get(url).send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["status"], "success", "{query:?}: {answer}");
        answer["data"].clone()
    }

    /// Whether an expression gives at least one number.
    async fn gives_data(&self, expression: &str) -> bool {
        let data = self.get("/api/v1/query", &[("query", expression)]).await;
        let is_number = |value: &Value| value[1].as_str().is_some_and(|n| n != "NaN");
        match data["resultType"].as_str() {
            Some("vector") => {
                data["result"].as_array().unwrap().iter().any(|sample| is_number(&sample["value"]))
            }
            Some("scalar") => is_number(&data["result"]),
            other => panic!("{expression} gives {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_real_prometheus_gets_data_for_every_panel_and_alert() {
    let settings = monitoring();
    let server = Server::start();
    let _feed = server.open_feed(0).await;
    let target = server.console.trim_start_matches("http://").replace("localhost", "127.0.0.1");
    let prometheus = servers::prometheus(&settings, &target, &server.home().join("metrics.token")).unwrap();
    let watched = Watched { prometheus, http: server.http.clone() };
    // What is counted from zero is seen at zero first, or its first count is no increase.
    until("it is scraped", || watched.gives_data("asoc_ready == 1")).await;
    let first = server.drill().await;
    server.approve(&first).await;
    server.play("stolen-instance-credential").await;

    let panels = panel_expressions(&settings);
    let alerts = alert_expressions(&settings);
    let sides = alerts.iter().flat_map(|(_, expression)| sides(expression));
    let expressions: Vec<String> = panels.iter().cloned().chain(sides).collect();
    assert!(panels.len() >= 30 && alerts.len() >= 15, "{} {}", panels.len(), alerts.len());
    for expression in &expressions {
        until(expression, || watched.gives_data(expression)).await;
    }

    // Each rule is loaded and was evaluated without an error, and none of them fires.
    until("rules are evaluated", async || {
        let data = watched.get("/api/v1/rules", &[]).await;
        let rules = data["groups"][0]["rules"].as_array().unwrap();
        assert_eq!(rules.len(), alerts.len());
        rules.iter().all(|rule| rule["health"] == "ok")
    })
    .await;
    let firing = watched.get("/api/v1/alerts", &[]).await;
    let firing: Vec<_> =
        firing["alerts"].as_array().unwrap().iter().filter(|a| a["state"] == "firing").collect();
    assert!(firing.is_empty(), "{firing:?}");
}

#[test]
fn promtool_finds_no_fault_and_every_alert_is_shown_firing_and_silent() {
    let settings = monitoring();
    let dir = tempfile::tempdir().unwrap();
    let token = dir.path().join("token");
    std::fs::write(&token, "x").unwrap();
    let config = std::fs::read_to_string(settings.join("prometheus.yml")).unwrap();
    let config = config.replace("/run/secrets/metrics_token", token.to_str().unwrap());
    std::fs::write(dir.path().join("prometheus.yml"), config).unwrap();
    std::fs::copy(settings.join("alerts.yml"), dir.path().join("alerts.yml")).unwrap();
    let run = |folder: &Path, arguments: &[&str]| {
        let output = Command::new("promtool").current_dir(folder).args(arguments).output();
        let output = output.expect("promtool is there: run `make need-servers`");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    };
    run(dir.path(), &["check", "config", "prometheus.yml"]);
    run(&settings, &["check", "rules", "alerts.yml"]);
    run(&settings, &["test", "rules", "alerts.test.yml"]);

    let tests: Value =
        yaml_serde::from_str(&std::fs::read_to_string(settings.join("alerts.test.yml")).unwrap()).unwrap();
    let mut shown = BTreeSet::new();
    for case in tests["tests"].as_array().unwrap() {
        for expression in case["promql_expr_test"].as_array().unwrap() {
            let fires = !expression["exp_samples"].as_array().unwrap().is_empty();
            shown.insert((expression["expr"].as_str().unwrap().to_owned(), fires));
        }
    }
    let alerts = alert_expressions(&settings);
    let expected = alerts.iter().flat_map(|(name, _)| {
        let expression = format!(r#"count(ALERTS{{alertname="{name}", alertstate="firing"}})"#);
        [(expression.clone(), true), (expression, false)]
    });
    assert_eq!(shown, expected.collect());
    let rules = rules(&settings);
    for rule in &rules {
        assert!(["critical", "warning"].contains(&rule["labels"]["severity"].as_str().unwrap()), "{rule}");
        for told in ["summary", "action"] {
            assert!(rule["annotations"][told].as_str().unwrap().ends_with('.'), "{rule}");
        }
    }
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begin = Instant::now();
    while !holds().await {
        assert!(begin.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn monitoring() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../monitoring")
}

/// The expressions of all panels, with Grafana's variable filled in.
fn panel_expressions(settings: &Path) -> Vec<String> {
    let dashboard = std::fs::read_to_string(settings.join("grafana-dashboard.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().unwrap());
    let filled = targets.map(|target| target["expr"].as_str().unwrap().replace("$__rate_interval", "1m"));
    filled.inspect(|expression| assert!(!expression.contains('$'), "{expression}")).collect()
}

fn rules(settings: &Path) -> Vec<Value> {
    let alerts: Value =
        yaml_serde::from_str(&std::fs::read_to_string(settings.join("alerts.yml")).unwrap()).unwrap();
    let groups = alerts["groups"].as_array().unwrap().iter();
    groups.flat_map(|group| group["rules"].as_array().unwrap().clone()).collect()
}

fn alert_expressions(settings: &Path) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rules(settings).iter().map(|rule| (text(&rule["alert"]), text(&rule["expr"]))).collect()
}

/// Both sides of an expression that is one comparison at its outermost level.
fn sides(expression: &str) -> [String; 2] {
    let (mut depth, mut at) = (0, None);
    for (place, letter) in expression.char_indices() {
        match letter {
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth -= 1,
            '<' | '>' | '=' if depth == 0 && at.is_none() => at = Some(place),
            _ => {}
        }
    }
    let at = at.unwrap_or_else(|| panic!("{expression} is no comparison"));
    [expression[..at].to_owned(), expression[at..].trim_start_matches(['<', '>', '=', '!']).to_owned()]
}
