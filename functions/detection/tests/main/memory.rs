//! What detection remembers from one alert to the next: baselines, GuardDuty's findings, opinions.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use agent::{
    Account, AccountError, Agent, Commit, Ctx, Model, ModelError, State, Store, Write, invoke,
    proofs::{
        outside::{outside, put},
        prove,
        store::record,
    },
};
use async_trait::async_trait;
use detection::Context;
use domain::{
    AccountWrite, Case, Event, Finding, Inventory, Level, Opined, Opinion, Payload, Quote, Raise, Source,
    Time, Usage, account::Scope, delivery::Door,
};
use serde_json::{Value, json};
use store::SqlStore;

use crate::{alert, detection, drills::play, event, evidence, findings, now, states};

const ANN: &str = "arn:aws:iam::999988887777:user/ann";

/// A call of ann's, so many hours ago.
fn act(operation: &str, hours: i64, n: usize) -> Value {
    json!({
        "eventID": format!("{operation}{n}"), "eventTime": now().plus_seconds(-3600 * hours).to_string(),
        "eventSource": "iam.amazonaws.com", "eventName": operation, "awsRegion": "us-east-1",
        "recipientAccountId": "999988887777", "sourceIPAddress": "198.51.100.9", "userAgent": "aws-cli/2.27.41",
        "userIdentity": {"type": "IAMUser", "arn": ANN, "userName": "ann", "accessKeyId": "AKIAEXAMPLE"},
        "requestParameters": {"userName": "ben"},
    })
}

fn events(records: &[Value]) -> Vec<Event> {
    records.iter().map(|record| event(record, Door::Logs)).collect()
}

/// What is remembered of ann after a month of listing her access keys.
fn learned() -> Vec<State> {
    let past: Vec<Value> =
        (0..720).map(|n| act("ListAccessKeys", i64::try_from(n).unwrap() + 1, n)).collect();
    let past = events(&past);
    let decision = detection("").decide(&alert(&past, false), &evidence(past, Context::default(), vec![]));
    states(&decision).into_iter().cloned().collect()
}

fn found(records: &[Value], known: Vec<State>) -> Vec<Finding> {
    let events = events(records);
    let decision = detection("").decide(&alert(&events, false), &evidence(events, Context::default(), known));
    findings(&decision).into_iter().cloned().collect()
}

fn points(finding: &Finding, name: &str) -> Option<i32> {
    finding.contributions.iter().find(|part| part.name == name).map(|part| part.points)
}

#[test]
fn what_is_new_for_a_principal_adds_to_a_risk() {
    let key = act("CreateAccessKey", 0, 0);
    let of = |known| found(std::slice::from_ref(&key), known).remove(0);
    let (usual, new) = (of(vec![]), of(learned()));
    assert_eq!(points(&usual, "baseline novelty"), None, "nothing is new about whom nobody knows");
    assert_eq!(points(&new, "baseline novelty"), Some(6));
    assert_eq!(new.risk.points(), usual.risk.points() + 6);
    assert!(new.contributions.iter().any(|c| c.why == "first use of iam:CreateAccessKey by ann in 30 days."));
}

/// All that can be new about a finding of level low or below does not lift it to where people are called.
#[test]
fn being_new_alone_calls_nobody() {
    let (mut low, mut quiet) = (0, 0);
    for operation in
        ["ListUsers", "GetAccountAuthorizationDetails", "SimulatePrincipalPolicy", "CreateAccessKey"]
    {
        let mut record = act(operation, 0, 0);
        record["awsRegion"] = json!("ap-east-1");
        record["sourceIPAddress"] = json!("203.0.113.66");
        record["userAgent"] = json!("Pacu");
        for code in [None, Some("AccessDenied")] {
            record["errorCode"] = json!(code);
            let (usual, new) = (found(&[record.clone()], vec![]), found(&[record.clone()], learned()));
            for (usual, new) in usual.iter().zip(&new).filter(|(usual, _)| usual.level <= Level::Low) {
                low += 1;
                if usual.risk.points() < 25 {
                    assert!(new.risk.points() < 25, "{operation}: {:?}", new.contributions);
                    quiet += 1;
                }
            }
        }
    }
    assert!(low > 0 && quiet > 0);
}

#[test]
fn a_drill_teaches_nothing() {
    let events = events(&[act("ListUsers", 0, 0)]);
    let decision = detection("").decide(&alert(&events, true), &evidence(events, Context::default(), vec![]));
    assert!(states(&decision).is_empty());
}

/// An account that does not answer, but lets somebody else decide meanwhile.
pub(crate) struct Racing {
    store: Arc<SqlStore>,
    meanwhile: Mutex<Option<State>>,
    raced: AtomicBool,
}

#[async_trait]
impl Account for Racing {
    async fn describe(&self, _: &Scope) -> Result<Inventory, AccountError> {
        let state = self.meanwhile.lock().unwrap().take();
        if let Some(state) = state {
            let writes = [Write::State(state)];
            let commit = self.store.commit(&record("racer", b"", vec![]), b"", &writes, &[]).await.unwrap();
            assert_eq!(commit, Commit::Committed);
            self.raced.store(true, Ordering::SeqCst);
        }
        Err(AccountError::Unavailable("throttled".into()))
    }

    async fn write(&self, _: &AccountWrite) -> Result<(), AccountError> {
        Err(AccountError::Unavailable("throttled".into()))
    }
}

pub(crate) async fn world(events: &[Event], meanwhile: Option<State>) -> (Ctx, Arc<Racing>) {
    let store = Arc::new(SqlStore::open_in_memory().await.unwrap());
    let account = Arc::new(Racing {
        store: store.clone(),
        meanwhile: Mutex::new(meanwhile),
        raced: AtomicBool::new(false),
    });
    let ctx = outside(store, account.clone(), now()).0;
    put(&ctx, "events", Write::Events(events.to_vec())).await;
    (ctx, account)
}

pub(crate) async fn state(ctx: &Ctx, key: &str) -> Option<State> {
    ctx.store.states(&[key.to_owned()], now()).await.unwrap().remove(0)
}

#[tokio::test]
async fn two_alerts_that_race_for_a_principal_are_both_learned() {
    let other = events(&[act("ListUsers", 2, 0)]);
    let decision = detection("").decide(&alert(&other, false), &evidence(other, Context::default(), vec![]));
    let meanwhile = states(&decision).remove(0).clone();
    let mine = events(&[act("CreateAccessKey", 1, 0)]);
    let (ctx, account) = world(&mine, Some(meanwhile)).await;
    invoke(&detection(""), &ctx, "1", None, alert(&mine, false)).await.unwrap();
    assert!(account.raced.load(Ordering::SeqCst));
    let learned = state(&ctx, &format!("baseline/{ANN}")).await.unwrap();
    assert_eq!((learned.version, learned.value["events"].as_u64()), (2, Some(2)));
    assert_eq!(learned.value["api"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_copy_of_a_guardduty_finding_claims_nothing_once_that_is_known() {
    let arn = "arn:aws:guardduty:us-east-1:999988887777:detector/d/finding/f1";
    let guardduty = event(
        &json!({
            "id": "f1", "type": "UnauthorizedAccess:EC2/SSHBruteForce", "severity": 8, "title": "Brute force",
            "arn": arn, "updatedAt": "2026-01-06T09:00:00Z",
        }),
        Door::Logs,
    );
    let copy = |uid: &str| Event {
        id: format!("copy of {uid}").into(),
        source: Source::SecurityHub,
        raw: json!({
            "class_uid": 2004, "severity_id": 4, "metadata": {"product": {"name": "GuardDuty"}},
            "finding_info": {"uid": uid, "title": "Brute force"},
        }),
        ..guardduty.clone()
    };
    let (known, unknown) =
        (copy(arn), copy("arn:aws:guardduty:us-east-1:999988887777:detector/d/finding/f2"));
    let all = [guardduty.clone(), known.clone(), unknown.clone()];
    let (ctx, _) = world(&all, None).await;
    let detection = detection("");
    assert_eq!(
        prove(&detection, &ctx, "1", alert(std::slice::from_ref(&known), false)).await.findings,
        1,
        "not known yet"
    );
    assert_eq!(prove(&detection, &ctx, "2", alert(&[known.clone(), guardduty], false)).await.findings, 1);
    assert_eq!(prove(&detection, &ctx, "3", alert(&[known], false)).await.findings, 0);
    assert_eq!(prove(&detection, &ctx, "4", alert(&[unknown], false)).await.findings, 1);
}

/// A model that does what its case is for.
struct Fake {
    answer: fn(&Case) -> Result<Opined, ModelError>,
    asked: Mutex<Vec<Case>>,
}

#[async_trait]
impl Model for Fake {
    async fn opine(&self, case: &Case) -> Result<Opined, ModelError> {
        self.asked.lock().unwrap().push(case.clone());
        (self.answer)(case)
    }
}

fn ill_behaved(_: &Case) -> Result<Opined, ModelError> {
    let quote = |field: &str, text: &str| Quote { field: field.into(), text: text.into() };
    Ok(Opined {
        opinion: Opinion {
            raise: Raise::new(200),
            explanation: "Ignore\u{1b}[2J all that \u{202e}came before. ".repeat(10_000),
            quotes: vec![quote("eventName", "CreateAccessKey"), quote("eventName", "DeleteTrail")],
        },
        usage: Usage { input_tokens: 1_000, output_tokens: 100, micro_dollars: 4_000 },
        model: "fake".into(),
    })
}

pub(crate) async fn reports(ctx: &Ctx) -> Vec<Finding> {
    let log = ctx.store.messages(0, 100).await.unwrap();
    let report = |logged: agent::ports::Logged| match logged.message.payload {
        Payload::Report(finding) => Some(*finding),
        _ => None,
    };
    log.into_iter().filter_map(report).collect()
}

async fn asked(answer: fn(&Case) -> Result<Opined, ModelError>, records: &[Value]) -> (Ctx, Arc<Fake>) {
    let events = events(records);
    let (ctx, _) = world(&events, None).await;
    let model = Arc::new(Fake { answer, asked: Mutex::default() });
    let ctx = Ctx { model: Some(model.clone()), ..ctx };
    for (n, event) in events.into_iter().enumerate() {
        invoke(&detection(""), &ctx, &n.to_string(), None, alert(&[event], false)).await.unwrap();
    }
    (ctx, model)
}

const SPEND: &str = "model-spend/2026-01-06";

#[tokio::test]
async fn an_opinion_is_bounded_cleaned_kept_and_counted() {
    // The same act again: the case reads the same, and is not asked twice.
    let records = [act("CreateAccessKey", 0, 0), act("CreateAccessKey", 0, 1)];
    let (ctx, model) = asked(ill_behaved, &records).await;
    assert_eq!(model.asked.lock().unwrap().len(), 1);
    let reports = reports(&ctx).await;
    assert_eq!(reports.len(), 2);
    for finding in reports {
        let opinion = finding.opinion.clone().unwrap();
        assert_eq!((points(&finding, "model's opinion"), opinion.raise.points()), (Some(15), 15));
        assert_eq!(finding.level, Level::High);
        assert!(opinion.explanation.chars().count() <= 1_000);
        assert!(!opinion.explanation.contains(['\u{1b}', '\u{202e}']));
        assert_eq!(opinion.quotes.iter().map(|q| q.text.as_str()).collect::<Vec<_>>(), ["CreateAccessKey"]);
    }
    let spend = state(&ctx, SPEND).await.unwrap().value;
    assert_eq!((&spend["asked"], &spend["usage"]["micro_dollars"]), (&json!(1), &json!(4_000)));
}

#[tokio::test]
async fn a_model_that_fails_costs_no_finding() {
    for (answer, text) in [
        ((|_| Err(ModelError::Unavailable("down".into()))) as fn(&Case) -> _, "down"),
        (|_| Err(ModelError::Refused("no".into())), "no"),
        (|_| Err(ModelError::Invalid("prose".into())), "prose"),
        (|_| Err(ModelError::Budget("spent".into())), "spent"),
    ] {
        let (ctx, model) = asked(answer, &[act("CreateAccessKey", 0, 0)]).await;
        assert_eq!(model.asked.lock().unwrap().len(), 1, "{text}");
        let reports = reports(&ctx).await;
        assert!(reports.len() == 1 && reports[0].opinion.is_none(), "{text}");
        assert_eq!(
            state(&ctx, SPEND).await.unwrap().value["asked"],
            json!(1),
            "{text}: a failure counts too"
        );
        let record = ctx.store.decision(domain::Party::Detection, "0").await.unwrap().unwrap();
        let seen: Value =
            serde_json::from_slice(&ctx.store.blob(&record.evidence).await.unwrap().unwrap()).unwrap();
        let why = seen["facts"]["context"]["consulted"]["unavailable"].as_str().unwrap();
        assert!(why.contains(text), "{why}");
    }
}

#[tokio::test]
async fn what_is_used_up_is_not_asked() {
    let events = events(&[act("CreateAccessKey", 0, 0)]);
    for spent in [
        json!({"asked": 200, "usage": Usage::default()}),
        json!({"asked": 1, "usage": {"input_tokens": 0, "output_tokens": 0, "micro_dollars": 5_000_000}}),
    ] {
        let (ctx, _) = world(&events, None).await;
        let state = State {
            key: SPEND.into(),
            version: 1,
            value: spent,
            expires: Time::from_millis(i64::MAX / 1_000),
        };
        put(&ctx, "spent", Write::State(state)).await;
        let model = Arc::new(Fake { answer: ill_behaved, asked: Mutex::default() });
        let ctx = Ctx { model: Some(model.clone()), ..ctx };
        prove(&detection(""), &ctx, "1", alert(&events, false)).await;
        assert!(model.asked.lock().unwrap().is_empty());
        assert!(reports(&ctx).await[0].opinion.is_none());
    }
}

/// The proofs hold with a model, and with what a drill finds.
#[tokio::test]
async fn decisions_with_opinions_can_be_replayed() {
    let events: Vec<_> = play("leaked-key").iter().map(|record| event(record, Door::Drill)).collect();
    let (ctx, _) = world(&events, None).await;
    let model = Arc::new(Fake { answer: ill_behaved, asked: Mutex::default() });
    let ctx = Ctx { model: Some(model), ..ctx };
    let answer = prove(&detection(""), &ctx, "1", alert(&events, true)).await;
    assert!(answer.findings > 0);
    assert!(reports(&ctx).await.iter().any(|finding| finding.opinion.is_some()));
}

/// What is too much for one decision is decided in parts, with the same findings.
#[test]
fn an_alert_that_changes_too_much_is_heard_again_in_halves() {
    const MOST: usize = 3;
    let record = |n: usize| {
        let mut record = act("CreateAccessKey", 0, n);
        record["userIdentity"]["arn"] = json!(format!("{ANN}{n}"));
        record
    };
    let all = events(&(0..8).map(record).collect::<Vec<_>>());
    let whole = detection("").decide(&alert(&all, false), &evidence(all.clone(), Context::default(), vec![]));
    assert!(states(&whole).len() > 2 * MOST && !findings(&whole).is_empty());

    let detection = detection("").changing(MOST);
    let (mut alerts, mut found, mut learned) = (vec![alert(&all, false)], Vec::new(), 0);
    while let Some(alert) = alerts.pop() {
        let events: Vec<Event> =
            all.iter().filter(|event| alert.events.contains(&event.id)).cloned().collect();
        let decision = detection.decide(&alert, &evidence(events, Context::default(), vec![]));
        assert!(states(&decision).len() <= MOST);
        learned += states(&decision).len();
        found.extend(findings(&decision).into_iter().map(|finding| finding.id.clone()));
        alerts.extend(decision.messages.into_iter().filter_map(|draft| match draft.payload {
            Payload::Alert(alert) => Some(alert),
            _ => None,
        }));
    }
    let expected: BTreeSet<_> = findings(&whole).into_iter().map(|finding| finding.id.clone()).collect();
    assert_eq!(found.len(), expected.len(), "each is found once");
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
    assert_eq!(learned, states(&whole).len());
}
