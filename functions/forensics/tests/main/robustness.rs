//! The order of what is read does not matter, and no text does harm.

use domain::{Digest, Event, Incident, Inventory, ResourceKind};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::given::*;

fn shop() -> Inventory {
    account(json!({
        "users": {"eve": {"groups": ["a", "b"]}, "bob": {}},
        "groups": {"a": {"inline_policies": {"p": allow(json!("sts:AssumeRole"), "*")}},
                   "b": {"inline_policies": {"p": allow(json!("iam:CreateAccessKey"), "*")}}},
        "roles": {"open": {"trust": trust(json!({"AWS": ACCOUNT})), "inline_policies": {"p": allow(json!("s3:*"), "*")}}},
        "buckets": {"ledger": {}}
    }))
}

fn theft() -> Incident {
    let mut incident = incident(vec![user("eve"), session("open", "x"), user("bob")]);
    incident.origins = vec![ATTACKER.to_owned(), "198.51.100.8".to_owned()];
    incident.resources =
        vec![thing(ResourceKind::Bucket, "arn:aws:s3:::ledger"), thing(ResourceKind::Instance, "i-1")];
    incident
}

fn history() -> Vec<Event> {
    let steps = ["sts:AssumeRole", "iam:CreateAccessKey", "s3:GetObject", "iam:TagUser", "s3:PutObject"];
    let actors = [user("eve"), session("open", "x"), user("bob")];
    let mut all = Vec::new();
    for (n, step) in steps.iter().cycle().take(12).enumerate() {
        let origin = if n % 3 == 0 { ATTACKER } else { "192.0.2.50" };
        // Some share a time, so that only their ids order them.
        let mut event =
            event(&format!("e{n}"), at(i64::try_from(n / 3).unwrap()), step, &actors[n % 3], origin);
        event.resources = vec![
            thing(ResourceKind::Role, &arn("role", "open")),
            thing(ResourceKind::User, &arn("user", "bob")),
            thing(ResourceKind::Bucket, "arn:aws:s3:::ledger"),
        ];
        all.push(event);
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn order_does_not_matter(
        history in Just(history()).prop_shuffle(),
        principals in Just(theft().principals).prop_shuffle(),
        origins in Just(theft().origins).prop_shuffle(),
        resources in Just(theft().resources).prop_shuffle(),
        groups in Just(vec!["a".to_owned(), "b".to_owned()]).prop_shuffle(),
    ) {
        let (expected, _) = preview(evidence(&shop(), theft(), crate::robustness::history()));
        let mut account = shop();
        account.users.get_mut("eve").unwrap().groups = groups;
        let incident = Incident { principals, origins, resources, ..theft() };
        let (found, _) = preview(evidence(&account, incident, history));
        prop_assert_eq!(Digest::of_json(&expected), Digest::of_json(&found));
    }

    #[test]
    fn hostile_text_does_no_harm(text in "\\PC{0,40}|[*?${}:/]{0,400}", deep in any::<u8>()) {
        let long = text.repeat(usize::from(deep) * 4 + 1);
        let raw = json!({"requestParameters": {"roleArn": long, "userName": long, "roleSessionName": long},
                         "responseElements": {"credentials": {"accessKeyId": long, "expiration": long}}});
        let mut account = shop();
        account.roles.insert(long.clone(), serde_json::from_value(json!({"arn": long, "trust": long, "path": long})).unwrap());
        account.users.get_mut("eve").unwrap().inline_policies.insert(long.clone(), allow(json!([long, "*"]), &long));
        account.buckets.insert(long.clone(), serde_json::from_value(json!({"policy": allow(json!(long), &long)})).unwrap());
        let mut incident = theft();
        incident.origins.push(long.clone());
        incident.principals.push(domain::Principal { arn: long.clone(), session: Some(long.clone()), ..session("open", "y") });
        let history = history().into_iter().map(|mut e| {
            e.raw = raw.clone();
            e.operation.push_str(&long);
            e.service = long.clone();
            e.resources.push(thing(ResourceKind::Other, &long));
            e
        });
        let (graph, _) = preview(evidence(&account, incident, history.collect()));
        let fields = graph.nodes.iter().flat_map(|n| [&n.id, &n.resource.name])
            .chain(graph.edges.iter().flat_map(|e| [&e.means, &e.because]))
            .chain(graph.path.iter().flat_map(|s| s.targets.iter().chain([&s.operation, &s.actor])))
            .chain(&graph.blind_spots);
        for field in fields {
            prop_assert!(field.chars().count() <= 620, "{} characters", field.chars().count());
            prop_assert!(!field.chars().any(char::is_control));
        }
    }

    #[test]
    fn odd_policies_do_no_harm(odd in prop_oneof![
        Just(Value::Null), Just(json!([])), Just(json!({"Statement": {}})), Just(json!({"Statement": [1, "x", {}]})),
        Just(json!({"Statement": {"Effect": "Allow", "Action": {}, "Resource": 4}})), ".{0,30}".prop_map(Value::from),
    ]) {
        let mut account = shop();
        let eve = account.users.get_mut("eve").unwrap();
        eve.inline_policies.insert("odd".to_owned(), odd.clone());
        eve.attached_policies.push("odd".to_owned());
        account.policies.insert("odd".to_owned(), odd.clone());
        account.roles.get_mut("open").unwrap().trust = odd.clone();
        account.buckets.get_mut("ledger").unwrap().policy = Some(odd);
        preview(evidence(&account, theft(), history()));
    }
}
