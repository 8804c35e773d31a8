//! What a plan's hash covers.

use domain::{Action, Digest, Plan, PlannedAction, ResourceKind};
use serde_json::json;

use super::{plan, revoke};

type Change<T> = (&'static str, fn(&mut T));

const ACTION: [Change<PlannedAction>; 11] = [
    ("id", |a| a.id = "act-else".into()),
    ("action", |a| a.action = Action::RevokeIamUser { user: "eve".into() }),
    ("another action on the same", |a| a.action = Action::RevokeRoleSessions { role: "ann".into() }),
    ("target's kind", |a| a.target.kind = ResourceKind::Role),
    ("target's arn", |a| a.target.arn.push('x')),
    ("target's name", |a| a.target.name.push('x')),
    ("a precondition's value", |a| drop(a.preconditions.insert("exempt".into(), json!(true)))),
    ("a precondition less", |a| drop(a.preconditions.remove("exempt"))),
    ("a precondition more", |a| drop(a.preconditions.insert("vpc".into(), json!(null)))),
    ("what it does, as people read it", |a| a.does = "Nothing of note".into()),
    ("what its undo does, as people read it", |a| a.undo = "Nothing of note".into()),
];

#[test]
fn any_change_of_an_action_is_seen() {
    for (what, change) in ACTION {
        let mut action = revoke("ann");
        assert!(action.is_intact());
        change(&mut action);
        assert!(!action.is_intact(), "{what}");

        let mut whole = plan();
        change(&mut whole.actions[1]);
        assert!(!whole.is_intact(), "{what}, in a plan");
    }
    let mut hash = revoke("ann");
    hash.hash = Digest::zero();
    assert!(!hash.is_intact());
}

#[test]
fn any_change_of_a_plan_is_seen() {
    let table: [Change<Plan>; 8] = [
        ("incident", |p| p.incident = "inc-2".into()),
        ("revision", |p| p.revision += 1),
        ("order", |p| p.actions.swap(0, 1)),
        ("an action less", |p| drop(p.actions.pop())),
        ("an action more", |p| p.actions.push(revoke("dan"))),
        ("an action twice", |p| p.actions.push(p.actions[0].clone())),
        ("another action, itself intact", |p| p.actions[0] = revoke("dan")),
        ("hash", |p| p.hash = Digest::zero()),
    ];
    assert!(plan().is_intact());
    for (what, change) in table {
        let mut plan = plan();
        change(&mut plan);
        assert!(!plan.is_intact(), "{what}");
    }
}

#[test]
fn the_same_action_keeps_its_id_and_hash_in_a_later_revision() {
    let (first, second) = (plan(), Plan::new("inc-1".into(), 2, plan().actions));
    assert_ne!(first.hash, second.hash);
    assert_eq!(first.actions, second.actions);
    assert_eq!(first.action(&first.actions[2].id), Some(&first.actions[2]));
    let other = PlannedAction::new(
        &"inc-2".into(),
        first.actions[0].action.clone(),
        first.actions[0].target.clone(),
        first.actions[0].preconditions.clone(),
        String::new(),
    );
    assert_ne!(other.id, first.actions[0].id, "ids are per incident");
}

#[test]
fn a_plan_is_intact_after_its_json_form() {
    let text = serde_json::to_string(&plan()).unwrap();
    let read: Plan = serde_json::from_str(&text).unwrap();
    assert_eq!(read, plan());
    assert!(read.is_intact());
}
