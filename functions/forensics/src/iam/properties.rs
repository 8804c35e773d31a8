//! What holds for any policy: nothing odd does harm, a blanket deny wins, and another evaluator agrees.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    tests::{BUCKET, ROLE, eve, statement, user_with},
    *,
};

fn any_json() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just("Allow"),
        Just("Deny"),
        Just("*"),
        Just("${aws:username}"),
        Just("${"),
        Just("s3:*"),
        Just("x")
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word.prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    let key = prop_oneof![
        Just("Statement"),
        Just("Effect"),
        Just("Action"),
        Just("NotAction"),
        Just("Resource"),
        Just("NotResource"),
        Just("Principal"),
        Just("AWS"),
        Just("Condition"),
        Just("DateLessThan"),
        Just("aws:TokenIssueTime"),
        Just("Sid")
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6).prop_map(|m| m
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v))
                .collect::<serde_json::Map<_, _>>()
                .into()),
        ]
    })
}

proptest! {
    #[test]
    fn odd_documents_are_read_without_harm(document in any_json()) {
        let identity = Identity::user(&user_with(document.clone()), "eve").unwrap();
        identity.allows("s3:GetObject", BUCKET);
        identity.administrator();
        let caller = Caller { account: "444455556666", arn: "arn", id: "" };
        trusts(&Document::read(&document, None), caller);
    }

    #[test]
    fn a_blanket_deny_always_wins(document in any_json()) {
        let statements = json!([document, statement("Deny", json!("*"), json!("*"))]);
        prop_assert_eq!(eve(statements).allows("s3:GetObject", BUCKET), None);
    }
}

fn plain_statement() -> impl Strategy<Value = Value> {
    let actions =
        ["*", "s3:*", "s3:GetObject", "s3:Get*", "iam:*", "sts:AssumeRole", "s?:GetObject", "S3:getobject"];
    let resources = [
        "*",
        "arn:aws:s3:::logs/*",
        "arn:aws:s3:::logs/a",
        "arn:aws:s3:::*",
        "arn:aws:s3:::l?gs/a",
        BUCKET,
        ROLE,
        "arn:aws:iam::444455556666:role/*",
    ];
    let some = |from: &'static [&'static str]| prop::sample::subsequence(from, 1..3);
    let actions: &'static [&'static str] = Box::leak(Box::new(actions));
    let resources: &'static [&'static str] = Box::leak(Box::new(resources));
    (any::<[bool; 3]>(), some(actions), some(resources)).prop_map(
        |([allow, not_action, not_resource], a, r)| {
            json!({"Effect": if allow { "Allow" } else { "Deny" },
               if not_action { "NotAction" } else { "Action" }: a,
               if not_resource { "NotResource" } else { "Resource" }: r})
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// On plain requests without conditions, another implementation says the same.
    #[test]
    fn another_evaluator_agrees(
        statements in prop::collection::vec(plain_statement(), 0..4),
        action in prop::sample::select(vec!["s3:GetObject", "s3:PutObject", "sts:AssumeRole", "iam:PassRole"]),
        resource in prop::sample::select(vec!["arn:aws:s3:::logs/a", "arn:aws:s3:::other/b", ROLE]),
    ) {
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        let principal = iam_rs::Principal::Aws(iam_rs::PrincipalId::String("arn:aws:iam::444455556666:user/eve".to_owned()));
        let request = iam_rs::IAMRequest::new(principal, action, iam_rs::Arn::parse(resource).unwrap());
        let policy = iam_rs::IAMPolicy::from_json(&document.to_string()).unwrap();
        let theirs = iam_rs::evaluate_policy(&policy, &request).unwrap() == iam_rs::Decision::Allow;
        prop_assert_eq!(eve(statements.into()).allows(action, resource).is_some(), theirs, "{}", document);
    }
}
