use super::*;
use crate::tests::fixture::{
    WEB_1, at, awaiting, evaluated, evidence_to_evaluate, finding, instance, on, plan, playbooks, said,
    triaged, user, verdict, written,
};
use domain::Finding;

fn leak() -> Finding {
    finding("leak", "compromised-user", Some(user("ci-deploy")), 0)
}

fn isolate() -> Finding {
    on([instance(WEB_1)], finding("isolate", "compromised-instance", Some(user("ci-deploy")), 6))
}

fn opened() -> Incident {
    written(&triaged(&leak(), None, &[]))
}

#[test]
fn where_each_effect_leads() {
    for (effect, status) in [
        (Effect::Allow, Status::Responding),
        (Effect::Deny, Status::Denied),
        (Effect::Approval, Status::Open),
    ] {
        let decision = evaluated(&opened(), &[leak()], verdict(effect));
        let incident = written(&decision);
        assert_eq!((incident.status, incident.version), (status, 2));
        assert_eq!(decision.output, Output::of(&verdict(effect)));
        assert_eq!(said(&decision), ["VERDICT", "INCIDENT"]);
        assert_eq!(incident.verdict, Some(verdict(effect)));
        assert_eq!(incident.receipt.reached["evaluated"], at(20));
        assert!(incident.plan.unwrap().is_intact() && decision.calls.is_empty());
    }
}

#[test]
fn without_a_verdict_nothing_may_be_done() {
    let mut elsewhere =
        evidence_to_evaluate(&opened(), &[leak()], PolicyAnswer::Verdict(verdict(Effect::Allow)));
    elsewhere.question.actions.clear();
    let failed = evidence_to_evaluate(&opened(), &[leak()], PolicyAnswer::Failed("it is broken".to_owned()));
    for (evidence, why) in [(failed, "it is broken"), (elsewhere, "its verdict is on another plan")] {
        let decision = decide(&playbooks(), &Observed { now: at(20), facts: &evidence });
        let incident = written(&decision);
        assert_eq!(decision.output, Output::Evaluated { effect: Effect::Deny, expires_seconds: 0 });
        assert_eq!((incident.status, incident.plan.unwrap().actions.len()), (Status::Denied, 1));
        assert_eq!(incident.verdict.unwrap().reasons, [format!("the policy gave no verdict: {why}")]);
        assert_eq!(said(&decision), ["VERDICT", "INCIDENT", "NOTICE"]);
    }
}

#[test]
fn the_same_actions_stay_the_same_plan() {
    let first = written(&evaluated(&opened(), &[leak()], verdict(Effect::Approval)));
    let again = written(&evaluated(&first, &[leak()], verdict(Effect::Approval)));
    assert_eq!(again.plan, first.plan);
    let third = written(&evaluated(&again, &[leak(), isolate()], verdict(Effect::Approval)));
    assert_eq!(third.plan.as_ref().unwrap().revision, 2);
    assert_eq!(plan(&third.plan.unwrap().actions)[2], "revoke_iam_user ci-deploy");
    assert_eq!(third.actions.len(), 3);
}

#[test]
fn what_was_begun_stays_on_record() {
    let mut first = written(&evaluated(&opened(), &[leak()], verdict(Effect::Approval)));
    first.actions[0].state = ActionState::Verified;
    let mut gone = ActionRecord::planned("act-of-an-earlier-plan".into());
    first.actions.push(gone.clone());
    gone.state = ActionState::Failed;
    gone.id = "act-begun".into();
    first.actions.push(gone.clone());
    let second = written(&evaluated(&first, &[leak(), isolate()], verdict(Effect::Approval)));
    let states: Vec<_> = second.actions.iter().map(|r| r.state).collect();
    use ActionState::{Failed, Planned, Verified};
    assert_eq!(states, [Planned, Planned, Verified, Failed]);
    assert_eq!(second.actions.last(), Some(&gone));
}

#[test]
fn what_people_are_asked_or_have_answered_is_not_planned_anew() {
    let mut incident = awaiting(&[leak()]);
    for status in [Status::AwaitingApproval, Status::Responding, Status::Contained, Status::Denied] {
        incident.status = status;
        let decision = evaluated(&incident, &[leak(), isolate()], verdict(Effect::Allow));
        assert_eq!(decision.output, Output::of(&verdict(Effect::Approval)), "{status:?}");
        assert!(decision.writes.is_empty() && decision.messages.is_empty());
    }
}

#[test]
fn a_superseded_request_is_put_away() {
    let incident = written(&triaged(&isolate(), Some(&awaiting(&[leak()])), &[leak(), isolate()]));
    assert!(incident.approval.is_some());
    let next = written(&evaluated(&incident, &[leak(), isolate()], verdict(Effect::Approval)));
    assert_eq!((next.approval, next.plan.unwrap().revision), (None, 2));
}

#[test]
fn a_finding_that_nothing_answers_leads_to_an_empty_plan() {
    let quiet = finding("quiet", "", Some(user("ci-deploy")), 0);
    let incident = written(&triaged(&quiet, None, &[]));
    let next = written(&evaluated(&incident, std::slice::from_ref(&quiet), verdict(Effect::Allow)));
    assert_eq!((next.plan.unwrap().actions, next.actions), (vec![], vec![]));
}

#[test]
fn what_is_left_out_is_noted_once() {
    let exempt = finding("exempt", "compromised-user", Some(user("break-glass")), 0);
    let incident = written(&triaged(&exempt, None, &[]));
    let first = written(&evaluated(&incident, std::slice::from_ref(&exempt), verdict(Effect::Approval)));
    let again = written(&evaluated(&first, std::slice::from_ref(&exempt), verdict(Effect::Approval)));
    assert_eq!((first.receipt.notes.len(), again.receipt.notes), (1, first.receipt.notes));
}

#[test]
fn the_policy_learns_who_is_an_administrator_and_what_is_tagged() {
    let about = |finding: Finding| {
        let incident = written(&triaged(&finding, None, &[]));
        evidence_to_evaluate(&incident, &[finding], PolicyAnswer::Failed(String::new())).question
    };
    let admin = |name| about(finding("f", "compromised-user", Some(user(name)), 0)).actions[0].administrator;
    assert!(admin("tom.reyes"), "by a group");
    assert!(!admin("ci-deploy"));
    let jewel = about(on([instance("i-0a1b2c3d4e5f60004")], finding("f", "compromised-instance", None, 0)));
    assert_eq!(jewel.actions[1].kind, "isolate_instance");
    assert_eq!(jewel.actions[1].tags["asoc:tier"], "crown-jewel");
}
