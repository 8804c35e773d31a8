//! CloudTrail's `userIdentity` as a principal ("CloudTrail userIdentity element").

use domain::{Principal, PrincipalKind};
use serde_json::Value;

use crate::{
    arn::{self, Home},
    cloudtrail::text,
};

/// Who a record says it was, or nothing where it does not say.
///
/// A session is its role: `sessionIssuer` names the role with its path, the session's own ARN does not. A session that
/// GetFederationToken gave is the user who asked for it: that user is who can be acted on.
pub(crate) fn of(identity: &Value, home: &Home) -> Option<Principal> {
    let identity_type = text(identity, "/type").unwrap_or_default();
    let given = text(identity, "/arn");
    let issuer = text(identity, "/sessionContext/sessionIssuer/arn");
    let account = text(identity, "/accountId").or_else(|| given.and_then(arn::account));
    let home = Home {
        partition: given.and_then(arn::parts).map_or(home.partition.clone(), |p| p[1].to_owned()),
        account: account.unwrap_or_default().to_owned(),
        ..home.clone()
    };
    let name = text(identity, "/userName");
    let id = text(identity, "/principalId");
    let is = |kind, arn: String, name: &str| Principal {
        kind,
        arn,
        name: name.to_owned(),
        account: account.map(str::to_owned),
        session: None,
        access_key: text(identity, "/accessKeyId").map(str::to_owned),
    };
    let named = |kind, fallback: &str| {
        let name = name.or(id).or(given).unwrap_or(fallback);
        is(kind, given.unwrap_or(name).to_owned(), name)
    };

    Some(match identity_type {
        "Root" => {
            let arn = home.iam("root").or(given.map(str::to_owned)).unwrap_or_else(|| "root".into());
            is(PrincipalKind::Root, arn, "root")
        }
        "IAMUser" => {
            let name = name.or(given.map(arn::name)).or(id).unwrap_or("unknown");
            let arn = given.map(str::to_owned).or_else(|| home.iam(&format!("user/{name}")));
            is(PrincipalKind::User, arn.unwrap_or_else(|| name.to_owned()), name)
        }
        "AssumedRole" | "Role" | "FederatedUser" if issuer.or(given).is_some() => {
            let acting = arn::principal(issuer.or(given)?);
            let session = given
                .and_then(|arn| arn::principal(arn).session)
                .or_else(|| id.and_then(|id| id.split_once(':')).map(|(_, session)| session.to_owned()));
            Principal { session: session.or(acting.session), ..is(acting.kind, acting.arn, &acting.name) }
        }
        "AssumedRole" | "Role" => named(PrincipalKind::Role, "role"),
        "FederatedUser" | "SAMLUser" | "WebIdentityUser" => named(PrincipalKind::Federated, "federated"),
        "IdentityCenterUser" => {
            let user = text(identity, "/onBehalfOf/userId").or(name).or(id).unwrap_or("identity center user");
            is(PrincipalKind::Federated, user.to_owned(), user)
        }
        "AWSService" => {
            let service = text(identity, "/invokedBy").or(id).or(given).unwrap_or("aws");
            is(PrincipalKind::Service, service.to_owned(), service)
        }
        "AWSAccount" if id == Some("ANONYMOUS_PRINCIPAL") => {
            is(PrincipalKind::Unknown, "anonymous".into(), "anonymous")
        }
        "AWSAccount" => {
            let arn = given.map(str::to_owned).or_else(|| home.iam("root")).or(id.map(str::to_owned))?;
            let name = account.unwrap_or(&arn).to_owned();
            is(PrincipalKind::Account, arn, &name)
        }
        _ => match (given, name.or(id)) {
            (Some(arn), _) => Principal {
                access_key: text(identity, "/accessKeyId").map(str::to_owned),
                ..arn::principal(arn)
            },
            (None, Some(name)) => is(PrincipalKind::Unknown, name.to_owned(), name),
            // Some records of services have nothing but who called on their behalf.
            (None, None) => {
                let service = text(identity, "/invokedBy")?;
                is(PrincipalKind::Service, service.to_owned(), service)
            }
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_type_of_identity() {
        use PrincipalKind::{Account, Federated, Role, Root, Service, Unknown, User};
        let issuer = |arn: &str| json!({"sessionIssuer": {"arn": arn}});
        for (identity, kind, arn, name, session) in [
            (json!({"type": "Root", "accountId": "1"}), Root, "arn:aws:iam::1:root", "root", None),
            (
                json!({"type": "IAMUser", "arn": "arn:aws:iam::1:user/x/ann", "userName": "ann"}),
                User,
                "arn:aws:iam::1:user/x/ann",
                "ann",
                None,
            ),
            (
                json!({"type": "IAMUser", "accountId": "1", "userName": "ann"}),
                User,
                "arn:aws:iam::1:user/ann",
                "ann",
                None,
            ),
            (
                json!({"type": "AssumedRole", "arn": "arn:aws-cn:sts::1:assumed-role/app/i-1"}),
                Role,
                "arn:aws-cn:iam::1:role/app",
                "app",
                Some("i-1"),
            ),
            (
                json!({"type": "AssumedRole", "principalId": "AROA:me@x", "arn": "arn:aws:sts::1:assumed-role/app/me@x",
                    "sessionContext": issuer("arn:aws:iam::1:role/path/app")}),
                Role,
                "arn:aws:iam::1:role/path/app",
                "app",
                Some("me@x"),
            ),
            (
                json!({"type": "FederatedUser", "principalId": "1:bob", "arn": "arn:aws:sts::1:federated-user/bob",
                    "sessionContext": issuer("arn:aws:iam::1:user/ann")}),
                User,
                "arn:aws:iam::1:user/ann",
                "ann",
                Some("bob"),
            ),
            (
                json!({"type": "FederatedUser", "arn": "arn:aws:sts::1:federated-user/bob"}),
                Federated,
                "arn:aws:sts::1:federated-user/bob",
                "bob",
                None,
            ),
            (
                json!({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}),
                Service,
                "ec2.amazonaws.com",
                "ec2.amazonaws.com",
                None,
            ),
            (json!({"type": "AWSAccount", "accountId": "2"}), Account, "arn:aws:iam::2:root", "2", None),
            (
                json!({"type": "AWSAccount", "principalId": "ANONYMOUS_PRINCIPAL"}),
                Unknown,
                "anonymous",
                "anonymous",
                None,
            ),
            (
                json!({"type": "WebIdentityUser", "userName": "sub", "principalId": "idp:sub"}),
                Federated,
                "sub",
                "sub",
                None,
            ),
            (json!({"type": "SAMLUser", "principalId": "x:y", "userName": "y"}), Federated, "y", "y", None),
            (
                json!({"type": "IdentityCenterUser", "onBehalfOf": {"userId": "u-1"}}),
                Federated,
                "u-1",
                "u-1",
                None,
            ),
            (json!({"type": "Unknown", "userName": "z"}), Unknown, "z", "z", None),
            (json!({"invokedBy": "AWS Internal"}), Service, "AWS Internal", "AWS Internal", None),
        ] {
            let home = Home::new(Some("us-east-1"), None);
            let principal = of(&identity, &home).unwrap();
            assert_eq!(
                (
                    principal.kind,
                    principal.arn.as_str(),
                    principal.name.as_str(),
                    principal.session.as_deref()
                ),
                (kind, arn, name, session),
                "{identity}"
            );
        }
        assert_eq!(of(&json!({}), &Home::new(None, None)), None);
    }
}
