//! Ballots over HTTP.

use axum::http::StatusCode;
use console::api::VoteCounted;
use domain::{Ballot, Digest, Incident, Outcome, Role, Status, Time, approval::Answer};
use futures::future::join_all;
use serde_json::json;
use store::SqlStore;

use super::{World, approve, approver, person, problem, reject, waiting};

const PATH: &str = "/v1/incidents/i/approval";

#[tokio::test]
async fn votes_count() {
    let incident = waiting("i", 1);
    for (ballot, status, decision) in [
        (approve(&incident, &[0, 1]), Status::Responding, "approved"),
        (approve(&incident, &[1]), Status::Responding, "approved"),
        (reject(&incident, "no"), Status::Rejected, "rejected"),
    ] {
        let world = World::with(std::slice::from_ref(&incident)).await;
        let (code, body) = world.post(&approver("zoe"), PATH, &ballot).await;
        assert_eq!(code, StatusCode::OK, "{body}");
        let counted: VoteCounted = serde_json::from_value(body).unwrap();
        match (&ballot.answer, counted.outcome.unwrap()) {
            (Answer::Approve { actions }, Outcome::Approved { actions: granted, .. }) => {
                assert_eq!(&granted, actions)
            }
            (Answer::Reject { .. }, Outcome::Rejected { .. }) => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(world.incident("i").await.status, status);
        let settle = [format!(r#"settle execution-of-i {{"decision":"{decision}"}}"#)];
        assert_eq!(world.workflows.calls(), settle);

        let again = world.post(&approver("zoe"), PATH, &ballot).await;
        assert!(problem(again, StatusCode::CONFLICT, "refused").contains("settled"));
        assert_eq!(world.workflows.calls(), [""; 0], "settled once");
    }
}

#[tokio::test]
async fn each_refusal_has_its_status_and_is_on_record() {
    let incident = waiting("i", 2);
    let plan = incident.plan.as_ref().unwrap().hash.clone();
    let voted = {
        let mut incident = incident.clone();
        let approval = incident.approval.as_mut().unwrap();
        let ballot = approve(&waiting("i", 2), &[0]);
        approval.cast(&approver("zoe"), &ballot, Time::from_millis(super::START)).unwrap();
        incident
    };
    let expired = {
        let mut incident = incident.clone();
        incident.approval.as_mut().unwrap().request.expires = Time::from_millis(super::START);
        incident
    };
    let foreign = Ballot { plan, answer: Answer::Approve { actions: vec![Digest::zero()] } };
    let stale = Ballot { plan: Digest::zero(), ..approve(&incident, &[0]) };
    let yes = || approve(&incident, &[0]);
    let nothing = Incident { approval: None, status: Status::Open, ..incident.clone() };
    let dead = Incident { status: Status::Failed, ..incident.clone() };
    let forbidden = (StatusCode::FORBIDDEN, "forbidden");
    let conflict = (StatusCode::CONFLICT, "refused");
    let table = [
        (&incident, person("v", Role::Viewer), yes(), forbidden, "role"),
        (&incident, person("a", Role::Analyst), reject(&incident, "no"), forbidden, "role"),
        (&incident, person("ann", Role::Admin), yes(), conflict, "subject"),
        (&incident, approver("zoe"), stale, conflict, "plan has changed"),
        (&incident, approver("zoe"), foreign, conflict, "only actions of the plan"),
        (&incident, approver("zoe"), approve(&incident, &[]), conflict, "at least one action"),
        (&incident, approver("zoe"), reject(&incident, " "), conflict, "reason"),
        (&voted, approver("zoe"), yes(), conflict, "has voted already"),
        (&expired, approver("zoe"), yes(), conflict, "expired"),
        (&nothing, approver("zoe"), yes(), conflict, "No approval is asked for"),
        (&dead, approver("zoe"), yes(), conflict, "No approval is asked for"),
    ];
    for (before, who, ballot, (status, code), text) in table {
        let world = World::with(std::slice::from_ref(before)).await;
        let message = problem(world.post(&who, PATH, &ballot).await, status, code);
        assert!(message.contains(text), "{message} tells of: {text}");
        let notices = world.notices().await;
        assert!(notices.len() == 1 && notices[0].contains(&who.name), "{text}: {notices:?}");
        assert_eq!(&world.incident("i").await, before, "{text}");
        assert_eq!(world.workflows.calls(), [""; 0], "{text}");
    }
}

#[tokio::test]
async fn what_cannot_be_counted_is_not_recorded() {
    let incident = waiting("i", 1);
    let world = World::with(std::slice::from_ref(&incident)).await;
    let nowhere =
        world.post(&approver("zoe"), "/v1/incidents/other/approval", &approve(&incident, &[0])).await;
    assert!(problem(nowhere, StatusCode::NOT_FOUND, "not_found").contains("other"));
    for body in [json!({}), json!({"plan": "x"}), json!({"plan": "x", "answer": {"decision": "maybe"}})] {
        let malformed = world.post(&approver("zoe"), PATH, &body).await;
        problem(malformed, StatusCode::UNPROCESSABLE_ENTITY, "invalid");
    }
    assert!(world.said().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ballots_that_race_none_is_lost_and_none_counts_twice() {
    let dir = tempfile::tempdir().unwrap();
    let incidents: Vec<_> = (0..10).map(|n| waiting(&format!("i{n}"), 2)).collect();
    let world = World::on(SqlStore::open(&dir.path().join("a.db")).await.unwrap(), &incidents).await;
    for incident in &incidents {
        let path = format!("/v1/incidents/{}/approval", incident.id);
        let (zoe, yan) = (approver("zoe"), approver("yan"));
        let both = [(&zoe, approve(incident, &[0])), (&yan, approve(incident, &[0, 1]))];
        let answers = join_all(both.iter().map(|(who, ballot)| world.post(who, &path, ballot))).await;
        assert!(answers.iter().all(|(status, _)| *status == StatusCode::OK), "{answers:?}");
        let after = world.incident(incident.id.as_str()).await;
        assert_eq!((after.status, after.version), (Status::Responding, 3));
        assert_eq!(after.approval.unwrap().votes.len(), 2);
    }
    assert_eq!(world.workflows.calls().len(), incidents.len(), "each wait is settled once");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_crowd_as_many_count_as_are_needed() {
    let dir = tempfile::tempdir().unwrap();
    let incident = waiting("i", 2);
    let store = SqlStore::open(&dir.path().join("a.db")).await.unwrap();
    let world = World::on(store, std::slice::from_ref(&incident)).await;
    // Each of four people clicks twice.
    let crowd: Vec<_> = (0..8).map(|n| approver(&format!("p{}", n % 4))).collect();
    let ballot = approve(&incident, &[0]);
    let answers = join_all(crowd.iter().map(|who| world.post(who, PATH, &ballot))).await;
    let count = |status| answers.iter().filter(|(code, _)| *code == status).count();
    assert_eq!((count(StatusCode::OK), count(StatusCode::CONFLICT)), (2, 6), "{answers:?}");
    let votes = world.incident("i").await.approval.unwrap().votes;
    assert!(votes.len() == 2 && votes[0].by != votes[1].by, "{votes:?}");
    assert_eq!(world.workflows.calls().len(), 1);
    assert_eq!(world.notices().await.len(), 6, "each refusal is on record");
}
