//! Actions: their words and their JSON form.

use std::collections::BTreeSet;

use domain::{Action, account::Scope, action::resource};

fn every() -> Vec<Action> {
    let instance = || "i-0a1b2c3d4e5f60001".to_owned();
    vec![
        Action::RevokeIamUser { user: "ann".into() },
        Action::DeactivateAccessKey { user: "ann".into(), access_key: "AKIAEXAMPLE".into() },
        Action::RevokeRoleSessions { role: "app".into() },
        Action::BlockIp { cidr: "198.51.100.7/32".parse().unwrap(), network_acl: "acl-1".into() },
        Action::BlockIp { cidr: "2001:db8::7/128".parse().unwrap(), network_acl: "acl-1".into() },
        Action::SnapshotVolumes { instance: instance() },
        Action::IsolateInstance { instance: instance() },
        Action::BlockPublicAccess { bucket: "orders".into() },
        Action::RestartTrail { trail: "arn:aws:cloudtrail:us-east-1:111122223333:trail/main".into() },
    ]
}

/// How many variants there are; one that is new does not compile here, and belongs into `every`.
fn variants() -> usize {
    match every()[0] {
        Action::RevokeIamUser { .. }
        | Action::DeactivateAccessKey { .. }
        | Action::RevokeRoleSessions { .. }
        | Action::BlockIp { .. }
        | Action::SnapshotVolumes { .. }
        | Action::IsolateInstance { .. }
        | Action::BlockPublicAccess { .. }
        | Action::RestartTrail { .. } => 8,
    }
}

#[test]
fn each_says_what_it_does_and_how_it_is_undone() {
    let mut kinds = BTreeSet::new();
    for action in every() {
        let (_, name) = action.target();
        let (does, undo) = (action.describe(), action.describe_inverse());
        assert!(does.contains(name) && undo.contains(name), "{does} / {undo}");
        assert_ne!(does, undo);
        kinds.insert(action.kind());
    }
    assert_eq!(kinds.len(), variants());
}

#[test]
fn each_has_one_json_form() {
    for action in every() {
        let value = serde_json::to_value(&action).unwrap();
        assert_eq!(value["kind"], action.kind());
        assert_eq!(serde_json::from_value::<Action>(value.clone()).unwrap(), action);
        let text = serde_json::to_string(&action).unwrap();
        assert_eq!(serde_json::from_str::<Action>(&text).unwrap(), action);
    }
    for unknown in
        [r#"{"kind":"delete_user","user":"ann"}"#, r#"{"user":"ann"}"#, r#"{"kind":"revoke_iam_user"}"#]
    {
        assert!(serde_json::from_str::<Action>(unknown).is_err(), "{unknown}");
    }
}

#[test]
fn each_has_a_target_and_a_scope_that_show_it() {
    for action in every() {
        let (kind, name) = action.target();
        let target = resource("111122223333", "aws-cn", "cn-north-1", &action);
        assert_eq!(target.kind, kind);
        assert!(target.arn.starts_with("arn:aws") && target.arn.ends_with(name), "{}", target.arn);
        assert!(name.ends_with(&target.name), "{}", target.name);
        assert!(serde_json::to_string(&Scope::of(&action)).unwrap().contains(name));
    }
}
