//! Which acts hand out a credential, and who is taken for the same actor.

use domain::{
    Credential, Event, EventClass, EventOutcome, Principal, PrincipalKind, Resource, ResourceKind, Source,
};
use serde_json::{Value, json};

use crate::{arn, at};

const ROLE: &str = "arn:aws:iam::111122223333:role/app";

fn actor(kind: PrincipalKind, arn: &str, session: Option<&str>, key: Option<&str>) -> Principal {
    Principal {
        kind,
        arn: arn.into(),
        name: "name".into(),
        account: None,
        session: session.map(Into::into),
        access_key: key.map(Into::into),
    }
}

fn event(service: &str, operation: &str, raw: Value) -> Event {
    Event {
        id: "e".into(),
        class: EventClass::ApiActivity,
        source: Source::Cloudtrail,
        time: at(0),
        account: None,
        region: None,
        service: format!("{service}.amazonaws.com"),
        operation: operation.into(),
        actor: Some(actor(PrincipalKind::User, &arn("ann"), None, None)),
        origin: None,
        user_agent: None,
        outcome: EventOutcome::Success,
        resources: vec![],
        raw,
    }
}

#[test]
fn acts_that_hand_out_a_credential() {
    let assume = json!({"requestParameters": {"roleArn": ROLE, "roleSessionName": "s"},
                        "responseElements": {"credentials": {"accessKeyId": "ASIA"}}});
    let of_role = |session: Option<&str>, key: Option<&str>| Credential::RoleSession {
        role: ROLE.into(),
        session: session.map(Into::into),
        access_key: key.map(Into::into),
    };
    let of_key = |user: &str, key: Option<&str>| Credential::AccessKey {
        user: user.into(),
        access_key: key.map(Into::into),
    };
    let for_bob = json!({"requestParameters": {"userName": "bob"}, "responseElements": null});
    let own = json!({"responseElements": {"accessKey": {"accessKeyId": "AKIA", "userName": "ann"}}});
    let listed = Event {
        resources: vec![Resource { kind: ResourceKind::Role, arn: ROLE.into(), name: "app".into() }],
        ..event("sts", "AssumeRole", Value::Null)
    };
    let as_service = Event {
        actor: Some(actor(PrincipalKind::Service, "ec2.amazonaws.com", None, None)),
        ..event("sts", "AssumeRole", assume.clone())
    };
    let refused = Event {
        outcome: EventOutcome::Failure("AccessDenied".into()),
        ..event("sts", "AssumeRole", assume.clone())
    };
    let told = Event { source: Source::Webhook, ..event("sts", "AssumeRole", assume.clone()) };
    for (event, expected) in [
        (event("sts", "AssumeRole", assume.clone()), Some(of_role(Some("s"), Some("ASIA")))),
        (event("sts", "AssumeRoleWithWebIdentity", assume.clone()), Some(of_role(Some("s"), Some("ASIA")))),
        (listed, Some(of_role(None, None))),
        (event("sts", "AssumeRole", json!("bent")), None),
        (event("iam", "CreateAccessKey", for_bob.clone()), Some(of_key("bob", None))),
        (event("iam", "CreateAccessKey", own), Some(of_key("ann", Some("AKIA")))),
        (event("iam", "CreateAccessKey", Value::Null), Some(of_key("ann", None))),
        (
            event("iam", "UpdateLoginProfile", for_bob.clone()),
            Some(Credential::Password { user: "bob".into() }),
        ),
        (event("iam", "DeleteLoginProfile", for_bob), None),
        (event("iam", "AssumeRole", assume.clone()), None),
        (event("sts", "GetCallerIdentity", assume), None),
        (as_service, None),
        (refused, None),
        (told, None),
    ] {
        let name = format!("{} {} by {:?}", event.operation, event.raw, event.actor);
        assert_eq!(Credential::handed_out_by(&event), expected, "{name}");
    }
}

#[test]
fn who_is_the_same_actor() {
    use PrincipalKind::{Kubernetes, Role, Service, Unknown, User};
    let ann = arn("ann");
    for (one, other, expected) in [
        (actor(User, &ann, None, None), actor(User, &ann, None, Some("K")), true),
        (actor(User, &ann, None, None), actor(User, &arn("bob"), None, None), false),
        (actor(User, &ann, None, Some("K")), actor(User, &arn("bob"), None, Some("K")), true),
        (actor(Role, ROLE, Some("s"), None), actor(Role, ROLE, Some("s"), None), true),
        (actor(Role, ROLE, Some("s"), None), actor(Role, ROLE, Some("t"), None), false),
        (actor(Role, ROLE, None, None), actor(Role, ROLE, None, None), false),
        (actor(Role, ROLE, None, Some("K")), actor(Role, ROLE, Some("t"), Some("K")), true),
        (actor(Role, &ann, Some("s"), None), actor(User, &ann, None, None), false),
        (actor(Service, "ec2", None, Some("K")), actor(Service, "ec2", None, Some("K")), false),
        (actor(Unknown, "", None, None), actor(Unknown, "", None, None), false),
        (actor(Kubernetes, "pod", None, None), actor(Kubernetes, "pod", None, None), false),
    ] {
        assert_eq!(one.acts_as(&other), expected, "{one:?} {other:?}");
        assert_eq!(other.acts_as(&one), expected, "{other:?} {one:?}");
    }
}
