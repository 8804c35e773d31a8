//! Tables of what policies allow.

use domain::Inventory;
use serde_json::{Value, json};

use super::*;

pub(super) fn statement(effect: &str, action: Value, resource: Value) -> Value {
    json!({"Effect": effect, "Action": action, "Resource": resource})
}

pub(super) fn user_with(inline: Value) -> Inventory {
    read(json!({"account_id": "444455556666", "partition": "aws", "users": {"eve": {
        "arn": "arn:aws:iam::444455556666:user/eve", "inline_policies": {"p": inline}}}}))
}

fn read(account: Value) -> Inventory {
    serde_json::from_value(account).unwrap()
}

pub(super) fn eve(statements: Value) -> Identity {
    Identity::user(&user_with(json!({"Version": "2012-10-17", "Statement": statements})), "eve").unwrap()
}

pub(super) const BUCKET: &str = "arn:aws:s3:::logs/*";
pub(super) const ROLE: &str = "arn:aws:iam::444455556666:role/deploy";

#[test]
fn statements_allow_and_deny() {
    let when_mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let with = |mut s: Value, key: &str, value: &Value| {
        s[key] = value.clone();
        s
    };
    let cases = [
        // name, statements, action, resource, allowed (Some(conditional))
        ("nothing", json!([]), "s3:GetObject", BUCKET, None),
        (
            "exact",
            json!([statement("Allow", json!("sts:AssumeRole"), json!(ROLE))]),
            "sts:AssumeRole",
            ROLE,
            Some(false),
        ),
        (
            "one statement instead of a list",
            statement("Allow", json!(["*"]), json!(["*"])),
            "sts:AssumeRole",
            ROLE,
            Some(false),
        ),
        (
            "other resource",
            json!([statement(
                "Allow",
                json!("sts:AssumeRole"),
                json!("arn:aws:iam::444455556666:role/other")
            )]),
            "sts:AssumeRole",
            ROLE,
            None,
        ),
        (
            "actions ignore case",
            json!([statement("Allow", json!("STS:assumeROLE"), json!("*"))]),
            "sts:AssumeRole",
            ROLE,
            Some(false),
        ),
        (
            "resources do not",
            json!([statement("Allow", json!("sts:*"), json!("arn:aws:iam::444455556666:role/Deploy"))]),
            "sts:AssumeRole",
            ROLE,
            None,
        ),
        (
            "wildcards",
            json!([statement("Allow", json!("s?:Get*"), json!("arn:aws:s3:::l*"))]),
            "s3:GetObject",
            BUCKET,
            Some(false),
        ),
        (
            "some objects",
            json!([statement("Allow", json!("s3:GetObject"), json!("arn:aws:s3:::logs/2026/*"))]),
            "s3:GetObject",
            BUCKET,
            Some(false),
        ),
        (
            "the bucket is not its objects",
            json!([statement("Allow", json!("s3:GetObject"), json!("arn:aws:s3:::logs"))]),
            "s3:GetObject",
            BUCKET,
            None,
        ),
        (
            "explicit deny wins",
            json!([statement("Allow", json!("*"), json!("*")), statement("Deny", json!("s3:*"), json!("*"))]),
            "s3:GetObject",
            BUCKET,
            None,
        ),
        (
            "a deny of some objects leaves others",
            json!([
                statement("Allow", json!("*"), json!("*")),
                statement("Deny", json!("s3:*"), json!("arn:aws:s3:::logs/hr/*"))
            ]),
            "s3:GetObject",
            BUCKET,
            Some(false),
        ),
        (
            "a deny of something else",
            json!([
                statement("Allow", json!("*"), json!("*")),
                statement("Deny", json!("iam:*"), json!("*"))
            ]),
            "s3:GetObject",
            BUCKET,
            Some(false),
        ),
        (
            "NotAction",
            json!([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]),
            "s3:GetObject",
            BUCKET,
            Some(false),
        ),
        (
            "NotAction leaves out",
            json!([{"Effect": "Allow", "NotAction": ["iam:*", "s3:*"], "Resource": "*"}]),
            "s3:GetObject",
            BUCKET,
            None,
        ),
        (
            "deny by NotAction",
            json!([statement("Allow", json!("*"), json!("*")), {"Effect": "Deny", "NotAction": "sts:*", "Resource": "*"}]),
            "s3:GetObject",
            BUCKET,
            None,
        ),
        (
            "NotResource",
            json!([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::other/*"}]),
            "s3:GetObject",
            BUCKET,
            Some(false),
        ),
        (
            "NotResource leaves out",
            json!([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::*"}]),
            "s3:GetObject",
            BUCKET,
            None,
        ),
        (
            "deny by NotResource",
            json!([statement("Allow", json!("*"), json!("*")), {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::other/*"}]),
            "s3:GetObject",
            BUCKET,
            None,
        ),
        (
            "a condition may allow",
            json!([with(statement("Allow", json!("*"), json!("*")), "Condition", &when_mfa)]),
            "s3:GetObject",
            BUCKET,
            Some(true),
        ),
        (
            "no condition is better",
            json!([
                with(statement("Allow", json!("*"), json!("*")), "Condition", &when_mfa),
                statement("Allow", json!("s3:*"), json!("*"))
            ]),
            "s3:GetObject",
            BUCKET,
            Some(false),
        ),
        (
            "a conditional deny may not deny",
            json!([
                statement("Allow", json!("*"), json!("*")),
                with(statement("Deny", json!("*"), json!("*")), "Condition", &when_mfa)
            ]),
            "s3:GetObject",
            BUCKET,
            Some(false),
        ),
        (
            "an empty condition is none",
            json!([
                with(statement("Deny", json!("*"), json!("*")), "Condition", &json!({})),
                statement("Allow", json!("*"), json!("*"))
            ]),
            "s3:GetObject",
            BUCKET,
            None,
        ),
        (
            "its own name",
            json!([statement(
                "Allow",
                json!("iam:CreateAccessKey"),
                json!("arn:aws:iam::*:user/${aws:username}")
            )]),
            "iam:CreateAccessKey",
            "arn:aws:iam::444455556666:user/eve",
            Some(false),
        ),
        (
            "its own name is nobody else's",
            json!([statement(
                "Allow",
                json!("iam:CreateAccessKey"),
                json!("arn:aws:iam::*:user/${aws:username}")
            )]),
            "iam:CreateAccessKey",
            "arn:aws:iam::444455556666:user/bob",
            None,
        ),
        (
            "another variable may be anything",
            json!([statement("Allow", json!("s3:*"), json!("arn:aws:s3:::${aws:PrincipalTag/team}/*"))]),
            "s3:GetObject",
            BUCKET,
            Some(true),
        ),
        (
            "effects are spelled exactly",
            json!([statement("allow", json!("*"), json!("*"))]),
            "s3:GetObject",
            BUCKET,
            None,
        ),
        ("no action", json!([{"Effect": "Allow", "Resource": "*"}]), "s3:GetObject", BUCKET, None),
        (
            "both kinds of action",
            json!([{"Effect": "Allow", "Action": "*", "NotAction": "iam:*", "Resource": "*"}]),
            "s3:GetObject",
            BUCKET,
            None,
        ),
    ];
    for (name, statements, action, resource, expected) in cases {
        let grant = eve(statements).allows(action, resource);
        assert_eq!(grant.map(|g| g.conditional), expected, "{name}");
    }
}

#[test]
fn a_grant_names_policy_and_statement() {
    let identity = eve(json!([
        statement("Allow", json!("s3:ListBucket"), json!("*")),
        {"Sid": "ReadLogs", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
         "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}},
    ]));
    let because = |action: &str| identity.allows(action, BUCKET).unwrap().because;
    assert_eq!(because("s3:ListBucket"), "inline policy p, statement 1");
    assert_eq!(because("s3:GetObject"), "inline policy p, statement ReadLogs (if its conditions hold)");
}

#[test]
fn policies_come_from_user_and_groups_and_aws() {
    let account = read(json!({"account_id": "444455556666", "partition": "aws",
        "policies": {"arn:aws:iam::444455556666:policy/own": {"Statement": statement("Allow", json!("ec2:*"), json!("*"))}},
        "groups": {"ops": {"attached_policies": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"],
                           "inline_policies": {"g": {"Statement": statement("Allow", json!("ssm:*"), json!("*"))}}}},
        "users": {"eve": {"groups": ["ops", "gone"], "attached_policies": [
            "arn:aws:iam::444455556666:policy/own", "arn:aws:iam::aws:policy/AmazonPollyFullAccess"]}},
        "roles": {"root": {"attached_policies": ["arn:aws-cn:iam::aws:policy/AdministratorAccess"]},
                  "power": {"attached_policies": ["arn:aws:iam::aws:policy/PowerUserAccess"]},
                  "denied": {"attached_policies": ["arn:aws:iam::aws:policy/AdministratorAccess",
                                                   "arn:aws:iam::aws:policy/AWSDenyAll"]}}}));
    let eve = Identity::user(&account, "eve").unwrap();
    let because = |action: &str| eve.allows(action, "*").map(|g| g.because);
    assert_eq!(because("ec2:RunInstances").unwrap(), "policy own, statement 1");
    assert_eq!(because("s3:GetObject").unwrap(), "policy AmazonS3ReadOnlyAccess of group ops, statement 1");
    assert_eq!(because("ssm:SendCommand").unwrap(), "inline policy g of group ops, statement 1");
    assert_eq!(because("s3:PutObject"), None);
    assert_eq!(eve.blind_spots.len(), 2, "an unknown policy and a missing group: {:?}", eve.blind_spots);

    let admin = |name: &str| Identity::role(&account, name, Issued::Anew).unwrap().administrator().is_some();
    assert_eq!([admin("root"), admin("power"), admin("denied")], [true, false, false]);
    let power = Identity::role(&account, "power", Issued::Anew).unwrap();
    assert!(
        power.allows("s3:GetObject", BUCKET).is_some() && power.allows("iam:CreateAccessKey", "*").is_none()
    );
}

#[test]
fn revoked_sessions_are_the_older_ones() {
    let account = read(json!({"roles": {"web": {"inline_policies": {
        "power": {"Statement": statement("Allow", json!("s3:*"), json!("*"))},
        "AWSRevokeOlderSessions": {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": ["*"],
            "Resource": ["*"], "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2026-01-02T03:04:05.000Z"}}}]}}}}}));
    let cases = [
        (Issued::By("2026-01-02T03:04:04Z".parse().unwrap()), false),
        (Issued::By("2026-01-02T03:04:05Z".parse().unwrap()), true),
        (Issued::Anew, true),
        (Issued::Never, true),
    ];
    for (issued, allowed) in cases {
        let role = Identity::role(&account, "web", issued).unwrap();
        assert_eq!(role.allows("s3:GetObject", BUCKET).is_some(), allowed, "{issued:?}");
    }
}

#[test]
fn trust_policies() {
    let user = "arn:aws:iam::444455556666:user/eve";
    let trust = |principal: Value| json!({"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]});
    let cases = [
        (trust(json!({"AWS": user})), "direct"),
        (trust(json!({"AWS": ["AIDAEVE"]})), "direct"),
        (trust(json!("*")), "direct"),
        (trust(json!({"AWS": "444455556666"})), "delegated"),
        (trust(json!({"AWS": "arn:aws:iam::444455556666:root"})), "delegated"),
        (trust(json!({"AWS": "arn:aws:iam::999900001111:root"})), "refused"),
        (trust(json!({"AWS": "arn:aws:iam::444455556666:user/bob"})), "refused"),
        (trust(json!({"Service": "ec2.amazonaws.com"})), "refused"),
        (trust(json!({"Federated": "arn:aws:iam::444455556666:saml-provider/x"})), "refused"),
        (
            json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": user}, "Action": "sts:TagSession"}]}),
            "refused",
        ),
        (
            json!({"Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"},
            {"Effect": "Deny", "Principal": {"AWS": user}, "Action": "sts:*"}]}),
            "refused",
        ),
        (
            json!(
                "{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"444455556666\"}, \"Action\": \"sts:*\"}}"
            ),
            "delegated",
        ),
        (json!(17), "refused"),
    ];
    let caller = Caller { account: "444455556666", arn: user, id: "AIDAEVE" };
    for (document, expected) in cases {
        let found = match trusts(&Document::read(&document, None), caller) {
            Trust::Direct(_) => "direct",
            Trust::Delegated(_) => "delegated",
            Trust::Refused => "refused",
        };
        assert_eq!(found, expected, "{document}");
    }
    let ec2 = Document::read(&trust(json!({"Service": ["ec2.amazonaws.com"]})), None);
    assert!(admits_service(&ec2, "ec2.amazonaws.com").is_some());
    assert!(admits_service(&ec2, "lambda.amazonaws.com").is_none());
    let session =
        Document::read(&trust(json!({"AWS": "arn:aws:sts::444455556666:assumed-role/web/i-1"})), None);
    let web = Caller { account: "444455556666", arn: "arn:aws:iam::444455556666:role/app/web", id: "" };
    assert!(matches!(trusts(&session, web), Trust::Direct(_)));
}

#[test]
fn public_buckets() {
    let open = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": BUCKET}]});
    let block = |on: bool| json!({"block_public_acls": on, "ignore_public_acls": on, "block_public_policy": on, "restrict_public_buckets": on});
    let cases = [
        (json!({"policy": open}), true),
        (json!({"policy": open, "public_access_block": block(false)}), true),
        (json!({"policy": open, "public_access_block": block(true)}), false),
        (
            json!({"policy": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:*", "Resource": "*"}]}}),
            false,
        ),
        (json!({}), false),
    ];
    for (bucket, expected) in cases {
        let account = read(json!({"partition": "aws", "buckets": {"logs": bucket}}));
        let policies = ResourcePolicies::of(&account);
        assert_eq!(is_public(&account, &policies, "logs").is_some(), expected, "{bucket}");
    }
}
