//! When an undo may be tried.

use std::collections::BTreeSet;

use domain::{
    ActionId, ActionRecord, ActionState, Facets, Incident, Person, Principal, PrincipalKind, Receipt, Risk,
    Role, Status, UndoRefusal,
};

use super::{arn, at, person, plan};

const STATES: [ActionState; 9] = [
    ActionState::Planned,
    ActionState::LeftOut,
    ActionState::Simulated,
    ActionState::Applying,
    ActionState::Applied,
    ActionState::Verified,
    ActionState::Undoing,
    ActionState::Undone,
    ActionState::Failed,
];

/// An incident about ann whose first action is in this state.
fn incident(status: Status, state: ActionState) -> Incident {
    let plan = plan();
    let record = ActionRecord { state, ..ActionRecord::planned(plan.actions[0].id.clone()) };
    let subject = Principal {
        kind: PrincipalKind::User,
        arn: arn("ann"),
        name: "ann".into(),
        account: None,
        session: None,
        access_key: None,
    };
    Incident {
        id: "inc-1".into(),
        version: 3,
        title: "title".into(),
        status,
        risk: Risk::new(80),
        began: at(0),
        opened: at(0),
        updated: at(0),
        account: None,
        principals: vec![subject],
        resources: vec![],
        origins: vec![],
        findings: vec![],
        attack: vec![],
        keys: vec![],
        plan: Some(plan),
        verdict: None,
        approval: None,
        actions: vec![record],
        follows: None,
        execution: "inc-1".into(),
        receipt: Receipt::default(),
        drill: false,
    }
}

fn first(incident: &Incident) -> ActionId {
    incident.actions[0].id.clone()
}

fn approver() -> Person {
    person("zoe", Role::Approver, &["zo"])
}

#[test]
fn who_may_undo_what() {
    let verified = || incident(Status::Contained, ActionState::Verified);
    let id = first(&verified());
    let role = |role| Err(UndoRefusal::Role { role });
    let subject = Err(UndoRefusal::Subject { arn: arn("ann") });
    let table = [
        ("approver", approver(), id.clone(), Ok(())),
        ("admin", person("o", Role::Admin, &[]), id.clone(), Ok(())),
        ("viewer", person("v", Role::Viewer, &[]), id.clone(), role(Role::Viewer)),
        ("analyst", person("a", Role::Analyst, &[]), id.clone(), role(Role::Analyst)),
        ("subject", person("x", Role::Admin, &["zo", "ann"]), id, subject),
        ("no such action", approver(), "act-0".into(), Err(UndoRefusal::Unknown { action: "act-0".into() })),
    ];
    for (case, who, action, expected) in table {
        assert_eq!(verified().may_undo(&action, &who), expected, "{case}");
    }
}

#[test]
fn what_stands_can_be_undone_and_nothing_else() {
    for state in STATES {
        let nothing = Err(UndoRefusal::NothingToUndo { state });
        let expected = match state {
            ActionState::Verified => Ok(()),
            ActionState::Applying | ActionState::Applied | ActionState::Undoing => Err(UndoRefusal::Busy),
            _ => nothing.clone(),
        };
        let closed = incident(Status::Failed, state);
        assert_eq!(closed.may_undo(&first(&closed), &approver()), expected, "{state:?}");

        let mut half = closed;
        half.actions[0].snapshot = Some(Facets::new());
        let expected = if state == ActionState::Failed { Ok(()) } else { expected };
        assert_eq!(half.may_undo(&first(&half), &approver()), expected, "{state:?} with a snapshot");
    }
    for status in [Status::Open, Status::AwaitingApproval, Status::Responding] {
        let open = incident(status, ActionState::Verified);
        assert_eq!(open.may_undo(&first(&open), &approver()), Err(UndoRefusal::Busy), "{status:?}");
    }
}

#[test]
fn a_request_needs_a_reason_and_where_it_is_early_an_express_acceptance() {
    let until = at(5_000);
    let table = [
        ("in time", "a mistake", false, 5_000, Ok(())),
        ("early", "a mistake", false, 4_999, Err(UndoRefusal::Unsafe { until })),
        ("early, accepted", "a mistake", true, 4_999, Ok(())),
        ("no reason", " ", false, 5_000, Err(UndoRefusal::NoReason)),
        ("no reason, accepted", "\n", true, 4_999, Err(UndoRefusal::NoReason)),
    ];
    for (case, reason, accept_risk, now, expected) in table {
        let mut incident = incident(Status::Contained, ActionState::Verified);
        incident.actions[0].unsafe_to_undo_before = Some(until);
        incident.actions[0].error = Some("an earlier try failed".into());
        let (before, action) = (incident.clone(), first(&incident));
        let result = incident.request_undo(&action, &approver(), reason, accept_risk, at(now));
        assert_eq!(result, expected, "{case}");
        if result.is_err() {
            assert_eq!(incident, before, "{case}: nothing changed");
            continue;
        }
        let record = &incident.actions[0];
        let undo = record.undo.as_ref().unwrap();
        assert_eq!((record.state, &record.error), (ActionState::Undoing, &None), "{case}");
        assert_eq!(
            (undo.by.as_str(), undo.reason.as_str(), undo.accept_risk),
            ("zoe", "a mistake", accept_risk)
        );
        let again = incident.request_undo(&action, &approver(), reason, true, at(now));
        assert_eq!(again, Err(UndoRefusal::Busy), "{case}: once");
    }
}

#[test]
fn each_request_has_an_execution_of_its_own() {
    let mut incident = incident(Status::Contained, ActionState::Verified);
    assert_eq!(incident.actions[0].undo_execution(), None);
    let action = first(&incident);
    let names: BTreeSet<_> = [7, 8]
        .into_iter()
        .map(|now| {
            incident.actions[0].state = ActionState::Verified;
            incident.request_undo(&action, &approver(), "again", false, at(now)).unwrap();
            incident.actions[0].undo_execution().unwrap()
        })
        .collect();
    assert_eq!(names.len(), 2);
    // Step Functions: the name of an execution has at most 80 characters.
    assert!(names.iter().all(|name| name.len() <= 80));
}
