//! Small machines, one file a construct: a definition, and cases with what their functions do and how they end.

use std::{fs, path::Path};

use asl::{EventKind, Machine, Status};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::host::{Host, Script, substitutions};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    definition: Value,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    input: Value,
    #[serde(default)]
    script: Script,
    /// The output, or `{Error, Cause}`.
    ends: Value,
    /// All events of the history.
    #[serde(default)]
    history: Option<Vec<EventKind>>,
    /// What the functions were given.
    #[serde(default)]
    payloads: Option<Vec<Value>>,
    /// Milliseconds it took.
    #[serde(default)]
    took: Option<i64>,
}

#[test]
fn machines_end_as_their_tables_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machines");
    let mut cases = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        let table: Table = serde_json::from_str(&fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|why| panic!("{file}: {why}"));
        let machine = Machine::load(&file, &table.definition.to_string(), &substitutions())
            .unwrap_or_else(|why| panic!("{why}"));
        for case in table.cases {
            check(&machine, &format!("{file}: {}", case.name), case);
            cases += 1;
        }
    }
    assert!(cases > 20, "the tables were found");
}

fn check(machine: &Machine, name: &str, case: Case) {
    let mut host = Host::start(machine, case.input, case.script);
    let ends = match host.run() {
        Status::Succeeded { output } => output.clone(),
        Status::Failed(failure) => json!({ "Error": failure.error, "Cause": failure.cause }),
        Status::Running => unreachable!(),
    };
    assert_eq!(ends, case.ends, "{name}");
    assert!(host.script.values().all(|acts| acts.is_empty()), "{name}: not every act was asked for");
    let ids: Vec<u64> = host.history.iter().map(|event| event.id).collect();
    assert_eq!(ids, (1..=host.execution.history_len).collect::<Vec<_>>(), "{name}: ids have no gaps");
    if let Some(history) = case.history {
        assert_eq!(host.kinds(), history, "{name}");
    }
    if let Some(payloads) = case.payloads {
        let given: Vec<_> = host.asked.iter().map(|task| task.payload.clone()).collect();
        assert_eq!(given, payloads, "{name}");
    }
    if let Some(took) = case.took {
        let ended = host.history.last().unwrap().time;
        assert_eq!(ended.as_millisecond() - host.execution.started.as_millisecond(), took, "{name}");
    }
}
