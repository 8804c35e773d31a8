//! GuardDuty's attack sequences ("GuardDuty Extended Threat Detection"): findings of several signals, which name actors,
//! endpoints and resources in lists of their own.

use domain::{Principal, PrincipalKind, Resource, ResourceKind};
use serde_json::Value;

use crate::{
    arn::{self, Home},
    guardduty::{at, text},
};

/// Most resources of one sequence.
const MAX: usize = 32;

fn list<'a>(raw: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    at(raw, &["service", "detection", "sequence", name]).and_then(Value::as_array).into_iter().flatten()
}

/// The first actor that is a user of the account: the one whose credential was compromised.
pub(crate) fn actor(raw: &Value, home: &Home) -> Option<Principal> {
    let actor = list(raw, "actors").find(|actor| at(actor, &["user"]).is_some())?;
    let user = |field: &str| text(actor, &["user", field]);
    let name = user("name").or_else(|| user("uid"))?;
    let account = text(actor, &["user", "account", "uid"]);
    let home = Home { account: account.unwrap_or(&home.account).to_owned(), ..home.clone() };
    let (kind, arn) = match user("type").unwrap_or_default() {
        "Root" => (PrincipalKind::Root, home.iam("root")),
        "IAMUser" | "User" => (PrincipalKind::User, home.iam(&format!("user/{name}"))),
        "AssumedRole" | "Role" => (PrincipalKind::Role, home.iam(&format!("role/{name}"))),
        "FederatedUser" => (PrincipalKind::Federated, None),
        "AWSService" => (PrincipalKind::Service, None),
        _ => (PrincipalKind::Unknown, None),
    };
    // `AROA…:session`.
    let session = user("uid").and_then(|uid| uid.split_once(':')).map(|(_, session)| session.to_owned());
    Some(Principal {
        kind,
        arn: arn.unwrap_or_else(|| name.to_owned()),
        name: name.to_owned(),
        account: Some(home.account).filter(|account| !account.is_empty()),
        session: session.filter(|_| kind == PrincipalKind::Role),
        access_key: user("credentialUid").map(str::to_owned),
    })
}

/// The first remote address.
pub(crate) fn origin(raw: &Value) -> Option<String> {
    list(raw, "endpoints").find_map(|endpoint| text(endpoint, &["ip"])).map(str::to_owned)
}

/// What was attacked, or used to attack.
pub(crate) fn resources(raw: &Value) -> Vec<Resource> {
    let resources = list(raw, "resources").take(MAX);
    resources
        .filter_map(|resource| {
            let uid = text(resource, &["uid"])?;
            let kind = match text(resource, &["resourceType"]).unwrap_or_default() {
                "EC2_INSTANCE" => ResourceKind::Instance,
                "EC2_NETWORK_INTERFACE" => ResourceKind::NetworkInterface,
                "S3_BUCKET" => ResourceKind::Bucket,
                "ACCESS_KEY" => ResourceKind::AccessKey,
                "IAM_INSTANCE_PROFILE" => ResourceKind::InstanceProfile,
                "KUBERNETES_WORKLOAD" => ResourceKind::Kubernetes,
                _ => arn::kind_of(uid),
            };
            let called = text(resource, &["name"]).unwrap_or_else(|| arn::name(uid));
            Some(Resource { kind, arn: uid.to_owned(), name: called.to_owned() })
        })
        .collect()
}
