//! OPA: the same rules, the same answers; and what is made of it when there is none.

mod questions;

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use agent::Policy;
use domain::{Effect, verdict::Question};
use policy::{Opa, Rego};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use servers::{Server, opa, opa_command, serve};

const TOKEN: &str = "a-token-of-many-letters";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/authorization")
}

/// The policy as it stands in the repository.
fn sources() -> Vec<(String, String)> {
    let paths = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    paths
        .map(|path| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// Another policy: one action fewer an hour.
fn others() -> Vec<(String, String)> {
    sources()
        .into_iter()
        .map(|(path, text)| (path, text.replace("\"actions_per_hour\": 20", "\"actions_per_hour\": 19")))
        .collect()
}

fn begin(sources: &[(String, String)]) -> (Server, Opa) {
    let server = opa(&Rego::bundle(sources).unwrap(), TOKEN).unwrap();
    let asked = ask_at(&server, Some(TOKEN));
    (server, asked)
}

fn ask_at(server: &Server, token: Option<&str>) -> Opa {
    let address = format!("http://127.0.0.1:{}/", server.port());
    Opa::new(&address, token, Rego::load(&sources()).unwrap()).unwrap()
}

/// Ten thousand questions, drawn anew each time: not one gets another answer there than here.
#[test]
fn opa_and_the_built_in_evaluator_agree() {
    let (_server, opa) = begin(&sources());
    let rego = Rego::load(&sources()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let seen: RefCell<BTreeMap<String, u32>> = RefCell::default();
    let config = Config { cases: 10_000, failure_persistence: None, ..Config::default() };
    let run = TestRunner::new(config).run(&questions::question(), |question: Question| {
        let (here, there) =
            (rego.ask(&question).unwrap(), runtime.block_on(opa.authorize(&question)).unwrap());
        *seen.borrow_mut().entry(format!("{:?}", here.effect)).or_default() += 1;
        // An answer that OPA did not give itself says so, and is another.
        if here == there { Ok(()) } else { Err(TestCaseError::fail(format!("{here:#?}\n{there:#?}"))) }
    });
    run.unwrap();
    let seen = seen.into_inner();
    assert_eq!(seen.values().sum::<u32>(), 10_000);
    assert!(seen.len() == 3 && seen.values().all(|often| *often > 1000), "each answer comes often: {seen:?}");
}

#[test]
fn opa_checks_and_tests_the_policy() {
    let run = |arguments: &[&str]| {
        let mut command = opa_command().unwrap();
        let output = command.args(arguments).arg(".").current_dir(folder()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
        text
    };
    run(&["check", "--strict", "--capabilities", "capabilities.json"]);
    let passed = run(&["test", "--ignore", "capabilities.json"]);
    let tests = Rego::test(&sources()).unwrap().len();
    assert!(passed.contains(&format!("PASS: {tests}/{tests}")), "OPA runs the tests that run here: {passed}");
    let report = run(&["test", "--ignore", "capabilities.json", "--coverage", "--threshold", "95"]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert!(report["coverage"].as_f64().unwrap() >= 95.0, "{}", report["coverage"]);
}

/// Whatever OPA is like, nothing is allowed but by its word; a denial stays one.
async fn is_closed(opa: &Opa, why: &str) {
    for (question, open, closed) in questions::one_of_each() {
        let begin = Instant::now();
        let verdict = opa.authorize(&question).await.unwrap();
        assert!(begin.elapsed() < Duration::from_secs(4), "bounded: {:?}", begin.elapsed());
        assert_eq!(verdict.effect, closed, "{open:?}, {why}");
        assert_eq!(verdict.approvers > 0, closed == Effect::Approval);
        assert!(verdict.on_expiry.is_empty(), "nobody's silence is taken for approval");
        assert!(verdict.reasons[0].contains(why), "{:?} says {why}", verdict.reasons);
        assert!(opa.degraded().unwrap().contains(why));
    }
}

async fn is_open(opa: &Opa) {
    for (question, open, _) in questions::one_of_each() {
        assert_eq!(opa.authorize(&question).await.unwrap().effect, open);
        assert_eq!(opa.degraded(), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_opa_nothing_is_allowed() {
    let (mut server, opa) = begin(&sources());
    is_open(&opa).await;
    server.pause().unwrap();
    is_closed(&opa, "did not answer in 2 s").await;
    server.go_on().unwrap();
    is_open(&opa).await;
    server.stop().unwrap();
    is_closed(&opa, "cannot be reached").await;
    opa.probe().await;
    assert!(opa.degraded().is_some());
    server.start().unwrap();
    opa.probe().await;
    assert_eq!(opa.degraded(), None, "it is back before anybody asks");
    server.kill().unwrap();
    server.start().unwrap();
    is_open(&opa).await;
    is_closed(&ask_at(&server, None), "HTTP status 401").await;
    is_closed(&ask_at(&server, Some("another")), "HTTP status 401").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_policy_is_no_answer() {
    let (mut server, opa) = begin(&others());
    is_closed(&opa, "serves other policies").await;
    reload(&mut server, &sources());
    is_open(&opa).await;
    reload(&mut server, &others());
    opa.probe().await;
    assert!(opa.degraded().unwrap().contains("serves other policies"));
    is_closed(&opa, "serves other policies").await;
}

/// OPA reads a bundle's file when it starts.
fn reload(server: &mut Server, sources: &[(String, String)]) {
    serve(server.folder(), &Rego::bundle(sources).unwrap()).unwrap();
    server.stop().unwrap();
    server.start().unwrap();
}

/// Each decision is in OPA's log with what was asked, and the token is not.
#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_logged_without_secrets() {
    let (mut server, opa) = begin(&sources());
    let asked: Vec<Question> = questions::one_of_each().into_iter().map(|(question, ..)| question).collect();
    for question in &asked {
        opa.authorize(question).await.unwrap();
    }
    server.stop().unwrap();
    let log = fs::read_to_string(server.folder().join("log")).unwrap();
    let decisions: Vec<serde_json::Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &serde_json::Value| line["path"] == "asoc/authorization/verdict")
        .collect();
    let inputs: Vec<_> = decisions.iter().map(|line| line["input"].clone()).collect();
    assert_eq!(
        inputs,
        asked.iter().map(|question| serde_json::to_value(question).unwrap()).collect::<Vec<_>>()
    );
    assert!(decisions.iter().all(|line| line["bundles"]["asoc"]["revision"].is_string()));
    assert!(!log.contains(TOKEN));
}
