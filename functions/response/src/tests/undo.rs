//! The way back.

use domain::{Action, ActionState, Inventory, Status, UndoRefusal};
use serde_json::{Value, json};

use super::{
    cases::{self, ACL, PROXY, TRAIL, WEB},
    world::World,
};

async fn applied(account: Inventory, action: Action) -> World {
    let mut world = World::new(account, &[action]);
    world.apply().await;
    assert_eq!(world.state(0), ActionState::Verified, "{}", world.error(0));
    world
}

/// One kind of facet after another is changed by somebody else after the action.
#[tokio::test]
async fn refuses_where_somebody_has_changed_the_target_since() {
    let exports = "lumen-books-exports";
    let replaced = json!([
        { "rule_number": 1, "egress": false, "allow": false, "protocol": "6", "cidr": "203.0.113.66/32" },
        { "rule_number": 1, "egress": true, "allow": false, "protocol": "-1", "cidr": "203.0.113.66/32" },
    ]);
    let web = |change: Value| json!({ "instances": { WEB: change } });
    let interface = |change: Value| web(json!({ "interfaces": { "eni-0f1000000000web1a": change } }));
    let table: Vec<(Action, Value, &str)> = vec![
        (
            cases::revoke_user("ci-deploy"),
            json!({"users": {"ci-deploy": {"access_keys": {"AKIANEW": {"status": "Active"}}}}}),
            "key AKIANEW",
        ),
        (
            cases::revoke_user("ci-deploy"),
            json!({"users": {"ci-deploy": {"access_keys": {"AKIAIOSFODNNCIDEPLOY": null}}}}),
            "key AKIAIOSFODNNCIDEPLOY",
        ),
        (
            cases::revoke_role("deploy"),
            json!({"roles": {"deploy": {"inline_policies": {"AWSRevokeOlderSessions": {"Statement": []}}}}}),
            "inline policy AWSRevokeOlderSessions",
        ),
        (
            cases::block("203.0.113.66/32"),
            json!({"network_acls": {ACL: {"entries": replaced}}}),
            "inbound entry",
        ),
        (cases::snapshot(WEB), web(json!({"volumes": {"/dev/xvda": null}})), "device /dev/xvda"),
        (cases::isolate(WEB), web(json!({"shutdown_behavior": "hibernate"})), "shutdown behavior"),
        (cases::isolate(WEB), web(json!({"tags": {"asoc:isolated-by": "me"}})), "tag asoc:isolated-by"),
        (cases::isolate(WEB), web(json!({"instance_profile": "arn:other"})), "instance profile"),
        (
            cases::isolate(WEB),
            interface(json!({"groups": ["sg-0c100000000bastion"]})),
            "interface eni-0f1000000000web1a groups",
        ),
        (
            cases::isolate(WEB),
            interface(json!({"address": {"allocation": "eipalloc-other", "public_ip": "192.0.2.9"}})),
            "interface eni-0f1000000000web1a address",
        ),
        (
            cases::isolate(WEB),
            json!({"target_groups": {
                "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/web/0a1b2c3d4e5f6789":
                    {"targets": {WEB: 8080}}
            }}),
            "target group arn:aws:elasticloadbalancing",
        ),
        (
            cases::isolate(WEB),
            json!({"auto_scaling_groups": {"other": {"instances": [WEB]}}}),
            "auto scaling group other",
        ),
        (
            cases::block_bucket(exports),
            json!({"buckets": {exports: {"public_access_block": {"block_public_acls": false}}}}),
            "public access block",
        ),
    ];
    for (action, change, facet) in table {
        let mut world = applied(cases::account(), action).await;
        world.edit(change).await;
        let found = world.sandbox.inventory().await;
        world.undo(0).await;
        assert_eq!(world.state(0), ActionState::Failed, "{facet}");
        assert!(world.error(0).contains(&format!("has changed `{facet}")), "{facet}: {}", world.error(0));
        assert_eq!(world.sandbox.inventory().await, found, "{facet}: nothing may be touched");
    }
}

#[tokio::test]
async fn refuses_where_the_quarantine_was_opened_since() {
    let mut world = applied(cases::account(), cases::isolate(WEB)).await;
    let account = world.sandbox.inventory().await;
    let (group, _) =
        account.security_groups.iter().find(|(_, g)| g.name.starts_with("asoc-quarantine-")).unwrap();
    let rule = json!({"protocol": "tcp", "from_port": 22, "to_port": 22, "peer": "10.0.1.21/32"});
    world.edit(json!({"security_groups": {group.clone(): {"ingress": [rule]}}})).await;
    world.undo(0).await;
    assert!(world.error(0).contains("`quarantine group`"), "{}", world.error(0));

    world.edit(json!({"security_groups": {group.clone(): {"ingress": []}}})).await;
    world.undo(0).await;
    assert_eq!(world.state(0), ActionState::Undone, "put right, it can be asked for again");
}

#[tokio::test]
async fn fails_where_the_target_is_gone() {
    let mut world = applied(cases::account(), cases::restart()).await;
    world.edit(json!({"trails": {TRAIL: null}})).await;
    world.undo(0).await;
    assert_eq!(world.state(0), ActionState::Failed);
    assert!(world.error(0).contains("does not exist"), "{}", world.error(0));
}

#[tokio::test]
async fn a_key_made_while_the_user_was_stolen_stays_inactive() {
    let mut world = World::new(cases::account(), &[cases::revoke_user("ci-deploy")]);
    let input = crate::Input::Apply { incident: world.incident.id.clone() };
    world.visit(&input).await;
    world.edit(json!({"users": {"ci-deploy": {"access_keys": {"AKIATHIEF": {"status": "Active"}}}}})).await;
    world.apply().await;
    world.undo(0).await;
    assert_eq!(world.state(0), ActionState::Undone, "{}", world.error(0));
    let keys = &world.sandbox.inventory().await.users["ci-deploy"].access_keys;
    assert_eq!(keys["AKIATHIEF"].status, domain::account::KeyStatus::Inactive);
    assert_eq!(keys["AKIAIOSFODNNCIDEPLOY"].status, domain::account::KeyStatus::Active);
}

#[tokio::test]
async fn stolen_sessions_are_not_revived_unless_someone_accepts_that() {
    let mut world = applied(cases::account(), cases::revoke_role("deploy")).await;
    let verified = world.record(0).verified.unwrap();
    let until = verified.plus_seconds(7200);
    assert_eq!(world.record(0).unsafe_to_undo_before, Some(until));
    world.incident.status = Status::Contained;
    let (id, person, now) = (world.id(0), cases::approver(), world.now);
    let asked = |accept, at| world.incident.clone().request_undo(&id, &person, "false alarm", accept, at);
    assert_eq!(asked(false, now), Err(UndoRefusal::Unsafe { until }));
    assert_eq!(asked(true, now), Ok(()));
    assert_eq!(asked(false, until), Ok(()));
    world.undo(0).await;
    assert_eq!(world.state(0), ActionState::Undone);
}

#[tokio::test]
async fn auto_scaling_keeps_the_replacement_it_started() {
    let mut world = applied(cases::account(), cases::isolate(WEB)).await;
    let group = |account: Inventory| account.auto_scaling_groups["web"].clone();
    let while_isolated = group(world.sandbox.inventory().await);
    assert_eq!((while_isolated.instances.len(), while_isolated.desired_capacity), (1, 2));
    world.undo(0).await;
    let after = group(world.sandbox.inventory().await);
    assert_eq!((after.instances.len(), after.desired_capacity), (2, 3));
}

#[tokio::test]
async fn a_group_that_someone_else_uses_is_not_torn_away() {
    let mut world = applied(cases::account(), cases::isolate(PROXY)).await;
    let account = world.sandbox.inventory().await;
    let (quarantine, _) =
        account.security_groups.iter().find(|(_, g)| g.name.starts_with("asoc-quarantine-")).unwrap();
    let bastion = json!({"interfaces": {"eni-0f10000000bastion": {"groups": [quarantine]}}});
    world.edit(json!({"instances": {"i-0a1b2c3d4e5f60003": bastion}})).await;
    world.undo(0).await;
    assert_eq!(world.state(0), ActionState::Failed);
    assert!(world.error(0).contains("DependencyViolation"), "{}", world.error(0));
}

#[tokio::test]
async fn what_was_not_asked_for_is_not_undone() {
    let mut world = applied(cases::account(), cases::restart()).await;
    let (account, incident) = (world.sandbox.inventory().await, world.incident.clone());
    let input = crate::Input::Undo { incident: incident.id.clone(), action: world.id(0) };
    assert!(world.visit(&input).await.done);
    assert_eq!((world.sandbox.inventory().await, world.incident), (account, incident));
}
