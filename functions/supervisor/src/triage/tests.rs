use domain::{Approval, PrincipalKind};

use super::*;
use crate::tests::fixture::{
    TRAIL, WEB_1, at, awaiting, bucket, evaluated, finding, instance, on, plan, playbooks, role, said,
    settled, trail, triaged, user, verdict, written,
};

fn place(decision: &Decision<Output>) -> Placed {
    match decision.output {
        Output::Placed { placed, .. } => placed,
        ref other => panic!("triage places, not {other:?}"),
    }
}

fn leak() -> Finding {
    finding("leak", "compromised-user", Some(user("ci-deploy")), 0)
}

/// By the same user, and asking for nothing that the leak does not ask for.
fn more() -> Finding {
    Finding { risk: domain::Risk::new(80), ..finding("more", "compromised-user", Some(user("ci-deploy")), 5) }
}

/// By the same user, and asking for another action.
fn stopped() -> Finding {
    on([instance(WEB_1)], finding("stopped", "compromised-instance", Some(user("ci-deploy")), 6))
}

/// The leak's incident with its action at this state.
fn responding(status: Status, state: ActionState) -> Incident {
    let mut incident = awaiting(&[leak()]);
    incident.status = status;
    for record in &mut incident.actions {
        record.state = state;
        record.verified = Some(at(4)).filter(|_| state == ActionState::Verified);
    }
    incident
}

#[test]
fn what_findings_share() {
    let key = |finding: &Finding| case::keys(finding, &playbooks());
    let actor = |kind| domain::Principal { kind, access_key: Some("AKIAX".to_owned()), ..user("ann") };
    let ann = "arn:aws:iam::111122223333:user/ann";
    let app = "arn:aws:iam::111122223333:role/web-app";
    let root =
        domain::Principal { arn: "arn:aws:iam::111122223333:root".to_owned(), ..actor(PrincipalKind::Root) };
    let anyone = domain::Principal { arn: "*".to_owned(), access_key: None, ..actor(PrincipalKind::User) };
    let made_key = domain::Resource {
        kind: domain::ResourceKind::AccessKey,
        arn: "AKIAMADE".to_owned(),
        name: "AKIAMADE".to_owned(),
    };
    let cases: Vec<(&str, Finding, Vec<&str>)> = vec![
        ("a user with its key", finding("f", "", Some(actor(PrincipalKind::User)), 0), vec!["AKIAX", ann]),
        ("a service", finding("f", "", Some(actor(PrincipalKind::Service)), 0), vec![]),
        ("root, by its key alone", finding("f", "", Some(root), 0), vec!["AKIAX"]),
        ("everybody", finding("f", "", Some(anyone), 0), vec![]),
        ("nobody", finding("f", "", None, 0), vec![]),
        ("a role", finding("f", "", Some(role("web-app", "ann")), 0), vec![app]),
        ("an instance's session", finding("f", "", Some(role("web-app", WEB_1)), 0), vec![app, WEB_1]),
        ("an instance", on([instance(WEB_1)], finding("f", "", None, 0)), vec![WEB_1]),
        ("a bucket that was read", on([bucket("b")], finding("f", "compromised-user", None, 0)), vec![]),
        (
            "a bucket that was opened",
            on([bucket("b")], finding("f", "public-bucket", None, 0)),
            vec!["arn:aws:s3:::b"],
        ),
        (
            "a key that was made",
            on([made_key], finding("f", "compromised-user", Some(user("ann")), 0)),
            vec!["AKIAMADE", ann],
        ),
        ("a trail", on([trail(), bucket("b")], finding("f", "trail-stopped", None, 0)), vec![TRAIL]),
    ];
    for (name, finding, expected) in cases {
        assert_eq!(key(&finding), expected, "{name}");
    }
}

#[test]
fn the_first_finding_opens_an_incident() {
    let decision = triage_alone(&leak());
    let incident = written(&decision);
    assert_eq!(place(&decision), Placed::Opened);
    assert_eq!((incident.version, incident.status, incident.risk), (1, Status::Open, leak().risk));
    assert_eq!(incident.id, case::id(&leak().id));
    assert_eq!(incident.receipt.reached["detected"], at(7));
    let start = Call::Start {
        machine: "incident".to_owned(),
        name: incident.id.to_string(),
        input: json!({ "incident": incident.id }),
    };
    assert_eq!((decision.calls.as_slice(), said(&decision)), ([start].as_slice(), vec!["INCIDENT"]));
}

fn triage_alone(report: &Finding) -> Decision<Output> {
    let evidence = Evidence { sharing: None, ground: None };
    decide(&playbooks(), report, Some(at(7)), &Observed { now: at(10), facts: &evidence })
}

#[test]
fn a_finding_that_is_there_already_changes_nothing() {
    let incident = written(&triaged(&leak(), None, &[]));
    let decision = triaged(&leak(), Some(&incident), &[leak()]);
    assert_eq!(place(&decision), Placed::Known);
    assert!(decision.writes.is_empty() && decision.messages.is_empty() && decision.calls.is_empty());
}

#[test]
fn a_finding_joins_an_open_incident() {
    let incident = written(&triaged(&leak(), None, &[]));
    let early = Finding { time: at(-60), ..more() };
    let decision = triaged(&early, Some(&incident), &[leak(), early.clone()]);
    let joined = written(&decision);
    assert_eq!(place(&decision), Placed::Joined);
    assert_eq!((joined.version, joined.title.as_str(), joined.began), (2, "Title of more", at(-60)));
    assert_eq!(joined.risk.points(), 83, "the highest, and a little for the other");
    assert_eq!(joined.findings.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(), ["more", "leak"]);
    assert_eq!(
        (joined.principals.len(), joined.origins.as_slice()),
        (1, ["203.0.113.66".to_owned()].as_slice())
    );
    assert!(decision.calls.is_empty());
}

#[test]
fn risk_is_raised_by_other_rules_only_and_to_a_bound() {
    let mut incident = written(&triaged(&leak(), None, &[]));
    for n in 0..4 {
        let same = Finding { id: format!("same-{n}").as_str().into(), ..leak() };
        incident = written(&triaged(&same, Some(&incident), &[]));
    }
    assert_eq!(incident.risk.points(), 70);
    for n in 0..40 {
        let other = finding(&format!("other-{n}"), "", Some(user("ci-deploy")), n);
        incident = written(&triaged(&other, Some(&incident), &[]));
    }
    assert_eq!(incident.risk.points(), 85);
}

#[test]
fn people_go_on_being_asked_if_the_plan_stays_the_same() {
    let incident = awaiting(&[leak()]);
    let decision = triaged(&more(), Some(&incident), &[leak(), more()]);
    let joined = written(&decision);
    assert_eq!((place(&decision), joined.status), (Placed::Joined, Status::AwaitingApproval));
    assert_eq!(joined.approval.unwrap().outcome, None);
    assert_eq!(settled(&decision), None);
}

#[test]
fn people_are_asked_anew_if_the_plan_becomes_another() {
    let incident = awaiting(&[leak()]);
    let decision = triaged(&stopped(), Some(&incident), &[leak(), stopped()]);
    let joined = written(&decision);
    assert_eq!((place(&decision), joined.status), (Placed::Superseded, Status::Open));
    assert_eq!(joined.approval.unwrap().outcome, Some(Outcome::Superseded));
    assert_eq!(said(&decision), ["APPROVAL_SETTLED", "INCIDENT"]);
    let told = format!(r#"{}: {{"apply":false,"decision":"superseded"}}"#, incident.execution);
    assert_eq!(settled(&decision), Some(told));
}

#[test]
fn an_incident_has_five_plans_and_no_more() {
    let mut incident = awaiting(&[leak()]);
    incident.plan.as_mut().unwrap().revision = MAX_REVISIONS;
    let decision = triaged(&stopped(), Some(&incident), &[leak(), stopped()]);
    let joined = written(&decision);
    assert_eq!((place(&decision), joined.status), (Placed::Joined, Status::AwaitingApproval));
    assert_eq!(said(&decision), ["INCIDENT", "NOTICE"]);
    assert_eq!((settled(&decision), joined.receipt.notes.len()), (None, 1));
}

#[test]
fn once_people_have_answered_the_plan_stays_as_it_is() {
    let mut incident = awaiting(&[leak()]);
    let answered = Outcome::Rejected { by: "ann".to_owned(), reason: "no".to_owned() };
    incident.approval.as_mut().unwrap().outcome = Some(answered);
    let decision = triaged(&more(), Some(&incident), &[leak(), more()]);
    assert_eq!(place(&decision), Placed::Opened, "although its status does not say so yet");
    assert_eq!(written(&decision).follows, Some(incident.id));
}

#[test]
fn late_findings() {
    use ActionState::{Applied, Applying, Failed, LeftOut, Planned, Undone, Verified};
    let cases = [
        (Status::Contained, Verified, more(), Placed::JoinedLate),
        (Status::Contained, Verified, stopped(), Placed::Opened),
        (Status::Responding, Applying, more(), Placed::JoinedLate),
        (Status::Responding, Applied, more(), Placed::JoinedLate),
        (Status::Responding, Planned, more(), Placed::Opened),
        (Status::Failed, Failed, more(), Placed::Opened),
        (Status::Failed, Applying, more(), Placed::Opened),
        (Status::Undone, Undone, more(), Placed::Opened),
        (Status::Noted, LeftOut, more(), Placed::Opened),
        (Status::Rejected, Planned, more(), Placed::Opened),
        (Status::Rejected, Planned, finding("quiet", "", Some(user("ci-deploy")), 3), Placed::JoinedLate),
    ];
    for (status, state, report, expected) in cases {
        let incident = responding(status, state);
        let decision = triaged(&report, Some(&incident), &[leak(), report.clone()]);
        let after = written(&decision);
        assert_eq!(place(&decision), expected, "{status:?} {state:?} {}", report.id);
        if expected == Placed::Opened {
            assert_eq!(after.follows, Some(incident.id));
        } else {
            assert_eq!(
                (after.status, after.version),
                (status, incident.version + 1),
                "it stays where it stands"
            );
            assert!(decision.calls.is_empty());
        }
    }
}

#[test]
fn a_finding_after_the_containment_is_pointed_out() {
    let incident = responding(Status::Contained, ActionState::Verified);
    let decision = triaged(&more(), Some(&incident), &[leak(), more()]);
    assert_eq!(said(&decision), ["INCIDENT", "NOTICE"]);
    let earlier = Finding { time: at(3), ..more() };
    let decision = triaged(&earlier, Some(&incident), &[leak(), earlier.clone()]);
    assert_eq!(said(&decision), ["INCIDENT"]);
}

#[test]
fn without_the_account_nothing_counts_as_done() {
    let incident = responding(Status::Contained, ActionState::Verified);
    let evidence = Evidence { sharing: Some(Box::new(incident)), ground: None };
    let decision = decide(&playbooks(), &more(), None, &Observed { now: at(10), facts: &evidence });
    assert_eq!(place(&decision), Placed::Opened);
}

#[test]
fn a_full_incident_says_so_once() {
    let mut incident = written(&triaged(&leak(), None, &[]));
    while incident.findings.len() < MAX_FINDINGS {
        incident.findings.push(incident.findings[0].clone());
    }
    let decision = triaged(&more(), Some(&incident), &[]);
    assert_eq!((place(&decision), said(&decision)), (Placed::Full, vec!["NOTICE"]));
    let incident = written(&decision);
    assert_eq!(incident.findings.len(), MAX_FINDINGS);
    let again = triaged(&stopped(), Some(&incident), &[]);
    assert!(again.writes.is_empty() && again.messages.is_empty());
}

#[test]
fn which_incident_a_finding_belongs_to() {
    let with = |id: &str, status, opened, drill| Incident {
        id: id.into(),
        status,
        opened: at(opened),
        drill,
        ..written(&triaged(&leak(), None, &[]))
    };
    let chosen =
        |report: &Finding, candidates: &[Incident]| choose(report, candidates.to_vec()).map(|i| i.id.0);
    let open = with("open", Status::Open, 0, false);
    let newer = with("newer", Status::AwaitingApproval, 5, false);
    let closed = with("closed", Status::Contained, 9, false);
    let drill = with("drill", Status::Open, 9, true);
    let mut candidates = vec![open, newer, closed, drill];
    for incident in &mut candidates {
        incident.findings.clear();
    }
    assert_eq!(chosen(&more(), &candidates).as_deref(), Some("newer"));
    assert_eq!(chosen(&more(), &candidates[2..]).as_deref(), Some("closed"));
    assert_eq!(chosen(&more(), &candidates[3..]), None, "a drill is no real incident");
    let answered = Outcome::Rejected { by: "ann".to_owned(), reason: "no".to_owned() };
    let request = awaiting(&[leak()]).approval.unwrap().request;
    candidates[1].approval = Some(Approval { outcome: Some(answered), ..Approval::new(request) });
    assert_eq!(chosen(&more(), &candidates).as_deref(), Some("open"));
    candidates[2].findings = written(&triaged(&more(), None, &[])).findings;
    assert_eq!(chosen(&more(), &candidates).as_deref(), Some("closed"), "the one that holds it");
}

#[test]
fn a_finding_that_joins_an_evaluated_incident_is_part_of_the_next_plan() {
    let open = written(&triaged(&leak(), None, &[]));
    let first = written(&evaluated(&open, &[leak()], verdict(domain::Effect::Approval)));
    let joined = written(&triaged(&stopped(), Some(&first), &[leak(), stopped()]));
    let second = written(&evaluated(&joined, &[leak(), stopped()], verdict(domain::Effect::Approval)));
    let (first, second) = (first.plan.unwrap(), second.plan.unwrap());
    assert_eq!((first.revision, second.revision), (1, 2));
    assert_eq!(plan(&first.actions), ["revoke_iam_user ci-deploy"]);
    assert_eq!(second.actions.len(), 3);
    assert_eq!(second.actions[2].id, first.actions[0].id, "the same action keeps its id");
}
