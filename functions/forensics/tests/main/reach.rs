//! What leads to what.

use domain::{Inventory, ResourceKind, graph::Standing};
use serde_json::{Value, json};

use crate::given::*;

const OWN: &str = "arn:aws:iam::444455556666:policy/own";
const ADMINISTRATOR: &str = ":policy/AdministratorAccess";

/// An account with one of everything. Neither `eve` nor the role `worker` may do anything but what `power` says.
fn with_power(power: Value) -> Inventory {
    account(json!({
        "policies": {OWN: {"Statement": []}},
        "users": {
            "eve": {"inline_policies": {"p": power}, "attached_policies": [OWN], "groups": ["team"]},
            "bob": {"attached_policies": ["arn:aws:iam::aws:policy/AdministratorAccess"], "login_profile": true},
            "robot": {}
        },
        "groups": {"team": {}, "auditors": {"inline_policies": {"a": allow(json!("s3:GetObject"), "arn:aws:s3:::ledger/*")}}},
        "roles": {
            "worker": {"inline_policies": {"p": power}, "trust": trust(json!({"Service": "ec2.amazonaws.com"}))},
            "open": {"trust": trust(json!({"AWS": ACCOUNT}))},
            "machine": {"trust": trust(json!({"Service": "ec2.amazonaws.com"}))},
            "function": {"trust": trust(json!({"Service": "lambda.amazonaws.com"}))},
            "sealed": {"trust": trust(json!({"AWS": "999900001111"}))},
            "AWSServiceRoleForX": {"path": "/aws-service-role/x/", "trust": trust(json!({"Service": "x.amazonaws.com"}))}
        },
        "instance_profiles": {"machine": {"arn": "arn:machine-profile", "role": "machine"}},
        "instances": {"i-1": {"state": "running", "instance_profile": "arn:machine-profile"},
                      "i-2": {"state": "stopped"}},
        "buckets": {"ledger": {"tags": {"asoc:tier": "crown-jewel"}}, "attic": {}},
        "secrets": {"arn:aws:secretsmanager:eu-west-1:444455556666:secret:db-AbCdEf": {"name": "db"}}
    }))
}

#[test]
fn each_escalation_is_found_and_only_by_its_right() {
    let user_cases: &[(Value, &str, &str)] = &[
        (json!("sts:AssumeRole"), "role/open", "sts:AssumeRole"),
        (json!("iam:CreateAccessKey"), "user/bob", "iam:CreateAccessKey"),
        (json!("iam:CreateLoginProfile"), "user/robot", "iam:CreateLoginProfile"),
        (json!("iam:UpdateLoginProfile"), "user/bob", "iam:UpdateLoginProfile"),
        (json!("iam:AttachUserPolicy"), ADMINISTRATOR, "iam:AttachUserPolicy"),
        (json!("iam:PutUserPolicy"), ADMINISTRATOR, "iam:PutUserPolicy"),
        (json!("iam:AttachGroupPolicy"), ADMINISTRATOR, "iam:AttachGroupPolicy"),
        (json!("iam:PutGroupPolicy"), ADMINISTRATOR, "iam:PutGroupPolicy"),
        (json!("iam:AddUserToGroup"), "group/auditors", "iam:AddUserToGroup"),
        (json!("iam:CreatePolicyVersion"), ADMINISTRATOR, "iam:CreatePolicyVersion"),
        (json!("iam:SetDefaultPolicyVersion"), ADMINISTRATOR, "iam:SetDefaultPolicyVersion"),
        (json!(["sts:AssumeRole", "iam:AttachRolePolicy"]), ADMINISTRATOR, "iam:AttachRolePolicy"),
        (json!(["sts:AssumeRole", "iam:PutRolePolicy"]), ADMINISTRATOR, "iam:PutRolePolicy"),
        (json!("iam:UpdateAssumeRolePolicy"), "role/sealed", "iam:UpdateAssumeRolePolicy"),
        (json!(["iam:PassRole", "ec2:RunInstances"]), "role/machine", "iam:PassRole + ec2:RunInstances"),
        (
            json!(["iam:PassRole", "lambda:CreateFunction"]),
            "role/function",
            "iam:PassRole + lambda:CreateFunction",
        ),
        (json!("ssm:SendCommand"), "instance/i-1", "ssm:SendCommand"),
        (json!("ssm:StartSession"), "instance/i-1", "ssm:StartSession"),
        (
            json!("ec2-instance-connect:SendSSHPublicKey"),
            "instance/i-1",
            "ec2-instance-connect:SendSSHPublicKey",
        ),
        (json!("s3:GetObject"), ":::ledger", "s3:GetObject"),
        (json!("secretsmanager:GetSecretValue"), ":secret:db-AbCdEf", "secretsmanager:GetSecretValue"),
    ];
    for (actions, to, means) in user_cases {
        let eve = || incident(vec![user("eve")]);
        let (graph, _) = preview(evidence(&with_power(allow(actions.clone(), "*")), eve(), vec![]));
        assert!(has_edge(&graph, "user/eve", to, means), "{actions}: {:#?}", graph.edges);
        assert!(graph.edges.iter().all(|e| !e.observed), "{actions}: nothing was observed");

        let one_less: Vec<_> = match actions {
            Value::Array(several) => several.iter().skip(1).cloned().collect(),
            _ => Vec::new(),
        };
        let (graph, _) = preview(evidence(&with_power(allow(one_less.into(), "*")), eve(), vec![]));
        assert!(!has_edge(&graph, "user/eve", to, means), "{actions}: not without it");
    }

    for action in ["iam:AttachRolePolicy", "iam:PutRolePolicy"] {
        let worker = incident(vec![session("worker", "s")]);
        let (graph, _) =
            preview(evidence(&with_power(allow(json!(action), &arn("role", "worker"))), worker, vec![]));
        assert!(has_edge(&graph, "role/worker", ADMINISTRATOR, action));
    }
}

#[test]
fn without_rights_nothing_is_reached() {
    let (graph, extent) =
        preview(evidence(&with_power(json!({"Statement": []})), incident(vec![user("eve")]), vec![]));
    assert_eq!((extent.reachable, extent.crown_jewels), (0, 0));
    assert_eq!(graph.nodes.len(), 1);
    assert_eq!(graph.nodes[0].standing, Standing::Compromised);
}

#[test]
fn an_administrator_reaches_everything_that_can_be_had() {
    let (graph, extent) =
        preview(evidence(&with_power(allow(json!("*"), "*")), incident(vec![user("eve")]), vec![]));
    for id in ["user/bob", "role/sealed", ":::attic", ":secret:db-AbCdEf", "instance/i-1", ADMINISTRATOR] {
        assert!(reaches(&graph, id), "{id}");
    }
    assert!(!reaches(&graph, "role/AWSServiceRoleForX"), "a service's own role cannot be assumed");
    assert!(!reaches(&graph, "instance/i-2"), "a stopped instance runs no commands");
    // The administrator's rights, bob, worker (eve's own rights again), the secret and the ledger.
    assert_eq!(extent.crown_jewels, 5);
    assert_eq!(graph.totals["secrets"], 1);
    assert_eq!(graph.crown_jewels(), 5);
    assert_eq!(graph.totals.values().sum::<u32>(), extent.reachable, "each thing is counted once");
}

#[test]
fn reach_chains_and_counts_the_shortest_way() {
    let account = account(json!({
        "users": {"eve": {"inline_policies": {"p": allow(json!("sts:AssumeRole"), &arn("role", "one"))}}},
        "roles": {
            "one": {"trust": trust(json!({"AWS": ACCOUNT})), "inline_policies": {"p": allow(json!("sts:AssumeRole"), "*")}},
            "two": {"trust": trust(json!({"AWS": arn("role", "one")})),
                    "inline_policies": {"p": allow(json!("s3:Get*"), "arn:aws:s3:::ledger/*")}},
            "three": {"trust": trust(json!({"AWS": arn("user", "bob")}))}
        },
        "buckets": {"ledger": {}, "attic": {}}
    }));
    let (graph, extent) = preview(evidence(&account, incident(vec![user("eve")]), vec![]));
    let distances: Vec<_> = graph.nodes.iter().map(|n| (n.resource.name.as_str(), n.distance)).collect();
    assert_eq!(distances, [("one", 1), ("two", 2), ("eve", 0), ("ledger", 3)]);
    assert_eq!(extent.reachable, 3);
}

#[test]
fn a_condition_is_marked() {
    let mut account = with_power(json!({"Statement": []}));
    account.roles.get_mut("open").unwrap().trust = json!({"Statement": [{
        "Effect": "Allow", "Principal": {"AWS": arn("user", "eve")}, "Action": "sts:AssumeRole",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]});
    let (graph, _) = preview(evidence(&account, incident(vec![user("eve")]), vec![]));
    let edge = graph.edges.iter().find(|e| e.means == "sts:AssumeRole").unwrap();
    assert_eq!(edge.because, "trust policy, statement 1 (if its conditions hold)");
}

/// `web` is public on 443 and may talk to `db` on 5432; `bastion` may talk to nobody; `far` is in another VPC.
fn network() -> Inventory {
    let interface = |ip: &str, group: &str, public: bool| {
        let address = public.then(|| json!({"allocation": "a", "public_ip": "192.0.2.10"}));
        json!({"e": {"subnet": "s", "private_ip": ip, "groups": [group], "address": address}})
    };
    let rule = |from: u16, to: u16, peer: &str| json!({"protocol": "tcp", "from_port": from, "to_port": to, "peer": peer});
    let out = json!([{"protocol": "-1", "from_port": 0, "to_port": 0, "peer": "0.0.0.0/0"}]);
    account(json!({
        "subnets": {"s": {"vpc": "v", "public": true, "network_acl": "acl"}},
        "network_acls": {"acl": {"vpc": "v", "entries": [
            {"rule_number": 100, "egress": false, "allow": true, "protocol": "-1", "cidr": "0.0.0.0/0"}]}},
        "security_groups": {
            "sg-web": {"ingress": [rule(443, 443, "0.0.0.0/0")], "egress": out},
            "sg-db": {"ingress": [rule(5432, 5432, "sg-web"), rule(22, 22, "10.0.9.0/24")], "egress": out},
            "sg-bastion": {"ingress": [rule(22, 22, "198.51.100.0/24")], "egress": []}
        },
        "instances": {
            "i-web": {"state": "running", "vpc": "v", "interfaces": interface("10.0.0.1", "sg-web", true)},
            "i-db": {"state": "running", "vpc": "v", "interfaces": interface("10.0.0.2", "sg-db", false),
                     "tags": {"asoc:tier": "crown-jewel"}, "instance_profile": "arn:p"},
            "i-bastion": {"state": "running", "vpc": "v", "interfaces": interface("10.0.9.3", "sg-bastion", true)},
            "i-far": {"state": "running", "vpc": "w", "interfaces": interface("10.0.0.4", "sg-web", false)}
        },
        "instance_profiles": {"p": {"arn": "arn:p", "role": "db"}},
        "roles": {"db": {}}
    }))
}

#[test]
fn security_groups_on_both_sides_decide_who_can_be_talked_to() {
    let from = |id: &str| {
        let mut incident = incident(vec![]);
        incident.resources = vec![thing(ResourceKind::Instance, id)];
        preview(evidence(&network(), incident, vec![])).0
    };
    let graph = from("i-web");
    assert!(has_edge(&graph, "i-web", "i-db", "network tcp/5432"));
    assert_eq!(graph.edges.len(), 1, "{:#?}", graph.edges);
    assert!(!reaches(&graph, "role/db"), "to talk to an instance is not to run code on it");
    assert_eq!(from("i-bastion").edges.len(), 0, "no egress rule lets it out");
    assert!(reaches(&from("i-db"), "role/db"), "code on an instance has its role");
}

#[test]
fn an_address_reaches_what_is_public() {
    let mut incident = incident(vec![]);
    incident.origins = vec![ATTACKER.to_owned(), "cloudformation.amazonaws.com".to_owned()];
    let mut account = network();
    account.buckets.insert("open".to_owned(), serde_json::from_value(json!({"policy": {"Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::open/*"}]}})).unwrap());
    let (graph, _) = preview(evidence(&account, incident.clone(), vec![]));
    assert!(has_edge(&graph, ATTACKER, "i-web", "network tcp/443"));
    assert!(has_edge(&graph, ATTACKER, "i-bastion", "network tcp/22"));
    assert!(has_edge(&graph, ATTACKER, ":::open", "s3:GetObject"));
    assert_eq!(
        graph.nodes.iter().filter(|n| n.distance == 0).count(),
        1,
        "a service is no attacker's address"
    );

    let block = json!({"rule_number": 1, "egress": false, "allow": false, "protocol": "-1", "cidr": format!("{ATTACKER}/32")});
    account.network_acls.get_mut("acl").unwrap().entries.push(serde_json::from_value(block).unwrap());
    let (graph, _) = preview(evidence(&account, incident, vec![]));
    assert!(!reaches(&graph, "i-web"), "a network ACL denies it by its lowest entry");
}

#[test]
fn acts_are_marked_as_observed_and_what_was_got_stays() {
    let eve = user("eve");
    let mut created = event("e1", at(1), "iam:CreateAccessKey", &eve, ATTACKER);
    created.resources = vec![thing(ResourceKind::User, &arn("user", "robot"))];
    let mut tagged = event("e2", at(2), "iam:TagUser", &eve, ATTACKER);
    tagged.resources = vec![thing(ResourceKind::User, &arn("user", "bob"))];
    let mut stopped = event("e3", at(3), "cloudtrail:StopLogging", &eve, ATTACKER);
    stopped.resources = vec![thing(ResourceKind::Trail, "arn:aws:cloudtrail:eu-west-1:444455556666:trail/t")];
    let mut incident = incident(vec![eve]);
    incident.origins = vec![ATTACKER.to_owned()];

    let account = with_power(allow(json!("iam:CreateAccessKey"), &arn("user", "robot")));
    let (graph, _) = preview(evidence(&account, incident, vec![created, tagged, stopped]));
    let edge = graph.edges.iter().find(|e| e.means == "iam:CreateAccessKey").unwrap();
    assert!(
        edge.observed && edge.because == "inline policy p, statement 1; event e1 at 1 Mar 2026, 12:01:00 UTC"
    );
    let standing = |name: &str| graph.nodes.iter().find(|n| n.resource.name == name).map(|n| n.standing);
    assert_eq!(standing("robot"), Some(Standing::Touched));
    assert_eq!(standing("t"), Some(Standing::Touched));
    assert_eq!(standing("bob"), Some(Standing::Touched));
    assert!(!reaches(&graph, ADMINISTRATOR), "having tagged an administrator is not being one");
    assert!(has_edge(&graph, ATTACKER, "user/eve", "calls"));
}

#[test]
fn a_large_account_is_drawn_in_part_and_counted_in_full() {
    let mut account = with_power(allow(json!("*"), "*"));
    for n in 0..900 {
        account.buckets.insert(format!("bucket-{n:03}"), Default::default());
    }
    account.buckets.insert(
        "zz-jewel".to_owned(),
        serde_json::from_value(json!({"tags": {"asoc:tier": "crown-jewel"}})).unwrap(),
    );
    let (graph, extent) = preview(evidence(&account, incident(vec![user("eve")]), vec![]));
    assert!(extent.reachable > 900 && graph.totals["buckets"] == 903);
    assert_eq!(graph.nodes.len(), 200);
    assert!(reaches(&graph, ":::zz-jewel") && reaches(&graph, "user/eve"), "crown jewels are always drawn");
    assert!(graph.blind_spots.iter().any(|b| b.contains("not drawn")), "{:?}", graph.blind_spots);
}

#[test]
fn what_cannot_be_seen_is_said() {
    let mut account = with_power(json!("not a policy"));
    account
        .users
        .get_mut("eve")
        .unwrap()
        .attached_policies
        .push("arn:aws:iam::aws:policy/Unheard".to_owned());
    let mut stranger = user("stranger");
    stranger.arn = "arn:aws:iam::999900001111:user/stranger".to_owned();
    let (graph, _) = preview(evidence(&account, incident(vec![user("eve"), stranger]), vec![]));
    for part in [
        "policy/Unheard",
        "999900001111:user/stranger",
        "inline policy p cannot be read",
        "Permissions boundaries",
    ] {
        assert!(graph.blind_spots.iter().any(|b| b.contains(part)), "{part}: {:?}", graph.blind_spots);
    }
}

#[test]
fn an_account_that_is_too_dense_is_cut_and_says_so() {
    let mut account = with_power(allow(json!("sts:AssumeRole"), "*"));
    let role = json!({"trust": trust(json!({"AWS": ACCOUNT})), "inline_policies": {"p": allow(json!("sts:AssumeRole"), "*")}});
    for n in 0..300 {
        let mut role: domain::account::Role = serde_json::from_value(role.clone()).unwrap();
        role.arn = arn("role", &format!("r{n:03}"));
        account.roles.insert(format!("r{n:03}"), role);
    }
    let (graph, extent) = preview(evidence(&account, incident(vec![user("eve")]), vec![]));
    assert!(extent.reachable >= 300 && graph.edges.len() <= 600);
    assert!(graph.blind_spots.iter().any(|b| b.contains("counts are too low")), "{:?}", graph.blind_spots);
}
