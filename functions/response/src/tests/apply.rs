//! The way forward: who may, on what, in which order, and what stops it.

use std::collections::BTreeSet;

use domain::{
    Action, ActionState, Effect, Incident, Inventory, LastingCredential, Outcome, Payload, Principal,
    PrincipalKind, Status, StepOutcome, Time,
};
use serde_json::{Value, json};

use super::{
    cases::{self, ACL, WEB},
    world::World,
};

pub(super) async fn ended(world: &mut World) -> Vec<ActionState> {
    world.apply().await;
    world.incident.actions.iter().map(|record| record.state).collect()
}

#[tokio::test]
async fn applies_only_what_the_verdict_or_the_approval_covers() {
    type Change = fn(Incident) -> Incident;
    use ActionState::{Failed, LeftOut, Simulated, Verified};
    let at = cases::start();
    let table: Vec<(&str, Change, [ActionState; 2])> = vec![
        ("allowed", |i| i, [Verified, Verified]),
        (
            "denied",
            |mut i| {
                i.verdict = Some(cases::verdict(Effect::Deny));
                i
            },
            [LeftOut, LeftOut],
        ),
        (
            "no verdict",
            |mut i| {
                i.verdict = None;
                i
            },
            [LeftOut, LeftOut],
        ),
        (
            "not asked",
            |mut i| {
                i.verdict = Some(cases::verdict(Effect::Approval));
                i
            },
            [LeftOut, LeftOut],
        ),
        ("approved in part", |i| cases::approved(i, &[1], cases::start()), [LeftOut, Verified]),
        (
            "rejected",
            |i| {
                let mut i = cases::approved(i, &[0, 1], cases::start());
                let outcome = Outcome::Rejected { by: "dana".into(), reason: "no".into() };
                i.approval.as_mut().unwrap().outcome = Some(outcome);
                i
            },
            [LeftOut, LeftOut],
        ),
        (
            "approved two days ago",
            |i| cases::approved(i, &[0, 1], cases::start().plus_seconds(-172_800)),
            [LeftOut, LeftOut],
        ),
        (
            "another revision approved",
            |i| {
                let mut i = cases::approved(i, &[0, 1], cases::start());
                i.approval.as_mut().unwrap().request.plan = domain::Digest::zero();
                i
            },
            [LeftOut, LeftOut],
        ),
        (
            "plan altered after it was approved",
            |i| {
                let mut i = cases::approved(i, &[0, 1], cases::start());
                let admin = Action::RevokeIamUser { user: "tom.reyes".to_owned() };
                i.plan.as_mut().unwrap().actions[0].action = admin;
                i
            },
            [Failed, Failed],
        ),
        (
            "another incident's plan",
            |mut i| {
                i.plan.as_mut().unwrap().incident = "inc-2".into();
                i
            },
            [Failed, Failed],
        ),
        (
            "left out by forensics",
            |mut i| {
                i.actions[0].state = LeftOut;
                i
            },
            [LeftOut, Verified],
        ),
        ("only observed", |i| observed(i, &[0, 1]), [Simulated, Simulated]),
        (
            "approved in part and only observed",
            |i| observed(cases::approved(i, &[1], cases::start()), &[0, 1]),
            [LeftOut, Simulated],
        ),
        ("one of two kinds only observed", |i| observed(i, &[0]), [Simulated, Verified]),
    ];
    for (case, change, expected) in table {
        let account = cases::account();
        let mut world = World::new(
            account.clone(),
            &[cases::revoke_user("ci-deploy"), cases::block_bucket("lumen-books-exports")],
        );
        world.incident = change(world.incident);
        assert_eq!(ended(&mut world).await, expected, "{case}");
        if !expected.contains(&Verified) {
            assert_eq!(world.sandbox.inventory().await, account, "{case}: nothing may be touched");
            assert!(!world.incident.receipt.reached.contains_key("contained"), "{case}");
        }
        assert!(world.now.millis_since(at) > 0);
    }
}

#[tokio::test]
async fn the_expired_request_applies_its_declared_default() {
    let mut world =
        World::new(cases::account(), &[cases::revoke_user("ci-deploy"), cases::revoke_role("deploy")]);
    world.incident = cases::approved(world.incident, &[0], cases::start());
    let approval = world.incident.approval.as_mut().unwrap();
    let actions = approval.granted().to_vec();
    approval.outcome = Some(Outcome::Expired { actions });
    assert_eq!(ended(&mut world).await, [ActionState::Verified, ActionState::LeftOut]);
}

#[tokio::test]
async fn never_touches_what_is_exempt_gone_or_not_what_was_approved() {
    use ActionState::{Failed, LeftOut};
    let sso = "AWSReservedSSO_Support_0123456789abcdef";
    let table: Vec<(Action, Value, ActionState, &str)> = vec![
        (cases::revoke_user("break-glass"), json!({}), LeftOut, "exempt"),
        (cases::revoke_role("asoc-response"), json!({}), LeftOut, "exempt"),
        (
            cases::isolate(WEB),
            json!({"instances": {WEB: {"tags": {"asoc:exempt": "true"}}}}),
            LeftOut,
            "exempt",
        ),
        (cases::revoke_user("ci-deploy"), json!({"users": {"ci-deploy": null}}), LeftOut, "does not exist"),
        (
            cases::revoke_user("ci-deploy"),
            json!({"users": {"ci-deploy": {"id": "AIDASOMEONEELSE"}}}),
            Failed,
            "not what was approved: `user id`",
        ),
        (cases::revoke_role(sso), json!({}), Failed, "Identity Center"),
    ];
    for (action, change, state, why) in table {
        let mut world = World::new(cases::account(), &[action]);
        world.edit(change).await;
        let found = world.sandbox.inventory().await;
        assert_eq!(ended(&mut world).await, [state], "{why}");
        assert!(world.error(0).contains(why), "{}", world.error(0));
        assert!(world.record(0).steps.is_empty());
        assert_eq!(world.sandbox.inventory().await, found);
    }
}

#[tokio::test]
async fn stops_where_the_target_becomes_exempt_halfway() {
    let mut world = World::new(cases::account(), &[cases::isolate(WEB)]);
    let input = crate::Input::Apply { incident: world.incident.id.clone() };
    for _ in 0..4 {
        world.visit(&input).await;
    }
    world.edit(json!({"instances": {WEB: {"tags": {"asoc:exempt": "true"}}}})).await;
    let found = world.sandbox.inventory().await;
    assert_eq!(ended(&mut world).await, [ActionState::Failed]);
    assert_eq!(world.sandbox.inventory().await, found);
}

#[tokio::test]
async fn one_failure_does_not_stop_what_follows_and_is_no_containment() {
    let mut world =
        World::new(cases::account(), &[cases::revoke_user("ci-deploy"), cases::revoke_role("deploy")]);
    let many: Vec<String> = (0..10).map(|n| format!("arn:aws:iam::111122223333:policy/p{n}")).collect();
    world.edit(json!({"users": {"ci-deploy": {"attached_policies": many}}})).await;
    assert_eq!(ended(&mut world).await, [ActionState::Failed, ActionState::Verified]);
    assert!(world.error(0).contains("LimitExceeded") && world.error(0).contains("raise the quota"));
    assert!(matches!(world.record(0).steps.last().unwrap().outcome, StepOutcome::Refused(_)));
    assert!(!world.incident.receipt.reached.contains_key("contained"));

    world.undo(0).await;
    assert_eq!(world.state(0), ActionState::Undone, "{}", world.error(0));
}

#[tokio::test]
async fn an_instance_is_cut_off_and_kept() {
    let mut world = World::new(cases::account(), &[cases::isolate(WEB)]);
    let before = world.sandbox.inventory().await;
    assert_eq!(ended(&mut world).await, [ActionState::Verified], "{}", world.error(0));
    let after = world.sandbox.inventory().await;
    let web = &after.instances[WEB];
    assert!(web.disable_api_termination && web.shutdown_behavior == "stop" && web.state == "running");
    assert!(web.volumes.values().all(|volume| !volume.delete_on_termination));
    assert!(web.instance_profile.is_none());
    assert!(web.interfaces.values().all(|interface| interface.address.is_none()));
    let worn: BTreeSet<_> = web.interfaces.values().flat_map(|interface| &interface.groups).collect();
    let [quarantine] = worn.into_iter().collect::<Vec<_>>()[..] else { panic!("one group for all") };
    let group = &after.security_groups[quarantine];
    assert!(group.ingress.is_empty() && group.egress.is_empty());
    assert_eq!(after.security_groups.len(), before.security_groups.len() + 1, "the open group is gone");
    assert!(after.target_groups.values().all(|group| !group.targets.contains_key(WEB)));
    assert_eq!(world.incident.status, Status::Responding);
    assert!(world.incident.receipt.reached.contains_key("contained"));
}

/// Tracked connections survive a change of groups unless the interface passes through a group that allows everything;
/// and while it does, it must have no public address.
#[tokio::test]
async fn each_interface_passes_through_the_open_group_without_an_address() {
    use domain::AccountWrite as W;
    let mut world = World::new(cases::account(), &[cases::isolate(WEB)]);
    world.apply().await;
    let calls: Vec<&W> = world.record(0).steps.iter().map(|step| &step.call).collect();
    let taken = calls.iter().position(|call| matches!(call, W::DisassociateAddress { .. })).unwrap();
    for interface in ["eni-0f1000000000web1a", "eni-0f1000000000web1b"] {
        let passes: Vec<_> = (0..calls.len())
            .filter(|at| matches!(calls[*at], W::SetInterfaceGroups { interface: id, .. } if id == interface))
            .collect();
        let [open, closed] = passes[..] else { panic!("{interface} changes groups twice: {calls:?}") };
        assert!(taken < open && closed == open + 1);
    }
}

#[tokio::test]
async fn a_block_says_why_it_finds_no_place() {
    let entries = |count: u16, first: u16| {
        let rule = |number: u16, egress: bool| json!({ "rule_number": number, "egress": egress, "allow": true, "protocol": "6", "cidr": "10.0.0.0/8" });
        let all: Vec<Value> = (first..first + count).flat_map(|n| [rule(n, false), rule(n, true)]).collect();
        json!({"network_acls": {ACL: {"entries": all}}})
    };
    let early =
        json!([{ "rule_number": 1, "egress": false, "allow": true, "protocol": "-1", "cidr": "0.0.0.0/0" }]);
    let table = [
        (cases::block("203.0.113.66/32"), entries(20, 100), "20 of 20 entries"),
        (
            cases::block("203.0.113.66/32"),
            json!({"network_acls": {ACL: {"entries": early}}}),
            "no rule number",
        ),
        (cases::block("203.0.113.0/24"), json!({}), "more than one address"),
    ];
    for (action, change, why) in table {
        let mut world = World::new(cases::account(), &[action]);
        world.edit(change).await;
        assert_eq!(ended(&mut world).await, [ActionState::Failed]);
        assert!(world.error(0).contains(why), "{}", world.error(0));
        assert!(world.record(0).steps.is_empty());
    }
}

#[tokio::test]
async fn the_receipt_says_how_long_a_role_credential_lives() {
    let principal = |account: &Inventory, role: &str| Principal {
        kind: PrincipalKind::Role,
        arn: account.roles[role].arn.clone(),
        name: role.to_owned(),
        account: None,
        session: None,
        access_key: None,
    };
    let account = cases::account();
    let mut world = World::new(account.clone(), &[cases::revoke_role("web-app")]);
    world.incident.principals = vec![principal(&account, "web-app"), principal(&account, "deploy")];
    world.apply().await;
    let alive = &world.incident.receipt.credential_alive_until;
    let verified: Time = world.record(0).verified.unwrap();
    assert_eq!(alive.get(&account.roles["deploy"].arn), Some(&verified.plus_seconds(7200)));
    assert!(!alive.contains_key(&account.roles["web-app"].arn));
}

#[tokio::test]
async fn the_receipt_keeps_what_was_not_cut_off() {
    let account = cases::account();
    let actions = [
        cases::revoke_user("ci-deploy"),
        cases::deactivate("maya.ortiz", "AKIAIOSFODNNMAYAORTZ"),
        cases::revoke_role("deploy"),
    ];
    let held = |user: &str, key: Option<&str>| LastingCredential {
        user: account.users[user].arn.clone(),
        access_key: key.map(str::to_owned),
    };
    let (ci, ci_key) = (held("ci-deploy", None), held("ci-deploy", Some("AKIAIOSFODNNCIDEPLOY")));
    let (maya, other) =
        (held("maya.ortiz", Some("AKIAIOSFODNNMAYAORTZ")), held("maya.ortiz", Some("AKIAOTHER")));
    let deploy = account.roles["deploy"].arn.clone();
    for (places, without_end, sessions, notes) in [
        (vec![0, 1, 2], vec![&other], false, 0),
        (vec![0], vec![&maya, &other], true, 2),
        (vec![1, 2], vec![&ci, &ci_key, &other], false, 1),
    ] {
        let mut world = World::new(account.clone(), &actions);
        world.incident = cases::approved(world.incident, &places, cases::start());
        let receipt = &mut world.incident.receipt;
        receipt.reach("investigated", cases::start());
        receipt.credential_alive_until.insert(deploy.clone(), cases::start().plus_seconds(3600));
        receipt.credentials_without_end = [&ci, &ci_key, &maya, &other].into_iter().cloned().collect();
        world.apply().await;
        let receipt = &world.incident.receipt;
        assert_eq!(receipt.credentials_without_end.iter().collect::<Vec<_>>(), without_end, "{places:?}");
        assert_eq!(receipt.credential_alive_until.contains_key(&deploy), sessions, "{places:?}");
        assert_eq!(receipt.notes.len(), notes, "{places:?}: {:?}", receipt.notes);
    }
}

#[tokio::test]
async fn every_state_is_said_once_and_in_order() {
    let mut world = World::new(cases::account(), &[cases::revoke_role("deploy")]);
    world.apply().await;
    let states: Vec<ActionState> = world
        .said
        .iter()
        .filter_map(|draft| match &draft.payload {
            Payload::ActionUpdate(update) => Some(update.state),
            _ => None,
        })
        .collect();
    assert_eq!(states, [ActionState::Applying, ActionState::Applied, ActionState::Verified]);
}

/// Actions at these places are of kinds that are not switched on.
fn observed(mut incident: Incident, places: &[usize]) -> Incident {
    let actions = &incident.plan.as_ref().unwrap().actions;
    let observe = places.iter().map(|place| actions[*place].id.clone()).collect();
    incident.verdict.as_mut().unwrap().observe = observe;
    incident
}
