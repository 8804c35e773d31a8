//! Accounts, incidents and events to decide on.

use agent::{Agent as _, Decision, Observed, Write};
use domain::{
    Action, ActionRecord, BlastRadius, Event, EventClass, EventOutcome, Finding, Incident, Inventory, Level,
    Plan, PlannedAction, Principal, PrincipalKind, Resource, ResourceKind, Risk, Source, Status, Technique,
    Time,
    action::{preconditions, resource},
};
use forensics::{Evidence, Extent, Forensics, Task};
use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "444455556666";
pub(crate) const ATTACKER: &str = "198.51.100.7";

pub(crate) fn account(value: Value) -> Inventory {
    let mut account: Inventory = serde_json::from_value(value).unwrap();
    account.account_id = ACCOUNT.to_owned();
    account.partition = "aws".to_owned();
    account.region = "eu-west-1".to_owned();
    for (name, user) in &mut account.users {
        user.arn = arn("user", name);
        user.id = format!("AIDA{name}");
    }
    for (name, group) in &mut account.groups {
        group.arn = arn("group", name);
    }
    for (name, role) in &mut account.roles {
        role.arn = arn("role", name);
        role.id = format!("AROA{name}");
    }
    account
}

pub(crate) fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{kind}/{name}")
}

pub(crate) fn allow(actions: Value, resource: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resource}]})
}

pub(crate) fn trust(principal: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]})
}

/// Minutes after the incident began, or before.
pub(crate) fn at(minutes: i64) -> Time {
    "2026-03-01T12:00:00Z".parse::<Time>().unwrap().plus_seconds(minutes * 60)
}

pub(crate) fn user(name: &str) -> Principal {
    Principal {
        kind: PrincipalKind::User,
        arn: arn("user", name),
        name: name.to_owned(),
        account: Some(ACCOUNT.to_owned()),
        session: None,
        access_key: None,
    }
}

pub(crate) fn session(role: &str, session: &str) -> Principal {
    Principal {
        kind: PrincipalKind::Role,
        arn: arn("role", role),
        session: Some(session.to_owned()),
        ..user(role)
    }
}

pub(crate) fn thing(kind: ResourceKind, arn: &str) -> Resource {
    let name = arn.rsplit(['/', ':']).next().unwrap_or(arn).to_owned();
    Resource { kind, arn: arn.to_owned(), name }
}

pub(crate) fn event(id: &str, time: Time, operation: &str, actor: &Principal, origin: &str) -> Event {
    let (service, operation) = operation.split_once(':').unwrap();
    Event {
        id: id.into(),
        class: EventClass::ApiActivity,
        source: Source::Cloudtrail,
        time,
        account: Some(ACCOUNT.to_owned()),
        region: Some("eu-west-1".to_owned()),
        service: format!("{service}.amazonaws.com"),
        operation: operation.to_owned(),
        actor: Some(actor.clone()),
        origin: Some(origin.to_owned()),
        user_agent: None,
        outcome: EventOutcome::Success,
        resources: Vec::new(),
        raw: Value::Null,
    }
}

pub(crate) fn finding(about: &Event, title: &str, technique: &str) -> Finding {
    Finding {
        id: format!("fnd-{}-{technique}", about.id).into(),
        rule: "rule".to_owned(),
        title: title.to_owned(),
        description: String::new(),
        level: Level::High,
        risk: Risk::new(80),
        contributions: Vec::new(),
        attack: vec![Technique { id: technique.to_owned(), tactic: "persistence".to_owned() }],
        playbook: None,
        event: about.id.clone(),
        time: about.time,
        operation: about.operation.clone(),
        actor: about.actor.clone(),
        origin: about.origin.clone(),
        account: about.account.clone(),
        resources: about.resources.clone(),
        matched: Vec::new(),
        false_positives: Vec::new(),
        opinion: None,
        drill: false,
    }
}

pub(crate) fn incident(principals: Vec<Principal>) -> Incident {
    Incident {
        id: "inc-1".into(),
        version: 4,
        title: "Stolen".to_owned(),
        status: Status::AwaitingApproval,
        risk: Risk::new(80),
        began: at(0),
        opened: at(1),
        updated: at(2),
        account: Some(ACCOUNT.to_owned()),
        principals,
        resources: Vec::new(),
        origins: Vec::new(),
        findings: Vec::new(),
        attack: Vec::new(),
        keys: Vec::new(),
        plan: None,
        verdict: None,
        approval: None,
        actions: Vec::new(),
        follows: None,
        execution: "inc-1".to_owned(),
        receipt: Default::default(),
        drill: false,
    }
}

/// The incident with a plan of these actions, made on this account.
pub(crate) fn planned(mut incident: Incident, account: &Inventory, actions: Vec<Action>) -> Incident {
    let actions: Vec<_> = actions
        .into_iter()
        .map(|action| {
            let target = resource(ACCOUNT, "aws", "eu-west-1", &action);
            let preconditions = preconditions(&action, account).unwrap_or_default();
            PlannedAction::new(&incident.id, action, target, preconditions, "because".to_owned())
        })
        .collect();
    incident.actions = actions.iter().map(|a| ActionRecord::planned(a.id.clone())).collect();
    incident.plan = Some(Plan::new(incident.id.clone(), 1, actions));
    incident
}

pub(crate) fn evidence(account: &Inventory, incident: Incident, history: Vec<Event>) -> Evidence {
    Evidence { incident, findings: Vec::new(), account: account.clone(), history, history_is_cut: false }
}

pub(crate) fn decide(task: &Task, facts: Evidence) -> Decision<Extent> {
    Forensics.decide(task, &Observed { now: at(60), facts })
}

pub(crate) fn preview(facts: Evidence) -> (BlastRadius, Extent) {
    let decision = decide(&Task::Preview { incident: "inc-1".into() }, facts);
    assert_eq!(decision.writes.len(), 1, "a preview writes the graph and nothing else");
    assert!(decision.calls.is_empty());
    let Write::BlastRadius(graph) = decision.writes[0].clone() else { panic!("no graph") };
    (*graph, decision.output)
}

pub(crate) fn has_edge(graph: &BlastRadius, from: &str, to: &str, means: &str) -> bool {
    graph.edges.iter().any(|e| e.from.ends_with(from) && e.to.ends_with(to) && e.means == means)
}

pub(crate) fn reaches(graph: &BlastRadius, id: &str) -> bool {
    graph.nodes.iter().any(|n| n.id.ends_with(id))
}
