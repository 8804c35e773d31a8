//! Undo requests over HTTP.

use axum::http::StatusCode;
use console::api::{IncidentDetail, UndoBody};
use domain::{ActionState, Incident, Role, Status, Time};
use futures::future::join_all;
use store::SqlStore;

use super::{EXPIRES, World, approver, contained, person, problem};

fn body(reason: &str, accept_risk: bool) -> UndoBody {
    UndoBody { reason: reason.into(), accept_risk }
}

fn path(incident: &Incident, place: usize) -> String {
    format!("/v1/incidents/{}/actions/{}/undo", incident.id, incident.actions[place].id)
}

#[tokio::test]
async fn each_refusal_has_its_status_and_is_on_record() {
    let closed = contained("i");
    let open = Incident { status: Status::Responding, ..closed.clone() };
    let mut early = closed.clone();
    early.actions[0].unsafe_to_undo_before = Some(Time::from_millis(EXPIRES));
    let unknown = "/v1/incidents/i/actions/act-0/undo".to_owned();
    let forbidden = (StatusCode::FORBIDDEN, "forbidden");
    let conflict = (StatusCode::CONFLICT, "refused");
    let table = [
        (&closed, person("v", Role::Viewer), path(&closed, 0), "a mistake", forbidden, "role"),
        (&closed, person("a", Role::Analyst), path(&closed, 0), "a mistake", forbidden, "role"),
        (&closed, person("ann", Role::Admin), path(&closed, 0), "a mistake", conflict, "subject"),
        (&closed, approver("zoe"), unknown, "a mistake", conflict, "no action"),
        (&closed, approver("zoe"), path(&closed, 1), "a mistake", conflict, "nothing to undo"),
        (&closed, approver("zoe"), path(&closed, 0), "", conflict, "reason"),
        (&open, approver("zoe"), path(&open, 0), "a mistake", conflict, "still being answered"),
        (&early, approver("zoe"), path(&early, 0), "a mistake", conflict, "accept the risk"),
    ];
    for (before, who, path, reason, (status, code), text) in table {
        let world = World::with(std::slice::from_ref(before)).await;
        let message = problem(world.post(&who, &path, &body(reason, false)).await, status, code);
        assert!(message.contains(text), "{message} tells of: {text}");
        let notices = world.notices().await;
        assert!(notices.len() == 1 && notices[0].contains(&who.name), "{text}: {notices:?}");
        assert_eq!(&world.incident("i").await, before, "{text}");
        assert_eq!(world.workflows.calls(), [""; 0], "{text}");
    }
    let world = World::with(&[]).await;
    let nowhere = world.post(&approver("zoe"), &path(&closed, 0), &body("a mistake", false)).await;
    problem(nowhere, StatusCode::NOT_FOUND, "not_found");
}

#[tokio::test]
async fn an_action_that_another_incident_counts_on_stays_until_the_risk_is_accepted() {
    let (closed, mut later) = (contained("i"), contained("later"));
    // The same action on the same target, as the later incident's plan has it.
    later.plan = closed.plan.clone();
    later.actions = closed.actions.clone();
    later.keys = closed.keys.clone();
    let world = World::with(&[closed.clone(), later]).await;
    let refused = world.post(&approver("zoe"), &path(&closed, 0), &body("a mistake", false)).await;
    let message = problem(refused, StatusCode::CONFLICT, "refused");
    assert!(message.contains("incident later counts on the same action"), "{message}");
    assert_eq!(world.workflows.calls(), [""; 0]);
    let (status, _) = world.post(&approver("zoe"), &path(&closed, 0), &body("a mistake", true)).await;
    assert_eq!((status, world.workflows.calls().len()), (StatusCode::OK, 1));
}

#[tokio::test]
async fn an_early_undo_goes_on_where_the_risk_is_accepted() {
    let mut early = contained("i");
    early.actions[0].unsafe_to_undo_before = Some(Time::from_millis(EXPIRES));
    let world = World::with(std::slice::from_ref(&early)).await;
    let (status, _) = world.post(&approver("zoe"), &path(&early, 0), &body("a mistake", true)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(world.incident("i").await.actions[0].undo.as_ref().unwrap().accept_risk);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_begin_one_workflow() {
    let dir = tempfile::tempdir().unwrap();
    let incident = contained("i");
    let store = SqlStore::open(&dir.path().join("a.db")).await.unwrap();
    let world = World::on(store, std::slice::from_ref(&incident)).await;
    let people: Vec<_> = (0..6).map(|n| approver(&format!("p{n}"))).collect();
    let (path, body) = (path(&incident, 0), body("a mistake", false));
    let answers = join_all(people.iter().map(|who| world.post(who, &path, &body))).await;
    let begun = answers.iter().filter(|(status, _)| *status == StatusCode::OK).count();
    assert_eq!(begun, 1, "{answers:?}");
    assert!(answers.iter().all(|(status, _)| matches!(*status, StatusCode::OK | StatusCode::CONFLICT)));
    let record = world.incident("i").await.actions[0].clone();
    assert_eq!(record.state, ActionState::Undoing);
    assert_eq!(world.workflows.calls(), [format!("start undo {}", record.undo_execution().unwrap())]);
}

#[tokio::test]
async fn people_are_told_what_they_may_undo() {
    let incident = contained("i");
    let world = World::with(std::slice::from_ref(&incident)).await;
    for (who, may) in [
        (approver("zoe"), vec![incident.actions[0].id.clone()]),
        (person("ann", Role::Admin), vec![]),
        (person("a", Role::Analyst), vec![]),
    ] {
        let (_, body) = world.fetch(&who, "/v1/incidents/i").await;
        let detail: IncidentDetail = serde_json::from_value(body).unwrap();
        assert_eq!((detail.may.undo, detail.may.vote), (may, false), "{}", who.name);
    }
}
