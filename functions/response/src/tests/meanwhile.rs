//! What happens on the way forward: calls are lost, others change the account, the approval lapses.

use domain::{ActionState, StepOutcome};
use serde_json::json;

use super::{
    apply::ended,
    cases::{self, ACL, WEB},
    world::{Delivery, World},
};

#[tokio::test]
async fn a_lost_call_is_given_time_to_show_and_then_sent_again() {
    let mut world = World::new(cases::account(), &[cases::revoke_role("deploy")]);
    world = world.delivering(Delivery::Losing(1));
    let input = crate::Input::Apply { incident: world.incident.id.clone() };
    let mut waits = Vec::new();
    loop {
        let output = world.visit(&input).await;
        waits.push(output.wait_seconds);
        if output.done {
            break;
        }
    }
    // The snapshot, the call, a look too early, the call again, applied, verified.
    assert_eq!(waits, [0, 0, 2, 0, 0, 0]);
    let outcomes: Vec<_> = world.record(0).steps.iter().map(|step| step.outcome.clone()).collect();
    assert_eq!(outcomes, [StepOutcome::Sent, StepOutcome::Observed]);
}

#[tokio::test]
async fn a_call_that_never_shows_ends_as_failed() {
    let mut world = World::new(cases::account(), &[cases::revoke_role("deploy")]);
    world = world.delivering(Delivery::Never);
    assert_eq!(ended(&mut world).await, [ActionState::Failed]);
    assert_eq!(world.record(0).steps.len(), 4);
    assert!(world.error(0).contains("sent 4 times"), "{}", world.error(0));
}

#[tokio::test]
async fn an_interface_that_is_cut_off_already_is_never_opened() {
    use domain::AccountWrite as W;
    let mut world = World::new(cases::account(), &[cases::isolate(cases::PROXY)]);
    let closed = json!({ "name": "old-quarantine", "vpc": "vpc-0b00c5000000000a1" });
    let worn = json!({"interfaces": {"eni-0f10000000000db1a": {"groups": ["sg-0old"]}}});
    world.edit(json!({"security_groups": {"sg-0old": closed}, "instances": {cases::PROXY: worn}})).await;
    world.apply().await;
    let changes = world.record(0).steps.iter().filter(|step| {
        matches!(&step.call, W::SetInterfaceGroups { interface, .. } if interface == "eni-0f10000000000db1a")
    });
    assert_eq!(changes.count(), 1);
}

#[tokio::test]
async fn a_key_that_appears_while_the_user_is_revoked_goes_too() {
    let mut world = World::new(cases::account(), &[cases::revoke_user("ci-deploy")]);
    let input = crate::Input::Apply { incident: world.incident.id.clone() };
    while world.state(0) != ActionState::Applied {
        world.visit(&input).await;
    }
    world.edit(json!({"users": {"ci-deploy": {"access_keys": {"AKIATHIEF": {"status": "Active"}}}}})).await;
    assert_eq!(ended(&mut world).await, [ActionState::Verified]);
    let keys = &world.sandbox.inventory().await.users["ci-deploy"].access_keys;
    assert!(keys.values().all(|key| key.status == domain::account::KeyStatus::Inactive));
}

#[tokio::test]
async fn an_incident_without_a_record_for_an_action_does_not_guess() {
    let mut world = World::new(cases::account(), &[cases::restart(), cases::revoke_role("deploy")]);
    world.incident.actions.remove(0);
    world.apply().await;
    assert_eq!((world.state(0), world.state(1)), (ActionState::Failed, ActionState::Verified));
}

#[tokio::test]
async fn evidence_is_taken_also_where_another_snapshot_exists() {
    let mut world = World::new(cases::account(), &[cases::snapshot(WEB)]);
    world.edit(json!({"snapshots": {"snap-nightly": {"volume": "vol-0d100000000web1a"}}})).await;
    assert_eq!(ended(&mut world).await, [ActionState::Verified]);
    let id = world.id(0).to_string();
    let snapshots = world.sandbox.inventory().await.snapshots;
    let ours = snapshots.values().filter(|snapshot| snapshot.tags.get("asoc:action") == Some(&id));
    assert_eq!(ours.count(), 2);
}

/// The refusal may stem from an earlier sending of the same call, so it is believed only when the account never shows
/// the entry.
#[tokio::test]
async fn a_rule_number_that_somebody_took_in_between_is_left_to_them() {
    let mut world = World::new(cases::account(), &[cases::block("203.0.113.66/32")]);
    let input = crate::Input::Apply { incident: world.incident.id.clone() };
    world.visit(&input).await;
    let theirs = json!([{ "rule_number": 1, "egress": false, "allow": false, "protocol": "6", "cidr": "192.0.2.1/32" }]);
    world.edit(json!({"network_acls": {ACL: {"entries": theirs}}})).await;
    let found = world.sandbox.inventory().await;
    assert_eq!(ended(&mut world).await, [ActionState::Failed]);
    assert!(world.error(0).contains("NetworkAclEntryAlreadyExists"), "{}", world.error(0));
    assert_eq!(world.sandbox.inventory().await, found);
}

#[tokio::test]
async fn what_was_begun_is_finished_unless_the_plan_is_altered() {
    for (is_altered, end) in [(false, ActionState::Verified), (true, ActionState::Failed)] {
        let mut world = World::new(cases::account(), &[cases::isolate(WEB)]);
        world.incident = cases::approved(world.incident, &[0], cases::start());
        let input = crate::Input::Apply { incident: world.incident.id.clone() };
        for _ in 0..4 {
            world.visit(&input).await;
        }
        world.now = world.now.plus_seconds(172_800);
        if is_altered {
            world.incident.plan.as_mut().unwrap().actions[0].action = cases::isolate(cases::PROXY);
        }
        assert_eq!(ended(&mut world).await, [end]);
    }
}
