//! What actions would change.

use domain::{
    Action, Event, Incident, Inventory, ResourceKind,
    account::{KeyStatus, PublicAccessBlock},
    graph::Counterfactual,
};
use serde_json::json;

use crate::given::*;

fn shop() -> Inventory {
    let all = json!([{"protocol": "-1", "from_port": 0, "to_port": 0, "peer": "0.0.0.0/0"}]);
    account(json!({
        "users": {"ci": {"inline_policies": {"p": allow(json!("sts:AssumeRole"), &arn("role", "deploy"))}}},
        "roles": {
            "deploy": {"trust": trust(json!({"AWS": ACCOUNT})), "max_session_seconds": 3600,
                       "inline_policies": {"p": allow(json!("s3:GetObject"), "arn:aws:s3:::ledger/*")}},
            "web": {"trust": trust(json!({"Service": "ec2.amazonaws.com"})),
                    "inline_policies": {"p": allow(json!("secretsmanager:GetSecretValue"), "*")}}
        },
        "instance_profiles": {"web": {"arn": "arn:web", "role": "web"}},
        "subnets": {"s": {"vpc": "v", "public": true, "network_acl": "acl"}},
        "network_acls": {"acl": {"vpc": "v", "entries": [
            {"rule_number": 100, "egress": false, "allow": true, "protocol": "-1", "cidr": "0.0.0.0/0"}]},
            "other": {"vpc": "v"}},
        "security_groups": {"sg": {"ingress": all, "egress": all}, "closed": {}},
        "instances": {
            "i-web": {"state": "running", "vpc": "v", "instance_profile": "arn:web", "interfaces": {"e1":
                {"subnet": "s", "private_ip": "10.0.0.1", "groups": ["closed"]}}},
            "i-shop": {"state": "running", "vpc": "v", "interfaces": {"e2":
                {"subnet": "s", "private_ip": "10.0.0.2", "groups": ["sg"], "address": {"allocation": "a", "public_ip": "192.0.2.1"}}}}
        },
        "target_groups": {"arn:tg": {"name": "web", "targets": {"i-web": 443, "i-shop": 443}}},
        "auto_scaling_groups": {"web": {"instances": ["i-web", "i-shop"], "desired_capacity": 2}},
        "buckets": {"ledger": {"tags": {"asoc:tier": "crown-jewel"}},
                    "open": {"policy": {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                                                       "Resource": "arn:aws:s3:::open/*"}]}}},
        "secrets": {"arn:secret:db": {"name": "db"}}
    }))
}

fn block(network_acl: &str) -> Action {
    Action::BlockIp { cidr: format!("{ATTACKER}/32").parse().unwrap(), network_acl: network_acl.to_owned() }
}

fn every_action() -> Vec<Action> {
    vec![
        Action::SnapshotVolumes { instance: "i-web".to_owned() },
        Action::RevokeIamUser { user: "ci".to_owned() },
        Action::RevokeRoleSessions { role: "web".to_owned() },
        Action::RevokeRoleSessions { role: "deploy".to_owned() },
        block("acl"),
        block("other"),
        Action::BlockPublicAccess { bucket: "open".to_owned() },
    ]
}

/// The user `ci` and a session of `web` are stolen.
fn theft(account: &Inventory, actions: Vec<Action>) -> Incident {
    let mut incident = incident(vec![user("ci"), session("web", "app")]);
    incident.origins = vec![ATTACKER.to_owned()];
    planned(incident, account, actions)
}

fn recommended(incident: &Incident, found: &[Counterfactual]) -> Vec<String> {
    let actions = &incident.plan.as_ref().unwrap().actions;
    let chosen = actions.iter().zip(found).filter(|(_, c)| c.recommended);
    chosen.map(|(a, _)| format!("{} {}", a.action.kind(), a.target.name)).collect()
}

#[test]
fn the_smallest_cut_is_recommended() {
    let account = shop();
    let incident = theft(&account, every_action());
    let (graph, extent) = preview(evidence(&account, incident.clone(), vec![]));
    // deploy, ledger; db; i-shop; open
    assert_eq!((extent.reachable, extent.crown_jewels), (5, 2));
    assert_eq!(
        recommended(&incident, &graph.counterfactuals),
        ["revoke_iam_user ci", "revoke_role_sessions web", "block_ip acl", "block_public_access open"],
        "not the snapshot, not sessions that nobody has, not an ACL where nothing is open"
    );
    let after: Vec<_> =
        graph.counterfactuals.iter().map(|c| (c.reachable_before, c.reachable_after)).collect();
    assert_eq!(
        after,
        [(5, 5), (5, 3), (5, 4), (5, 5), (5, 4), (5, 5), (5, 5)],
        "web and deploy may read the open bucket anyway"
    );
    assert_eq!(graph.counterfactuals[1].protects, ["arn:aws:s3:::ledger"]);
    assert_eq!(graph.counterfactuals[2].protects, ["arn:secret:db"]);
}

#[test]
fn a_session_that_was_got_outlives_the_way_to_it() {
    let account = shop();
    let actions = vec![
        Action::RevokeIamUser { user: "ci".to_owned() },
        Action::RevokeRoleSessions { role: "deploy".to_owned() },
    ];
    let mut incident = incident(vec![user("ci")]);
    incident.origins = vec![ATTACKER.to_owned()];
    let incident = planned(incident, &account, actions);
    let mut assumed = event("e1", at(1), "sts:AssumeRole", &user("ci"), ATTACKER);
    assumed.resources = vec![thing(ResourceKind::Role, &arn("role", "deploy"))];
    let (graph, _) = preview(evidence(&account, incident.clone(), vec![assumed]));
    let ledger: Vec<_> = graph.counterfactuals.iter().map(|c| c.protects.len()).collect();
    assert_eq!(
        ledger,
        [0, 0],
        "the session keeps its reach, and ci could assume the role again: it takes both"
    );
    assert_eq!(recommended(&incident, &graph.counterfactuals).len(), 2);
}

/// A key that was made for somebody else is a hold of its own: it takes the one who made it, and the key.
#[test]
fn a_key_that_was_made_outlives_the_way_to_it() {
    let mut account = shop();
    let making = json!({"inline_policies": {"p": allow(json!("iam:CreateAccessKey"), "*")}});
    account.users.insert("pipeline".to_owned(), serde_json::from_value(making).unwrap());
    let key = json!({"AKIAMADE": {"status": "Active"}});
    account.users.get_mut("ci").unwrap().access_keys = serde_json::from_value(key).unwrap();
    let actions = vec![
        Action::RevokeIamUser { user: "pipeline".to_owned() },
        Action::DeactivateAccessKey { user: "ci".to_owned(), access_key: "AKIAMADE".to_owned() },
    ];
    let mut incident = incident(vec![user("pipeline")]);
    incident.origins = vec![ATTACKER.to_owned()];
    let incident = planned(incident, &account, actions);
    let mut made = event("e1", at(1), "iam:CreateAccessKey", &user("pipeline"), ATTACKER);
    made.raw = json!({"requestParameters": {"userName": "ci"},
                      "responseElements": {"accessKey": {"accessKeyId": "AKIAMADE"}}});
    let ci = domain::Principal { access_key: Some("AKIAMADE".to_owned()), ..user("ci") };
    let used = event("e2", at(2), "s3:ListBuckets", &ci, ATTACKER);
    for history in [vec![made.clone()], vec![made, used]] {
        let (graph, _) = preview(evidence(&account, incident.clone(), history));
        assert!(graph.counterfactuals.iter().all(|c| c.protects.is_empty()), "neither is enough by itself");
        assert_eq!(recommended(&incident, &graph.counterfactuals).len(), 2);
        assert_eq!(graph.reachable_after_plan, Some(2), "only what is open to everybody");
    }
}

#[test]
fn an_instance_gets_its_role_again() {
    let account = shop();
    let actions = vec![
        Action::RevokeRoleSessions { role: "web".to_owned() },
        Action::IsolateInstance { instance: "i-web".to_owned() },
    ];
    // The session is named after the instance: its credentials were taken from there.
    let incident = planned(incident(vec![session("web", "i-web")]), &account, actions);
    let (graph, _) = preview(evidence(&account, incident.clone(), vec![]));
    assert!(graph.nodes.iter().any(|n| n.resource.name == "i-web" && n.distance == 0));
    assert_eq!(graph.counterfactuals[0].protects.len(), 0, "the instance fetches new credentials");
    assert_eq!(recommended(&incident, &graph.counterfactuals).len(), 2);
}

/// What the actions are said to change is what is found in an account where they were applied.
#[test]
fn counterfactuals_agree_with_an_account_that_was_changed() {
    let before = shop();
    let mut isolated_too = every_action();
    isolated_too.push(Action::IsolateInstance { instance: "i-web".to_owned() });
    let incident = |account: &Inventory| {
        let mut incident = theft(account, isolated_too.clone());
        incident.resources = vec![thing(ResourceKind::Instance, "i-web")];
        incident
    };
    let (graph, _) = preview(evidence(&before, incident(&before), vec![]));
    for (action, foretold) in isolated_too.iter().zip(&graph.counterfactuals) {
        let mut after = before.clone();
        apply(action, &mut after);
        let (_, extent) = preview(evidence(&after, incident(&after), vec![]));
        assert_eq!(extent.reachable, foretold.reachable_after, "{}", action.describe());
    }
}

fn apply(action: &Action, account: &mut Inventory) {
    match action {
        Action::RevokeIamUser { user } => {
            let user = account.users.get_mut(user).unwrap();
            user.attached_policies.push("arn:aws:iam::aws:policy/AWSDenyAll".to_owned());
        }
        Action::DeactivateAccessKey { user, access_key } => {
            account.users.get_mut(user).unwrap().access_keys.get_mut(access_key).unwrap().status =
                KeyStatus::Inactive;
        }
        Action::RevokeRoleSessions { role } => {
            let deny = json!({"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*",
                "Condition": {"DateLessThan": {"aws:TokenIssueTime": at(60).to_string()}}}]});
            account
                .roles
                .get_mut(role)
                .unwrap()
                .inline_policies
                .insert("AWSRevokeOlderSessions".to_owned(), deny);
        }
        Action::BlockIp { cidr, network_acl } => {
            let entry =
                json!({"rule_number": 1, "egress": false, "allow": false, "protocol": "-1", "cidr": cidr});
            let acl = account.network_acls.get_mut(network_acl).unwrap();
            acl.entries.push(serde_json::from_value(entry).unwrap());
        }
        Action::IsolateInstance { instance } => {
            let instance = account.instances.get_mut(instance).unwrap();
            instance.instance_profile = None;
            for interface in instance.interfaces.values_mut() {
                interface.groups.clear();
                interface.address = None;
            }
        }
        Action::BlockPublicAccess { bucket } => {
            account.buckets.get_mut(bucket).unwrap().public_access_block = Some(PublicAccessBlock::ALL);
        }
        Action::SnapshotVolumes { .. } | Action::RestartTrail { .. } => {}
    }
}

fn breaks(account: &Inventory, action: Action, history: Vec<Event>) -> Vec<String> {
    let incident = theft(account, vec![action]);
    let (graph, _) = preview(evidence(account, incident, history));
    let breaks = &graph.counterfactuals[0].breaks;
    breaks.iter().map(|b| format!("{}: {}", b.what, b.evidence)).collect()
}

#[test]
fn what_would_break_is_known_from_use() {
    let mut account = shop();
    let own = json!({"AKIAOWN": {"status": "Active"}});
    account.users.get_mut("ci").unwrap().access_keys = serde_json::from_value(own).unwrap();
    let ci = user("ci");
    let by_key = domain::Principal { access_key: Some("AKIAOWN".to_owned()), ..user("ci") };
    let history: Vec<_> = (0..3)
        .map(|n| event(&format!("own{n}"), at(-3000 - n), "s3:PutObject", &ci, "192.0.2.50"))
        .chain((0..2).map(|n| event(&format!("now{n}"), at(n), "s3:PutObject", &ci, "192.0.2.50")))
        .chain([
            event("by key", at(-3000), "sns:Publish", &by_key, "192.0.2.50"),
            event("theirs", at(3), "s3:PutObject", &ci, ATTACKER),
            event("inside", at(4), "sqs:SendMessage", &session("web", "i-web"), "10.0.0.1"),
            event("old", at(-60 * 24 * 9), "sqs:SendMessage", &ci, "192.0.2.50"),
            event("neighbour", at(-3000), "ec2:DescribeInstances", &user("ann"), ATTACKER),
        ])
        .collect();
    let cases = [
        (
            Action::RevokeIamUser { user: "ci".to_owned() },
            vec![
                "ci: 5 calls to s3.amazonaws.com from 192.0.2.50 in 7 days",
                "ci: 1 call to sns.amazonaws.com from 192.0.2.50 in 7 days",
            ],
        ),
        (
            Action::RevokeRoleSessions { role: "web".to_owned() },
            vec![
                "web/i-web: 1 call to sqs.amazonaws.com from 10.0.0.1 in 7 days",
                "i-web: has this role through its instance profile; denied until it fetches new credentials",
            ],
        ),
        (
            Action::IsolateInstance { instance: "i-web".to_owned() },
            vec![
                "web/i-web: 1 call to sqs.amazonaws.com from 10.0.0.1 in 7 days",
                "target group web: 1 of 2 targets left",
                "auto scaling group web: 1 of 2 wanted instances left until a replacement has started",
            ],
        ),
        (
            Action::DeactivateAccessKey { user: "ci".to_owned(), access_key: "AKIAOWN".to_owned() },
            vec!["ci: 1 call to sns.amazonaws.com from 192.0.2.50 in 7 days"],
        ),
        (block("acl"), vec!["ann: 1 call to ec2.amazonaws.com from 198.51.100.7 in 7 days"]),
        (Action::SnapshotVolumes { instance: "i-web".to_owned() }, vec![]),
    ];
    for (action, expected) in cases {
        let name = action.describe();
        assert_eq!(breaks(&account, action, history.clone()), expected, "{name}");
    }
}

#[test]
fn a_key_in_use_counts_where_no_event_shows_it() {
    let mut account = shop();
    let key = json!({"status": "Active", "last_used": at(-10)});
    account
        .users
        .get_mut("ci")
        .unwrap()
        .access_keys
        .insert("AKIAEXAMPLE".to_owned(), serde_json::from_value(key).unwrap());
    let found = breaks(&account, Action::RevokeIamUser { user: "ci".to_owned() }, vec![]);
    assert_eq!(
        found,
        ["access key AKIAEXAMPLE: in use by GetAccessKeyLastUsed; the history does not show by whom"]
    );
}

/// The drill account: a leaked key that may attach policies to its own user is as good as an administrator.
#[test]
fn revoking_the_leaked_key_of_the_bookshop_protects_its_orders() {
    let account = sandbox::default_account().unwrap();
    let mut leaked = user("ci-deploy");
    leaked.arn = account.users["ci-deploy"].arn.clone();
    let actions = vec![Action::RevokeIamUser { user: "ci-deploy".to_owned() }];
    let incident = planned(incident(vec![leaked]), &account, actions);
    let (graph, _) = preview(evidence(&account, incident, vec![]));
    assert!(has_edge(&graph, "user/ci-deploy", "role/deploy", "sts:AssumeRole"));
    assert!(has_edge(&graph, "user/ci-deploy", "policy/AdministratorAccess", "iam:AttachUserPolicy"));
    let revoked = &graph.counterfactuals[0];
    assert_eq!((revoked.reachable_after, revoked.recommended), (0, true));
    assert!(
        revoked.protects.contains(&"arn:aws:s3:::lumen-books-orders".to_owned()),
        "{:?}",
        revoked.protects
    );
}
