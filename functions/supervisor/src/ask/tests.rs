use domain::{Digest, Effect, Finding, Outcome};

use super::*;
use crate::tests::fixture::{
    WEB_1, asked, at, awaiting, evaluated, finding, instance, on, said, settled, triaged, user, verdict,
    written,
};

fn leak() -> Finding {
    finding("leak", "compromised-user", Some(user("ci-deploy")), 0)
}

fn isolate() -> Finding {
    on([instance(WEB_1)], finding("isolate", "compromised-instance", Some(user("ci-deploy")), 6))
}

fn to_ask(verdict: Verdict) -> Incident {
    let open = written(&triaged(&leak(), None, &[]));
    written(&evaluated(&open, &[leak()], verdict))
}

#[test]
fn people_are_asked_about_just_this_plan() {
    let incident = to_ask(Verdict { approvers: 2, ..verdict(Effect::Approval) });
    let decision = asked(&incident, &[leak()]);
    let next = written(&decision);
    let request = next.approval.unwrap().request;
    assert_eq!(request.plan, incident.plan.unwrap().hash);
    assert_eq!((request.approvers, request.expires), (2, at(30 + 1800)));
    assert_eq!(request.subjects, ["arn:aws:iam::111122223333:user/ci-deploy"]);
    assert_eq!((next.status, next.version), (Status::AwaitingApproval, incident.version + 1));
    assert_eq!(next.receipt.reached["asked"], at(30));
    assert_eq!((said(&decision), settled(&decision)), (vec!["APPROVAL_REQUIRED", "INCIDENT"], None));
}

#[test]
fn asking_twice_asks_once() {
    let decision = asked(&awaiting(&[leak()]), &[leak()]);
    assert!(decision.writes.is_empty() && decision.messages.is_empty() && decision.calls.is_empty());
}

#[test]
fn an_answer_that_is_there_is_not_waited_for() {
    let mut incident = awaiting(&[leak()]);
    let actions = incident.approval.as_ref().unwrap().request.actions.clone();
    let rejected = Outcome::Rejected { by: "ann".to_owned(), reason: "no".to_owned() };
    for (outcome, told) in [
        (
            Outcome::Approved { actions, by: vec!["ann".to_owned()] },
            r#"{"apply":true,"decision":"approved"}"#,
        ),
        (rejected, r#"{"apply":false,"decision":"rejected"}"#),
        (Outcome::Expired { actions: vec![] }, r#"{"apply":false,"decision":"expired"}"#),
        (Outcome::Expired { actions: vec![Digest::zero()] }, r#"{"apply":true,"decision":"expired"}"#),
        (Outcome::Superseded, r#"{"apply":false,"decision":"superseded"}"#),
    ] {
        incident.approval.as_mut().unwrap().outcome = Some(outcome);
        let decision = asked(&incident, &[leak()]);
        assert_eq!(settled(&decision), Some(format!("{}: {told}", incident.execution)));
        assert!(decision.writes.is_empty());
    }
}

/// A finding that joins between evaluate and ask finds nobody waiting whom it could tell.
#[test]
fn a_finding_between_evaluate_and_ask_is_not_lost() {
    let incident = to_ask(verdict(Effect::Approval));
    let both = [leak(), isolate()];
    let joined = triaged(&isolate(), Some(&incident), &both);
    assert!(joined.calls.is_empty());
    let decision = asked(&written(&joined), &both);
    let told = format!(r#"{}: {{"apply":false,"decision":"superseded"}}"#, incident.execution);
    assert_eq!(settled(&decision), Some(told));
    assert!(decision.writes.is_empty() && said(&decision) == ["INCIDENT"]);

    let second = written(&evaluated(&written(&joined), &both, verdict(Effect::Approval)));
    let request = written(&asked(&second, &both)).approval.unwrap().request;
    assert_eq!((request.revision, request.actions.len()), (2, 3));
}

#[test]
fn a_finding_that_asks_for_nothing_new_does_not_keep_people_from_being_asked() {
    let incident = to_ask(verdict(Effect::Approval));
    let more = finding("more", "compromised-user", Some(user("ci-deploy")), 6);
    let joined = written(&triaged(&more, Some(&incident), &[leak(), more.clone()]));
    assert_eq!(said(&asked(&joined, &[leak(), more])), ["APPROVAL_REQUIRED", "INCIDENT"]);
}

#[test]
fn the_fifth_plan_is_asked_about_whatever_comes() {
    let mut incident = to_ask(verdict(Effect::Approval));
    incident.plan.as_mut().unwrap().revision = MAX_REVISIONS;
    let decision = asked(&incident, &[leak(), isolate()]);
    assert_eq!((said(&decision)[0], settled(&decision)), ("APPROVAL_REQUIRED", None));
}
