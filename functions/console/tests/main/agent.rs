//! The agent by itself, through what every agent must prove.

use ::agent::proofs::prove;
use console::{Console, Input, Output};
use domain::{ActionState, Incident, Outcome, Refusal, Role, Status, UndoRefusal, approval::Answer};
use serde_json::json;

use super::{World, approve, approver, contained, person, reject, waiting};

#[tokio::test]
async fn a_ballot_that_counts_is_on_record_and_settles_the_wait() {
    let incident = waiting("i", 2);
    let world = World::with(std::slice::from_ref(&incident)).await;
    let ballot = |who: &str, ballot| Input::Ballot { incident: "i".into(), person: approver(who), ballot };

    let output = prove(&Console, &world.ctx, "first", ballot("zoe", approve(&incident, &[0, 1]))).await;
    assert_eq!(output, Output::Counted { outcome: None, missing: 1 });
    assert_eq!(world.kinds().await, ["APPROVE_ACTION"]);
    assert_eq!(world.workflows.calls(), [""; 0], "one of two settles nothing");
    let half = world.incident("i").await;
    assert_eq!((half.status, half.version), (Status::AwaitingApproval, 2));

    let output = prove(&Console, &world.ctx, "second", ballot("yan", approve(&incident, &[1]))).await;
    let Answer::Approve { actions } = approve(&incident, &[1]).answer else { unreachable!() };
    let outcome = Outcome::Approved { actions, by: vec!["zoe".into(), "yan".into()] };
    assert_eq!(output, Output::Counted { outcome: Some(outcome.clone()), missing: 0 });
    assert_eq!(world.kinds().await[1..], ["APPROVE_ACTION", "APPROVAL_SETTLED", "INCIDENT"]);
    assert_eq!(world.workflows.calls(), [r#"settle execution-of-i {"decision":"approved"}"#]);
    let whole = world.incident("i").await;
    assert_eq!((whole.status, whole.version), (Status::Responding, 3));
    assert_eq!(whole.approval.unwrap().outcome, Some(outcome));
    assert!(whole.receipt.reached.contains_key("answered"));
    let said = world.said().await;
    assert!(said.iter().all(|m| m.correlation_id == "i" && m.risk_score == Some(0.7)));
}

#[tokio::test]
async fn a_rejection_settles_the_wait_as_rejected() {
    let incident = waiting("i", 2);
    let world = World::with(std::slice::from_ref(&incident)).await;
    let ballot = reject(&incident, "it is our own test");
    let input = Input::Ballot { incident: "i".into(), person: approver("zoe"), ballot };
    let outcome = Some(Outcome::Rejected { by: "zoe".into(), reason: "it is our own test".into() });
    assert_eq!(prove(&Console, &world.ctx, "k", input).await, Output::Counted { outcome, missing: 0 });
    assert_eq!(world.workflows.calls(), [r#"settle execution-of-i {"decision":"rejected"}"#]);
    assert_eq!(world.incident("i").await.status, Status::Rejected);
}

#[tokio::test]
async fn a_refused_ballot_is_on_record_and_changes_nothing() {
    let open = waiting("i", 1);
    let cases = [
        (
            open.clone(),
            person("v", Role::Viewer),
            Output::BallotRefused(Refusal::Role { role: Role::Viewer }),
        ),
        (open.clone(), approver("ann"), Output::BallotRefused(Refusal::Subject { arn: super::arn("ann") })),
        (Incident { approval: None, ..open.clone() }, approver("zoe"), Output::NothingAsked),
        // The workflow failed while people were asked: there is nobody left to act on their answer.
        (Incident { status: Status::Failed, ..open }, approver("zoe"), Output::NothingAsked),
    ];
    for (before, who, expected) in cases {
        let world = World::with(std::slice::from_ref(&before)).await;
        let (ballot, name) = (approve(&waiting("i", 1), &[0]), who.name.clone());
        let input = Input::Ballot { incident: "i".into(), person: who, ballot };
        assert_eq!(prove(&Console, &world.ctx, "k", input).await, expected);
        let notices = world.notices().await;
        assert!(
            notices.len() == 1 && notices[0].contains(&name) && notices[0].contains("refused"),
            "{notices:?}"
        );
        assert_eq!(world.incident("i").await, before);
        assert_eq!(world.workflows.calls(), [""; 0]);
    }
}

#[tokio::test]
async fn an_undo_begins_its_workflow_or_says_why_not() {
    let incident = contained("i");
    let world = World::with(std::slice::from_ref(&incident)).await;
    let ask = |reason: &str| Input::Undo {
        incident: "i".into(),
        action: incident.actions[0].id.clone(),
        person: approver("zoe"),
        reason: reason.into(),
        accept_risk: false,
    };
    let refused = prove(&Console, &world.ctx, "k1", ask(" ")).await;
    assert_eq!(refused, Output::UndoRefused(UndoRefusal::NoReason));
    assert!(world.notices().await[0].contains("zoe asked to undo"));

    assert_eq!(prove(&Console, &world.ctx, "k2", ask("a mistake")).await, Output::UndoBegun);
    assert_eq!(world.kinds().await, ["NOTICE", "COMMAND"]);
    let record = world.incident("i").await.actions[0].clone();
    assert_eq!(record.state, ActionState::Undoing);
    assert_eq!(world.workflows.calls(), [format!("start undo {}", record.undo_execution().unwrap())]);
    let command = serde_json::to_value(&world.said().await[1]).unwrap();
    let expected =
        json!({"command": "undo", "incident": "i", "action": record.id, "by": "zoe", "reason": "a mistake"});
    assert_eq!(command["payload"], expected);
}

#[tokio::test]
async fn an_incident_that_does_not_exist_is_a_failure_not_a_decision() {
    let world = World::with(&[]).await;
    let ballot = approve(&waiting("i", 1), &[0]);
    let input = Input::Ballot { incident: "i".into(), person: approver("zoe"), ballot };
    assert!(::agent::invoke(&Console, &world.ctx, "k", None, input).await.is_err());
    assert!(world.said().await.is_empty());
}
