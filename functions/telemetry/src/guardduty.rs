//! GuardDuty findings ("GuardDuty finding format"), as EventBridge writes them (`accountId`) and as GetFindings does
//! (`AccountId`).

use domain::{
    Digest, Event, EventClass, EventOutcome, Principal, PrincipalKind, Resource, ResourceKind, Source, Time,
};
use serde_json::Value;

use crate::arn::{self, Home};

/// Whether this is a finding: it has a type, and its ARN or its service is GuardDuty's.
pub(crate) fn is(finding: &Value) -> bool {
    let service = text(finding, &["service", "serviceName"]);
    let arn = text(finding, &["arn"]).and_then(arn::parts).map(|parts| parts[2]);
    text(finding, &["type"]).is_some() && (service == Some("guardduty") || arn == Some("guardduty"))
}

/// Reads a finding. One that GuardDuty updated is a new event, because its severity and its count may have changed.
pub(crate) fn event(raw: Value, received: Time) -> Event {
    let account = text(&raw, &["accountId"]);
    let region = text(&raw, &["region"]);
    let home = Home {
        partition: text(&raw, &["partition"]).unwrap_or("aws").to_owned(),
        ..Home::new(region, account)
    };
    let updated = text(&raw, &["updatedAt"]);
    let times = [text(&raw, &["service", "eventLastSeen"]), updated, text(&raw, &["createdAt"])];
    let time = times.into_iter().flatten().find_map(|t| t.parse().ok()).unwrap_or(received);
    let id = match text(&raw, &["id"]).filter(|id| id.len() <= 128) {
        Some(id) => format!("guardduty:{id}@{}", updated.unwrap_or_default()),
        None => Digest::of_json(&raw).0,
    };
    Event {
        id: id.into(),
        class: EventClass::DetectionFinding,
        source: Source::Guardduty,
        time,
        account: account.map(str::to_owned),
        region: region.map(str::to_owned),
        service: "guardduty.amazonaws.com".into(),
        operation: text(&raw, &["type"]).unwrap_or_default().to_owned(),
        actor: actor(&raw, &home),
        origin: origin(&raw),
        user_agent: None,
        outcome: EventOutcome::Unknown,
        resources: resources(&raw, &home),
        raw,
    }
}

/// Whose credential was used, where the finding is about one.
fn actor(raw: &Value, home: &Home) -> Option<Principal> {
    let key = ["resource", "accessKeyDetails"];
    let detail = |field| text(raw, &[key[0], key[1], field]);
    let user_type = detail("userType")?;
    let name = detail("userName").or_else(|| detail("principalId")).unwrap_or(user_type);
    let (kind, arn) = match user_type {
        "Root" => (PrincipalKind::Root, home.iam("root")),
        "IAMUser" => (PrincipalKind::User, home.iam(&format!("user/{name}"))),
        "AssumedRole" | "Role" => (PrincipalKind::Role, home.iam(&format!("role/{name}"))),
        "FederatedUser" => (PrincipalKind::Federated, None),
        "AWSService" => (PrincipalKind::Service, None),
        "AWSAccount" => (PrincipalKind::Account, None),
        _ => (PrincipalKind::Unknown, None),
    };
    let session =
        detail("principalId").and_then(|id| id.split_once(':')).map(|(_, session)| session.to_owned());
    Some(Principal {
        kind,
        arn: arn.unwrap_or_else(|| name.to_owned()),
        name: name.to_owned(),
        account: Some(home.account.clone()).filter(|a| !a.is_empty()),
        session: session.filter(|_| kind == PrincipalKind::Role),
        access_key: detail("accessKeyId").map(str::to_owned),
    })
}

/// The remote address, wherever this type of finding keeps it.
fn origin(raw: &Value) -> Option<String> {
    let action = at(raw, &["service", "action"])?;
    let probe = at(action, &["portProbeAction", "portProbeDetails"]).and_then(|probes| probes.get(0));
    ["awsApiCallAction", "networkConnectionAction", "kubernetesApiCallAction", "rdsLoginAttemptAction"]
        .into_iter()
        .filter_map(|kind| at(action, &[kind]))
        .chain(probe)
        .find_map(|kind| {
            text(kind, &["remoteIpDetails", "ipAddressV4"])
                .or_else(|| text(kind, &["remoteIpDetails", "ipAddressV6"]))
        })
        .map(str::to_owned)
}

fn resources(raw: &Value, home: &Home) -> Vec<Resource> {
    let mut found = Vec::new();
    if let Some(id) = text(raw, &["resource", "instanceDetails", "instanceId"]) {
        let arn = home.regional("ec2", &format!("instance/{id}"));
        found.push(Resource {
            kind: ResourceKind::Instance,
            arn: arn.unwrap_or_else(|| id.into()),
            name: id.into(),
        });
    }
    let buckets = at(raw, &["resource", "s3BucketDetails"]).and_then(Value::as_array);
    for bucket in buckets.into_iter().flatten().take(16) {
        if let Some(name) = text(bucket, &["name"]) {
            found.push(arn::resource(ResourceKind::Bucket, &home.bucket(name)));
        }
    }
    if let Some(key) = text(raw, &["resource", "accessKeyDetails", "accessKeyId"]) {
        found.push(arn::resource(ResourceKind::AccessKey, key));
    }
    let affected =
        at(raw, &["service", "action", "awsApiCallAction", "affectedResources"]).and_then(Value::as_object);
    for arn in affected.into_iter().flatten().take(16).filter_map(|(_, arn)| arn.as_str()) {
        if arn::parts(arn).is_some() {
            found.push(arn::resource(arn::kind_of(arn), arn));
        }
    }
    found
}

fn text<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    at(value, path).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The value at a path of keys, each of which may also begin with a capital.
fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| {
        value.get(key).or_else(|| {
            let (first, rest) = key.split_at_checked(1)?;
            value.get(first.to_ascii_uppercase() + rest)
        })
    })
}
