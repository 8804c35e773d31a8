//! The two workflows end as `ARCHITECTURE.md` draws them.

use std::{fs, path::Path};

use asl::{Machine, Status};
use serde_json::{Value, json};

use crate::host::{Act, Host, Script, substitutions};

pub(crate) fn load(name: &str) -> Machine {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../infra/{name}.asl.json"));
    Machine::load(name, &fs::read_to_string(path).unwrap(), &substitutions()).unwrap()
}

pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) machine: &'static str,
    pub(crate) script: Vec<(&'static str, Vec<Act>)>,
    /// The states that are entered, in order.
    pub(crate) visits: &'static str,
    /// The error's name, if it fails.
    pub(crate) fails: Option<&'static str>,
}

impl Scenario {
    pub(crate) fn input(&self) -> Value {
        json!({ "incident": "inc-1", "action": "act-1" })
    }

    pub(crate) fn script(&self) -> Script {
        self.script.iter().map(|(state, acts)| ((*state).to_owned(), acts.clone().into())).collect()
    }
}

fn ok(value: Value) -> Act {
    Act::Ok(value)
}

fn fail(error: &str) -> Act {
    Act::Fail(error.to_owned())
}

fn effect(effect: &str) -> Act {
    ok(json!({ "effect": effect, "expires_seconds": 900 }))
}

fn answered(decision: &str) -> Value {
    json!({ "decision": decision })
}

fn decided(decision: &str, apply: bool) -> Value {
    json!({ "decision": decision, "apply": apply })
}

fn done(done: bool, wait_seconds: u32) -> Act {
    ok(json!({ "done": done, "wait_seconds": wait_seconds }))
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let seen = || ok(json!({ "reachable": 3, "crown_jewels": 1 }));
    let investigate = || ("Investigate", vec![seen()]);
    let preview = || ("Preview", vec![seen()]);
    let respond = || ("Respond", vec![done(false, 0), done(false, 5), done(true, 0)]);
    let record = || ("Record", vec![ok(json!({ "status": "contained" }))]);
    let ask = |answer: Value| ("AwaitApproval", vec![Act::Settle(answer)]);
    let incident =
        |name, visits, fails, script| Scenario { name, machine: "incident", script, visits, fails };
    let undo = |name, visits, fails, script| Scenario { name, machine: "undo", script, visits, fails };
    let asked = || ("Evaluate", vec![effect("approval")]);
    let applied = "Investigate Respond Responded Respond Responded Pause Respond Responded Record";
    let approved: &'static str =
        format!("Evaluate Verdict Approval AwaitApproval Preview Answer {applied}").leak();
    let allowed: &'static str = format!("Evaluate Verdict {applied}").leak();
    let expired: &'static str =
        format!("Evaluate Verdict Approval AwaitApproval Preview Expire Answer {applied}").leak();
    let superseded: &'static str = format!(
        "Evaluate Verdict Approval AwaitApproval Preview Answer Evaluate Verdict Approval AwaitApproval Preview \
         Answer {applied}"
    )
    .leak();
    let unavailable: &'static str =
        format!("Evaluate Verdict Approval AwaitApproval Preview PreviewUnavailable Answer {applied}").leak();
    vec![
        incident("deny", "Evaluate Verdict Record", None, vec![("Evaluate", vec![effect("deny")]), record()]),
        incident(
            "allow",
            allowed,
            None,
            vec![("Evaluate", vec![effect("allow")]), investigate(), respond(), record()],
        ),
        incident(
            "approve",
            approved,
            None,
            vec![asked(), ask(answered("approved")), preview(), investigate(), respond(), record()],
        ),
        incident(
            "reject",
            "Evaluate Verdict Approval AwaitApproval Preview Answer Record",
            None,
            vec![asked(), ask(answered("rejected")), preview(), record()],
        ),
        incident(
            "expire, and the declared default applies something",
            expired,
            None,
            vec![
                asked(),
                ("AwaitApproval", vec![Act::Submit]),
                preview(),
                ("Expire", vec![ok(decided("expired", true))]),
                investigate(),
                respond(),
                record(),
            ],
        ),
        incident(
            "expire, and the declared default is to do nothing",
            "Evaluate Verdict Approval AwaitApproval Preview Expire Answer Record",
            None,
            vec![
                asked(),
                ("AwaitApproval", vec![Act::Submit]),
                preview(),
                ("Expire", vec![ok(decided("expired", false))]),
                record(),
            ],
        ),
        incident(
            "a ballot that was recorded just before the time-out holds",
            expired,
            None,
            vec![
                asked(),
                ("AwaitApproval", vec![Act::Submit]),
                preview(),
                ("Expire", vec![ok(decided("approved", true))]),
                investigate(),
                respond(),
                record(),
            ],
        ),
        incident(
            "superseded",
            superseded,
            None,
            vec![
                ("Evaluate", vec![effect("approval"), effect("approval")]),
                (
                    "AwaitApproval",
                    vec![Act::Settle(answered("superseded")), Act::Settle(answered("approved"))],
                ),
                ("Preview", vec![seen(), seen()]),
                investigate(),
                respond(),
                record(),
            ],
        ),
        incident(
            "superseded, and then denied",
            "Evaluate Verdict Approval AwaitApproval Preview Answer Evaluate Verdict Record",
            None,
            vec![
                ("Evaluate", vec![effect("approval"), effect("deny")]),
                ask(answered("superseded")),
                preview(),
                record(),
            ],
        ),
        incident(
            "a preview that fails does not touch the wait",
            unavailable,
            None,
            vec![
                asked(),
                ask(answered("approved")),
                ("Preview", vec![fail("Permanent")]),
                investigate(),
                respond(),
                record(),
            ],
        ),
        incident(
            "a preview that hangs is given up",
            unavailable,
            None,
            vec![
                asked(),
                ask(answered("approved")),
                ("Preview", vec![Act::Hang]),
                investigate(),
                respond(),
                record(),
            ],
        ),
        incident(
            "transient failures everywhere",
            expired,
            None,
            vec![
                ("Evaluate", vec![fail("Transient"), Act::Hang, effect("approval")]),
                ("AwaitApproval", vec![fail("Lambda.ServiceException"), Act::Submit]),
                ("Preview", vec![fail("Transient"), seen()]),
                ("Expire", vec![fail("Transient"), ok(decided("expired", true))]),
                ("Investigate", vec![fail("Lambda.TooManyRequestsException"), seen()]),
                (
                    "Respond",
                    vec![
                        done(false, 0),
                        fail("Transient"),
                        fail("Transient"),
                        done(false, 5),
                        Act::Hang,
                        done(true, 0),
                    ],
                ),
                (
                    "Record",
                    vec![
                        fail("Permanent"),
                        fail("Transient"),
                        Act::Hang,
                        ok(json!({ "status": "contained" })),
                    ],
                ),
            ],
        ),
        incident(
            "evaluation fails for good",
            "Evaluate RecordFailure Failed",
            Some("Permanent"),
            vec![("Evaluate", vec![fail("Permanent")]), ("RecordFailure", vec![ok(json!({}))])],
        ),
        incident(
            "an effect that is not known",
            "Evaluate Verdict UnknownVerdict RecordFailure Failed",
            Some("UnknownVerdict"),
            vec![("Evaluate", vec![effect("perhaps")]), ("RecordFailure", vec![ok(json!({}))])],
        ),
        incident(
            "people cannot be asked",
            "Evaluate Verdict Approval AwaitApproval Preview NotAnswered Answer RecordFailure Failed",
            Some("Permanent"),
            vec![
                asked(),
                ("AwaitApproval", vec![fail("Permanent")]),
                preview(),
                ("RecordFailure", vec![ok(json!({}))]),
            ],
        ),
        incident(
            "the time-out cannot be answered",
            "Evaluate Verdict Approval AwaitApproval Preview Expire NotAnswered Answer RecordFailure Failed",
            Some("Permanent"),
            vec![
                asked(),
                ("AwaitApproval", vec![Act::Submit]),
                preview(),
                ("Expire", vec![fail("Permanent")]),
                ("RecordFailure", vec![ok(json!({}))]),
            ],
        ),
        incident(
            "response fails for good, half-way",
            "Evaluate Verdict Investigate Respond Responded Respond RecordFailure Failed",
            Some("Permanent"),
            vec![
                ("Evaluate", vec![effect("allow")]),
                investigate(),
                ("Respond", vec![done(false, 0), fail("Permanent")]),
                ("RecordFailure", vec![fail("Permanent"), ok(json!({}))]),
            ],
        ),
        undo(
            "undo",
            "Undo Undone Undo Undone Pause Undo Undone Record",
            None,
            vec![("Undo", vec![done(false, 0), fail("Transient"), done(false, 5), done(true, 0)]), record()],
        ),
        undo(
            "undo fails for good",
            "Undo RecordFailure Failed",
            Some("Permanent"),
            vec![("Undo", vec![fail("Permanent")]), ("RecordFailure", vec![ok(json!({}))])],
        ),
    ]
}

#[test]
fn runs_end_as_drawn() {
    for scenario in scenarios() {
        let machine = load(scenario.machine);
        let mut host = Host::start(&machine, scenario.input(), scenario.script());
        let status = host.run().clone();
        let name = scenario.name;
        match (status, scenario.fails) {
            (Status::Succeeded { .. }, None) => {}
            (Status::Failed(failure), Some(error)) => assert_eq!(failure.error, error, "{name}"),
            (status, _) => panic!("{name}: {status:?}"),
        }
        assert_eq!(host.visited().join(" "), scenario.visits, "{name}");
        assert!(host.script.values().all(|acts| acts.is_empty()), "{name}: not every act was asked for");
    }
}

#[test]
fn every_task_has_the_payload_that_agents_read() {
    for scenario in scenarios() {
        let machine = load(scenario.machine);
        let mut host = Host::start(&machine, scenario.input(), scenario.script());
        host.run();
        for task in &host.asked {
            let key = &task.payload["key"];
            assert_eq!(key["execution"], json!("exec-1"));
            assert_eq!(key["state"], json!(task.state));
            assert!(key["entered"].as_str().unwrap().ends_with('Z'));
            let input = &task.payload["input"];
            assert_eq!(input["incident"], json!("inc-1"));
            let (function, name) = match task.state.as_str() {
                "Evaluate" => ("supervisor", "evaluate"),
                "AwaitApproval" => ("supervisor", "ask"),
                "Expire" => ("supervisor", "expire"),
                "Preview" => ("forensics", "preview"),
                "Investigate" => ("forensics", "investigate"),
                "Respond" => ("response", "apply"),
                "Undo" => ("response", "undo"),
                _ => ("compliance", "record"),
            };
            assert_eq!((task.function.as_str(), &input["task"]), (function, &json!(name)));
            assert_eq!(task.payload.get("task_token").is_some(), task.waits_for_token);
            match task.state.as_str() {
                "RecordFailure" => {
                    assert_eq!(input["failure"]["Error"], json!(scenario.fails.unwrap()));
                    assert!(input["failure"]["Cause"].is_string());
                }
                "Undo" => assert_eq!(input["action"], json!("act-1")),
                _ => assert_eq!(input.as_object().unwrap().len(), 2),
            }
        }
    }
}

#[test]
fn the_wait_for_people_lasts_as_long_as_the_verdict_says() {
    let machine = load("incident");
    let scenario = scenarios().into_iter().find(|scenario| scenario.name.starts_with("expire")).unwrap();
    let mut host = Host::start(&machine, scenario.input(), scenario.script());
    host.run();
    let at = |state| host.history.iter().find(|event| event.state.as_deref() == Some(state)).unwrap().time;
    assert_eq!(at("Expire").duration_since(at("AwaitApproval")).as_secs(), 900);
}
