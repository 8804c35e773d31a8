//! The program's log, line by line.

use std::{
    collections::BTreeSet,
    fs::{self, File},
};

use serde_json::{Map, Value};

use super::{Server, command};

#[tokio::test]
async fn every_line_of_a_drill_is_an_object_with_the_same_fields() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let mut command = command(dir.path());
    command.env("ASOC_LOG", "warn,asoc=debug,agent=debug,console=debug").stderr(File::create(&log).unwrap());
    let mut server = Server::start_as(dir, command);
    let incident = server.drill().await;
    server.approve(&incident).await;
    server.terminate();

    let mut agents = BTreeSet::new();
    let mut of_incident = 0;
    let text = fs::read_to_string(&log).unwrap();
    for line in text.lines().filter(|line| !line.starts_with("stopping: ")) {
        let line: Map<String, Value> = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let field = |name: &str| line.get(name).and_then(Value::as_str);
        let time = field("@timestamp").unwrap();
        assert!(time.ends_with('Z') && time.parse::<jiff::Timestamp>().is_ok(), "{time}");
        assert!(["error", "warn", "info", "debug"].contains(&field("log.level").unwrap()), "{line:?}");
        assert!(field("log.logger").is_some() && field("message").is_some(), "{line:?}");
        for name in line.keys() {
            let is_known = ["@timestamp", "message", "log.level", "log.logger", "error.message"]
                .contains(&name.as_str());
            assert!(is_known || name.starts_with("asoc.") || name.starts_with("http."), "{name} in {line:?}");
        }
        agents.extend(field("asoc.agent").map(str::to_owned));
        of_incident += usize::from(field("asoc.correlation_id") == Some(incident.id.as_str()));
    }
    for agent in ["telemetry", "detection", "supervisor", "forensics", "response", "compliance", "console"] {
        assert!(agents.contains(agent), "{agent} in {agents:?}");
    }
    assert!(of_incident > 10, "{of_incident} lines of the incident");
    for secret in ["operator.token", "metrics.token", "workflow.key"] {
        let secret = fs::read_to_string(server.home().join(secret)).unwrap();
        assert!(!text.contains(secret.trim()));
    }
}
