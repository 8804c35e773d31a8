//! What holds for every action in every account: it can be taken back, repeated, and interrupted anywhere.

use std::sync::Arc;

use domain::{Action, ActionRecord, ActionState, Inventory, StepOutcome};
use proptest::{prelude::*, sample};
use sandbox::{Flaky, Sandbox, When};
use serde_json::{Value, json};

use super::{
    cases,
    world::{Delivery, World},
};

/// Things that may be otherwise in somebody's account before an action begins.
fn peculiarities() -> Vec<Value> {
    let closed = json!({ "name": "old-quarantine", "vpc": "vpc-0b00c5000000000a1" });
    let deny = |number: u16, egress: bool| json!({ "rule_number": number, "egress": egress, "allow": false, "protocol": "6", "cidr": "192.0.2.99/32" });
    let allow = |egress: bool| json!({ "rule_number": 100, "egress": egress, "allow": true, "protocol": "-1", "cidr": "0.0.0.0/0" });
    vec![
        json!({"users": {"ci-deploy": {"access_keys": {"AKIAOLD": {"status": "Inactive"}}}}}),
        json!({"users": {"ci-deploy": {"access_keys": {"AKIASECOND": {"status": "Active"}}}}}),
        json!({"users": {"ci-deploy": {"access_keys": {"AKIAIOSFODNNCIDEPLOY": {"status": "Inactive"}}}}}),
        json!({"users": {"ci-deploy": {"attached_policies": ["arn:aws:iam::aws:policy/AWSDenyAll"]}}}),
        json!({"users": {"tom.reyes": {"access_keys": {"AKIAIOSFODNNTOMREYES": null}}}}),
        json!({"roles": {"web-app": {"inline_policies": {"AWSRevokeOlderSessions": {"Version": "2012-10-17"}}}}}),
        json!({"network_acls": {cases::ACL: {"entries": [deny(1, false), deny(3, true), allow(false), allow(true)]}}}),
        json!({"network_acls": {cases::ACL: {"entries": []}}}),
        json!({"instances": {cases::WEB: {"disable_api_termination": true, "shutdown_behavior": "stop"}}}),
        json!({"instances": {cases::WEB: {"instance_profile": null}}}),
        json!({"instances": {cases::WEB: {"tags": {"asoc:isolated-by": "act-earlier"}}}}),
        json!({"instances": {cases::WEB: {"volumes": {"/dev/xvdb": {"delete_on_termination": true}}}}}),
        json!({"instances": {cases::WEB: {"interfaces": {"eni-0f1000000000web1a": {"address": null}}}}}),
        json!({
            "security_groups": {"sg-0old": closed},
            "instances": {cases::PROXY: {"interfaces": {"eni-0f10000000000db1a": {"groups": ["sg-0old"]}}}},
        }),
        json!({"auto_scaling_groups": {"web": {"instances": ["i-0a1b2c3d4e5f60002"]}}}),
        json!({"target_groups": {"arn:second": {"name": "admin", "targets": {cases::WEB: 8443}}}}),
        json!({"buckets": {"lumen-books-assets": {"public_access_block": null}}}),
        json!({"buckets": {"lumen-books-exports": {"public_access_block": null}}}),
        json!({"trails": {cases::TRAIL: {"logging": false}}}),
    ]
}

fn accounts() -> impl Strategy<Value = Inventory> {
    let all = peculiarities();
    let count = all.len();
    sample::subsequence(all, 0..=count).prop_map(|patches| {
        run(async {
            let sandbox = Sandbox::new(cases::account());
            for patch in patches {
                sandbox.edit(&patch).await.unwrap();
            }
            sandbox.inventory().await
        })
    })
}

fn actions() -> impl Strategy<Value = Action> {
    sample::select(cases::every_action())
}

fn interruptions() -> impl Strategy<Value = (Delivery, Option<(usize, When)>)> {
    prop_oneof![
        Just((Delivery::Twice, None)),
        (1..40usize).prop_map(|nth| (Delivery::Losing(nth), None)),
        (1..40usize, prop_oneof![Just(When::Before), Just(When::After)])
            .prop_map(|fault| (Delivery::Once, Some(fault))),
    ]
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Auto Scaling raises the desired capacity when an instance is attached again. Response leaves that as it is, since to
/// lower it may terminate an instance; `undo::auto_scaling_keeps_the_replacement_it_started` says so by itself.
fn but_for_desired_capacity(mut account: Inventory) -> Inventory {
    for group in account.auto_scaling_groups.values_mut() {
        group.desired_capacity = 0;
    }
    account
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, ..ProptestConfig::default() })]

    #[test]
    fn apply_then_undo_leaves_the_account_as_it_was(account in accounts(), action in actions()) {
        run(async {
            let mut world = World::new(account.clone(), &[action]);
            world.apply().await;
            assert_eq!(world.state(0), ActionState::Verified, "{}", world.error(0));
            assert!(world.record(0).steps.iter().all(|s| s.outcome == StepOutcome::Observed));

            world.undo(0).await;
            assert_eq!(world.state(0), ActionState::Undone, "{}", world.error(0));
            assert!(world.record(0).steps.iter().all(|s| s.outcome == StepOutcome::Observed));
            assert_eq!(
                but_for_desired_capacity(world.sandbox.inventory().await),
                but_for_desired_capacity(account)
            );
        });
    }

    #[test]
    fn an_interruption_anywhere_changes_nothing_about_the_end(
        account in accounts(), action in actions(), (delivery, fault) in interruptions()
    ) {
        run(async {
            let mut calm = World::new(account.clone(), std::slice::from_ref(&action));
            calm.apply().await;
            let mut rough = World::new(account.clone(), &[action]).delivering(delivery);
            if let Some((nth, when)) = fault {
                rough.account = Arc::new(Flaky::new(rough.sandbox.clone(), nth, when));
            }
            rough.apply().await;
            assert_eq!(rough.state(0), ActionState::Verified, "{}", rough.error(0));
            assert_eq!(rough.sandbox.inventory().await, calm.sandbox.inventory().await);

            rough.undo(0).await;
            assert_eq!(rough.state(0), ActionState::Undone, "{}", rough.error(0));
            let is_lossy = matches!(delivery, Delivery::Losing(_));
            let steps = &rough.record(0).steps;
            assert!(is_lossy || steps.iter().all(|s| s.outcome == StepOutcome::Observed), "{steps:#?}");
            assert_eq!(
                but_for_desired_capacity(rough.sandbox.inventory().await),
                but_for_desired_capacity(account)
            );
        });
    }

    #[test]
    fn applying_again_does_nothing(account in accounts(), action in actions()) {
        run(async {
            let mut world = World::new(account, &[action]);
            world.apply().await;
            let (once, incident) = (world.sandbox.inventory().await, world.incident.clone());
            world.apply().await;
            assert_eq!(world.sandbox.inventory().await, once);
            assert_eq!(world.incident, incident);
        });
    }

    #[test]
    fn planned_anew_it_goes_back_to_what_it_found_then(account in accounts(), action in actions()) {
        run(async {
            let mut world = World::new(account, &[action]);
            world.apply().await;
            let found = world.sandbox.inventory().await;
            world.incident.actions = vec![ActionRecord::planned(world.id(0))];
            world.apply().await;
            assert_eq!(world.state(0), ActionState::Verified, "{}", world.error(0));
            world.undo(0).await;
            assert_eq!(world.state(0), ActionState::Undone, "{}", world.error(0));
            assert_eq!(world.sandbox.inventory().await, found);
        });
    }

    #[test]
    fn undo_of_a_half_applied_action_gives_back_what_was_taken(
        account in accounts(), action in actions(), visits in 1..30usize
    ) {
        run(async {
            let mut world = World::new(account.clone(), &[action]);
            let input = crate::Input::Apply { incident: world.incident.id.clone() };
            for _ in 0..visits {
                world.visit(&input).await;
            }
            let action = world.id(0);
            let record = world.incident.action_mut(&action).unwrap();
            if record.state != ActionState::Verified {
                record.state = ActionState::Failed;
            }
            world.undo(0).await;
            assert_eq!(world.state(0), ActionState::Undone, "{}", world.error(0));
            assert_eq!(
                but_for_desired_capacity(world.sandbox.inventory().await),
                but_for_desired_capacity(account)
            );
        });
    }
}
