//! GuardDuty findings ("GuardDuty finding format"), as EventBridge writes them (`accountId`) and as GetFindings does
//! (`AccountId`).

use domain::{
    Digest, Event, EventClass, EventOutcome, Principal, PrincipalKind, Resource, ResourceKind, Source, Time,
};
use json::{Document, Node};
use serde_json::Value;

use crate::{
    arn::{self, Home},
    sequence,
};

/// Most resources of one kind.
const MAX: usize = 16;

/// Whether this is a finding: it has a type, and its ARN or its service is GuardDuty's.
pub(crate) fn is(finding: &Document<'_>) -> bool {
    let root = finding.root();
    let service = said(root, &["service", "serviceName"]);
    let arn = said(root, &["arn"]).and_then(arn::parts).map(|parts| parts[2]);
    said(root, &["type"]).is_some() && (service == Some("guardduty") || arn == Some("guardduty"))
}

/// When it was last seen.
pub(crate) fn time(finding: &Document<'_>) -> Option<Time> {
    let times = [&["service", "eventLastSeen"][..], &["updatedAt"], &["createdAt"]];
    times.into_iter().find_map(|path| said(finding.root(), path)?.parse().ok())
}

/// The text at a path of keys, each of which may also begin with a capital.
fn said<'n>(node: &'n Node<'_>, path: &[&str]) -> Option<&'n str> {
    let found =
        path.iter().try_fold(node, |node, key| node.get(key).or_else(|| node.get(&capitalised(key)?)));
    found?.as_text().filter(|text| !text.is_empty())
}

fn capitalised(key: &str) -> Option<String> {
    let (first, rest) = key.split_at_checked(1)?;
    Some(first.to_ascii_uppercase() + rest)
}

/// Reads a finding. One that GuardDuty updated is a new event, because its severity and its count may have changed.
pub(crate) fn event(raw: Value, time: Time) -> Event {
    let account = text(&raw, &["accountId"]);
    let region = text(&raw, &["region"]);
    let home = Home {
        partition: text(&raw, &["partition"]).unwrap_or("aws").to_owned(),
        ..Home::new(region, account)
    };
    let updated = text(&raw, &["updatedAt"]);
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
        actor: actor(&raw, &home).or_else(|| sequence::actor(&raw, &home)),
        origin: origin(&raw).or_else(|| sequence::origin(&raw)),
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
    let Some(user_type) = detail("userType") else { return kubernetes_user(raw) };
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

/// Who asked a cluster.
fn kubernetes_user(raw: &Value) -> Option<Principal> {
    let name = text(raw, &["resource", "kubernetesDetails", "kubernetesUserDetails", "username"])?;
    Some(Principal {
        kind: if name == "system:anonymous" { PrincipalKind::Unknown } else { PrincipalKind::Kubernetes },
        arn: name.to_owned(),
        name: name.to_owned(),
        account: None,
        session: None,
        access_key: None,
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
            let remote = ["ipAddressV4", "ipAddressV6"]
                .into_iter()
                .find_map(|ip| text(kind, &["remoteIpDetails", ip]));
            remote.or_else(|| at(kind, &["sourceIPs"])?.get(0)?.as_str())
        })
        .map(str::to_owned)
}

/// Fields of `resource` that hold an id, its kind, and how it is completed to an ARN.
const NAMED: [(&[&str], ResourceKind, &str, &str); 7] = [
    (&["resource", "instanceDetails", "instanceId"], ResourceKind::Instance, "ec2", "instance/"),
    (&["resource", "eksClusterDetails", "arn"], ResourceKind::Other, "eks", "cluster/"),
    (&["resource", "ecsClusterDetails", "arn"], ResourceKind::Other, "ecs", "cluster/"),
    (&["resource", "lambdaDetails", "functionArn"], ResourceKind::Function, "lambda", "function:"),
    (&["resource", "rdsDbInstanceDetails", "dbInstanceArn"], ResourceKind::Database, "rds", "db:"),
    (
        &["resource", "rdsLimitlessDbDetails", "dbShardGroupArn"],
        ResourceKind::Database,
        "rds",
        "shard-group:",
    ),
    (&["resource", "accessKeyDetails", "accessKeyId"], ResourceKind::AccessKey, "", ""),
];

fn resources(raw: &Value, home: &Home) -> Vec<Resource> {
    let list = |path: &[&str]| at(raw, path).and_then(Value::as_array).into_iter().flatten().take(MAX);
    let mut found = Vec::new();
    for (path, kind, service, prefix) in NAMED {
        let Some(id) = text(raw, path) else { continue };
        let is_named = service.is_empty() || arn::parts(id).is_some();
        let arn = if is_named { None } else { home.regional(service, &format!("{prefix}{id}")) };
        let name = arn::name(id).to_owned();
        found.push(Resource { kind, arn: arn.unwrap_or_else(|| id.to_owned()), name });
    }
    for name in list(&["resource", "s3BucketDetails"]).filter_map(|bucket| text(bucket, &["name"])) {
        found.push(arn::resource(ResourceKind::Bucket, &home.bucket(name)));
    }
    for volume in list(&["resource", "ebsVolumeDetails", "scannedVolumeDetails"]) {
        found.extend(text(volume, &["volumeArn"]).map(|arn| arn::resource(ResourceKind::Volume, arn)));
    }
    // What runs in a cluster is named as its audit log names it.
    let workload = ["resource", "kubernetesDetails", "kubernetesWorkloadDetails"];
    let part = |field| text(raw, &[workload[0], workload[1], workload[2], field]);
    if let (Some(kind), Some(name)) = (part("type"), part("name")) {
        let path =
            [Some(kind), part("namespace"), Some(name)].into_iter().flatten().collect::<Vec<_>>().join("/");
        found.push(Resource { kind: ResourceKind::Kubernetes, arn: path, name: name.to_owned() });
    }
    let affected =
        at(raw, &["service", "action", "awsApiCallAction", "affectedResources"]).and_then(Value::as_object);
    let affected = affected.into_iter().flatten().take(MAX).filter_map(|(_, arn)| arn.as_str());
    found.extend(
        affected.filter(|arn| arn::parts(arn).is_some()).map(|arn| arn::resource(arn::kind_of(arn), arn)),
    );
    found.extend(sequence::resources(raw));
    found
}

pub(crate) fn text<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    at(value, path).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The value at a path of keys, each of which may also begin with a capital.
pub(crate) fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.get(key).or_else(|| value.get(capitalised(key)?)))
}
