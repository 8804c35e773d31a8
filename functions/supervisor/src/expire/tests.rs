use domain::{Effect, Finding, Verdict};

use super::*;
use crate::tests::fixture::{
    asked, awaiting, evaluated, expired, finding, on, said, settled, trail, triaged, user, verdict, written,
};

fn leak() -> Finding {
    finding("leak", "compromised-user", Some(user("ci-deploy")), 0)
}

fn ended(decision: &Decision<Output>) -> (Ending, bool) {
    match decision.output {
        Output::Ended { decision, apply } => (decision, apply),
        ref other => panic!("expire ends, not {other:?}"),
    }
}

/// An incident of two actions, of which the first is the declared default.
fn with_default() -> Incident {
    let report = on([trail()], finding("stopped", "trail-stopped", Some(user("ci-deploy")), 0));
    let findings = [report.clone(), leak()];
    let open = written(&triaged(&report, None, &[]));
    let planned = written(&evaluated(&open, &findings, verdict(Effect::Approval)));
    let first = planned.plan.as_ref().unwrap().actions[0].id.clone();
    let verdict = Verdict { on_expiry: vec![first, "act-unheard-of".into()], ..verdict(Effect::Approval) };
    written(&asked(&written(&evaluated(&planned, &findings, verdict)), &findings))
}

#[test]
fn nothing_is_applied_where_no_default_is_declared() {
    let incident = awaiting(&[leak()]);
    let decision = expired(&incident);
    let next = written(&decision);
    assert_eq!((ended(&decision), next.status), ((Ending::Expired, false), Status::Expired));
    assert_eq!(next.approval.unwrap().outcome, Some(Outcome::Expired { actions: vec![] }));
    assert_eq!((said(&decision), settled(&decision)), (vec!["APPROVAL_SETTLED", "INCIDENT"], None));
}

#[test]
fn the_declared_default_is_applied_and_nothing_else() {
    let incident = with_default();
    let decision = expired(&incident);
    let next = written(&decision);
    let first = incident.plan.unwrap().actions[0].hash.clone();
    assert_eq!((ended(&decision), next.status), ((Ending::Expired, true), Status::Responding));
    assert_eq!(next.approval.unwrap().granted(), [first]);
}

#[test]
fn a_default_of_another_plan_is_not_applied() {
    let mut incident = with_default();
    incident.approval.as_mut().unwrap().request.plan = Digest::zero();
    assert_eq!(ended(&expired(&incident)), (Ending::Expired, false));
    let mut incident = with_default();
    incident.plan.as_mut().unwrap().actions[0].hash = Digest::zero();
    assert_eq!(ended(&expired(&incident)), (Ending::Expired, false));
}

#[test]
fn an_answer_of_the_same_moment_holds() {
    let mut incident = awaiting(&[leak()]);
    let actions = incident.approval.as_ref().unwrap().request.actions.clone();
    for (outcome, expected) in [
        (Outcome::Approved { actions, by: vec!["ann".to_owned()] }, (Ending::Approved, true)),
        (Outcome::Approved { actions: vec![], by: vec!["ann".to_owned()] }, (Ending::Approved, false)),
        (Outcome::Rejected { by: "ann".to_owned(), reason: "no".to_owned() }, (Ending::Rejected, false)),
        (Outcome::Superseded, (Ending::Superseded, false)),
    ] {
        incident.approval.as_mut().unwrap().outcome = Some(outcome);
        let decision = expired(&incident);
        assert_eq!(ended(&decision), expected);
        assert!(decision.writes.is_empty() && decision.messages.is_empty());
    }
}

#[test]
fn where_nobody_was_asked_nothing_is_applied() {
    let mut incident = awaiting(&[leak()]);
    incident.approval = None;
    let decision = expired(&incident);
    assert_eq!(ended(&decision), (Ending::Expired, false));
    assert!(decision.writes.is_empty());
}
