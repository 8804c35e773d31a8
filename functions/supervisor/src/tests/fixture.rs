//! Findings of a fictional bookshop, and evidence that leads an incident from task to task.

use std::path::Path;

use agent::{Call, Decision, Observed, Write};
use domain::{
    Draft, Effect, Event, EventClass, EventId, EventOutcome, Finding, FindingId, Incident, Inventory, Level,
    Payload, Principal, PrincipalKind, Resource, ResourceKind, Risk, Source, Time, Verdict,
};
use serde_json::{Value, json};

use crate::{
    Acts, AskEvidence, EvaluateEvidence, ExpireEvidence, Ground, Output, Playbooks, PolicyAnswer,
    TriageEvidence, ask, evaluate, expire, ground, proposal, triage,
};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const WEB_1: &str = "i-0a1b2c3d4e5f60001";
pub(crate) const WEB_2: &str = "i-0a1b2c3d4e5f60002";
pub(crate) const TRAIL: &str = "arn:aws:cloudtrail:us-east-1:111122223333:trail/org-trail";

/// Files of a folder under `policies/`.
pub(crate) fn policies(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies").join(folder);
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

pub(crate) fn playbooks() -> Playbooks {
    Playbooks::load(&policies("playbooks")).unwrap()
}

pub(crate) fn account() -> Inventory {
    sandbox::default_account().unwrap()
}

/// A time so many seconds after a fixed one.
pub(crate) fn at(seconds: i64) -> Time {
    "2026-01-06T10:00:00Z".parse::<Time>().unwrap().plus_seconds(seconds)
}

pub(crate) fn user(name: &str) -> Principal {
    Principal {
        kind: PrincipalKind::User,
        arn: format!("arn:aws:iam::{ACCOUNT}:user/{name}"),
        name: name.to_owned(),
        account: Some(ACCOUNT.to_owned()),
        session: None,
        access_key: None,
    }
}

pub(crate) fn role(name: &str, session: &str) -> Principal {
    Principal {
        kind: PrincipalKind::Role,
        arn: format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
        session: Some(session.to_owned()),
        ..user(name)
    }
}

pub(crate) fn instance(id: &str) -> Resource {
    Resource {
        kind: ResourceKind::Instance,
        arn: format!("arn:aws:ec2:us-east-1:{ACCOUNT}:instance/{id}"),
        name: id.to_owned(),
    }
}

pub(crate) fn bucket(name: &str) -> Resource {
    Resource { kind: ResourceKind::Bucket, arn: format!("arn:aws:s3:::{name}"), name: name.to_owned() }
}

pub(crate) fn trail() -> Resource {
    Resource { kind: ResourceKind::Trail, arn: TRAIL.to_owned(), name: "org-trail".to_owned() }
}

/// A finding of risk 70 that happened so many seconds after [`at`]`(0)`.
pub(crate) fn finding(id: &str, playbook: &str, actor: Option<Principal>, seconds: i64) -> Finding {
    Finding {
        id: FindingId::from(id),
        rule: format!("rule of {id}"),
        title: format!("Title of {id}"),
        description: String::new(),
        level: Level::High,
        risk: Risk::new(70),
        contributions: vec![],
        attack: vec![],
        playbook: Some(playbook.to_owned()).filter(|name| !name.is_empty()),
        event: EventId::from(id),
        time: at(seconds),
        operation: "Operation".to_owned(),
        actor,
        origin: Some("203.0.113.66".to_owned()),
        account: Some(ACCOUNT.to_owned()),
        resources: vec![],
        matched: vec![],
        false_positives: vec![],
        opinion: None,
        drill: false,
    }
}

/// ARN of something of IAM.
pub(crate) fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{kind}/{name}")
}

/// An act of ci-deploy five seconds after [`at`]`(0)`, by `service:operation`.
fn act(id: &str, operation: &str, raw: Value) -> Event {
    let (service, operation) = operation.split_once(':').unwrap();
    Event {
        id: id.into(),
        class: EventClass::ApiActivity,
        source: Source::Cloudtrail,
        time: at(5),
        account: Some(ACCOUNT.to_owned()),
        region: None,
        service: format!("{service}.amazonaws.com"),
        operation: operation.to_owned(),
        actor: Some(user("ci-deploy")),
        origin: Some("203.0.113.66".to_owned()),
        user_agent: None,
        outcome: EventOutcome::Success,
        resources: vec![],
        raw,
    }
}

/// ci-deploy assumes this role, and gets a session with this key.
pub(crate) fn assumed(id: &str, role: &str, access_key: &str) -> Event {
    let raw = json!({ "requestParameters": { "roleArn": role, "roleSessionName": "s" },
                      "responseElements": { "credentials": { "accessKeyId": access_key } } });
    let resource = Resource { kind: ResourceKind::Role, arn: role.to_owned(), name: role.to_owned() };
    Event { resources: vec![resource], ..act(id, "sts:AssumeRole", raw) }
}

/// ci-deploy makes a key for this user.
pub(crate) fn key_made(id: &str, name: &str, access_key: Option<&str>) -> Event {
    let raw = json!({ "requestParameters": { "userName": name },
                      "responseElements": { "accessKey": { "accessKeyId": access_key } } });
    let resource = Resource { kind: ResourceKind::User, arn: arn("user", name), name: name.to_owned() };
    Event { resources: vec![resource], ..act(id, "iam:CreateAccessKey", raw) }
}

/// ci-deploy sets this user's console password.
pub(crate) fn password_set(id: &str, name: &str) -> Event {
    act(id, "iam:UpdateLoginProfile", json!({ "requestParameters": { "userName": name } }))
}

pub(crate) fn on(resources: impl IntoIterator<Item = Resource>, finding: Finding) -> Finding {
    Finding { resources: resources.into_iter().collect(), ..finding }
}

pub(crate) fn ground(findings: &[Finding]) -> Ground {
    Ground { findings: findings.to_vec(), account: account(), acts: Acts::default() }
}

pub(crate) fn observed<T>(facts: &T, seconds: i64) -> Observed<&T> {
    Observed { now: at(seconds), facts }
}

/// A verdict with nothing special.
pub(crate) fn verdict(effect: Effect) -> Verdict {
    let asks = effect == Effect::Approval;
    Verdict {
        effect,
        reasons: vec!["because".to_owned()],
        approvers: u8::from(asks),
        expires_seconds: 1800,
        on_expiry: vec![],
        observe: Vec::new(),
        policy: "policy".to_owned(),
    }
}

pub(crate) fn triaged(
    report: &Finding,
    sharing: Option<&Incident>,
    findings: &[Finding],
) -> Decision<Output> {
    let evidence =
        TriageEvidence { sharing: sharing.cloned().map(Box::new), ground: sharing.map(|_| ground(findings)) };
    triage::decide(&playbooks(), report, None, &observed(&evidence, 10))
}

pub(crate) fn evidence_to_evaluate(
    incident: &Incident,
    findings: &[Finding],
    answer: PolicyAnswer,
) -> EvaluateEvidence {
    let ground = ground(findings);
    let proposal = proposal::draft(&incident.id, findings, &playbooks(), &ground);
    let question = ground::question(incident, &proposal.actions, &ground.account, 3);
    EvaluateEvidence { incident: Box::new(incident.clone()), ground, question, answer }
}

pub(crate) fn evaluated(incident: &Incident, findings: &[Finding], verdict: Verdict) -> Decision<Output> {
    let evidence = evidence_to_evaluate(incident, findings, PolicyAnswer::Verdict(verdict));
    evaluate::decide(&playbooks(), &observed(&evidence, 20))
}

pub(crate) fn asked(incident: &Incident, findings: &[Finding]) -> Decision<Output> {
    let evidence = AskEvidence {
        incident: Box::new(incident.clone()),
        plan: incident.plan.clone().unwrap(),
        verdict: incident.verdict.clone().unwrap(),
        ground: ground(findings),
    };
    ask::decide(&playbooks(), &observed(&evidence, 30))
}

pub(crate) fn expired(incident: &Incident) -> Decision<Output> {
    expire::decide(&observed(&ExpireEvidence { incident: Box::new(incident.clone()) }, 1830))
}

/// An incident of these findings at which people are asked.
pub(crate) fn awaiting(findings: &[Finding]) -> Incident {
    let (first, rest) = findings.split_first().unwrap();
    let mut incident = written(&triaged(first, None, &[]));
    for (place, finding) in rest.iter().enumerate() {
        incident = written(&triaged(finding, Some(&incident), &findings[..place + 2]));
    }
    let incident = written(&evaluated(&incident, findings, verdict(Effect::Approval)));
    written(&asked(&incident, findings))
}

/// The one incident that a decision writes.
pub(crate) fn written(decision: &Decision<Output>) -> Incident {
    match decision.writes.as_slice() {
        [Write::Incident(incident)] => (**incident).clone(),
        other => panic!("one incident is written, not {other:?}"),
    }
}

/// The types of what is said.
pub(crate) fn said(decision: &Decision<Output>) -> Vec<&'static str> {
    decision.messages.iter().map(|draft: &Draft| Payload::kind(&draft.payload)).collect()
}

/// What the execution that waits is told.
pub(crate) fn settled(decision: &Decision<Output>) -> Option<String> {
    match decision.calls.as_slice() {
        [] => None,
        [Call::Settle { execution, output }] => Some(format!("{execution}: {output}")),
        other => panic!("at most one answer to the workflow, not {other:?}"),
    }
}

/// The kinds of a plan's actions with the names of their targets.
pub(crate) fn plan(actions: &[domain::PlannedAction]) -> Vec<String> {
    actions.iter().map(|a| format!("{} {}", a.action.kind(), a.target.name)).collect()
}
