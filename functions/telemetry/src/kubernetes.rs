//! Kubernetes audit events ("Kubernetes audit.k8s.io API group", v1), those of Amazon EKS too.

use domain::{
    Digest, Event, EventClass, EventId, EventOutcome, Principal, PrincipalKind, Resource, ResourceKind,
    Source, Time,
};
use json::Document;
use serde_json::Value;

use crate::{arn, cloudtrail::text};

/// Longest `auditID` that is taken over. Clients may choose it (the `Audit-ID` header), so it is hostile.
const MAX_ID: usize = 128;

/// The fields that say what happened.
const WHAT_HAPPENED: [&str; 7] =
    ["verb", "requestURI", "objectRef", "user", "sourceIPs", "requestObject", "responseStatus"];

/// Whether this is an audit event: it says so, or it has a verb and what it was used on.
pub(crate) fn is(record: &Document<'_>) -> bool {
    let is = |key: &str, value: &str| record.get(key).and_then(|node| node.as_text()) == Some(value);
    let group = record.get("apiVersion").and_then(|node| node.as_text()).unwrap_or_default();
    let has_verb = record.get("verb").is_some_and(|verb| verb.as_text().is_some());
    let has_object = record.get("objectRef").is_some() || record.get("auditID").is_some();
    (group.starts_with("audit.k8s.io/") && is("kind", "Event"))
        || (has_verb && (is("kind", "Event") || has_object))
}

/// When the request was received.
pub(crate) fn time(record: &Document<'_>) -> Option<Time> {
    let at = |field: &str| record.get(field)?.as_text()?.parse().ok();
    at("requestReceivedTimestamp").or_else(|| at("stageTimestamp")).or_else(|| at("timestamp"))
}

/// Reads an audit event.
pub(crate) fn event(raw: Value, time: Time) -> Event {
    let actor = actor(&raw);
    Event {
        id: id(&raw),
        class: EventClass::ApiActivity,
        source: Source::Kubernetes,
        time,
        account: actor.as_ref().and_then(|actor| actor.account.clone()),
        region: None,
        service: "kubernetes".into(),
        operation: operation(&raw),
        actor,
        origin: text(&raw, "/sourceIPs/0").map(str::to_owned),
        user_agent: text(&raw, "/userAgent").map(str::to_owned),
        outcome: outcome(&raw),
        resources: object(&raw).into_iter().collect(),
        raw,
    }
}

/// One request has an event for each stage that it passes, all with one `auditID`.
fn id(raw: &Value) -> EventId {
    let is_name = |id: &&str| id.len() <= MAX_ID && id.bytes().all(|b| b.is_ascii_graphic());
    match (text(raw, "/auditID").filter(is_name), text(raw, "/stage").filter(is_name)) {
        (Some(id), stage) => {
            let happened = Digest::of_json(&WHAT_HAPPENED.map(|field| raw.get(field)));
            format!("{id}/{}~{}", stage.unwrap_or_default(), &happened.0[..8]).into()
        }
        (None, _) => Digest::of_json(raw).0.into(),
    }
}

/// `create pods/exec`; of a request for no resource its path: `get /healthz`.
fn operation(raw: &Value) -> String {
    let verb = text(raw, "/verb").unwrap_or("unknown");
    let kind = match (text(raw, "/objectRef/resource"), text(raw, "/objectRef/subresource")) {
        (Some(resource), Some(part)) => format!("{resource}/{part}"),
        (Some(resource), None) => resource.to_owned(),
        (None, _) => {
            text(raw, "/requestURI").and_then(|uri| uri.split('?').next()).unwrap_or_default().to_owned()
        }
    };
    format!("{verb} {kind}").trim_end().to_owned()
}

/// Whoever asked. EKS says which IAM identity that was, and that is who can be acted on; others are named as Kubernetes
/// names them.
fn actor(raw: &Value) -> Option<Principal> {
    let name = text(raw, "/user/username");
    let extra = |key: &str| {
        let values = raw.pointer("/user/extra")?.get(key)?;
        values.get(0).unwrap_or(values).as_str().filter(|text| !text.is_empty())
    };
    if let Some(arn) = extra("arn").filter(|arn| arn::parts(arn).is_some()) {
        let acting = arn::principal(arn);
        // The session's ARN has lost the role's path, the other one has it.
        let role = extra("canonicalArn").filter(|role| arn::name(role) == acting.name);
        return Some(Principal {
            session: acting.session.or(extra("sessionName").map(str::to_owned)),
            access_key: extra("accessKeyId").map(str::to_owned),
            arn: role.map_or(acting.arn, str::to_owned),
            ..acting
        });
    }
    let name = name?;
    let account = name.strip_prefix("system:serviceaccount:");
    Some(Principal {
        kind: if name == "system:anonymous" { PrincipalKind::Unknown } else { PrincipalKind::Kubernetes },
        arn: name.to_owned(),
        name: account.map_or(name.to_owned(), |account| account.replacen(':', "/", 1)),
        account: None,
        session: None,
        access_key: None,
    })
}

fn outcome(raw: &Value) -> EventOutcome {
    let code = raw.pointer("/responseStatus/code").and_then(Value::as_u64);
    let decision = raw.pointer("/annotations/authorization.k8s.io~1decision").and_then(Value::as_str);
    match (code, decision) {
        (Some(code), _) if code >= 400 => {
            let reason = text(raw, "/responseStatus/reason");
            EventOutcome::Failure(reason.map_or_else(|| code.to_string(), str::to_owned))
        }
        (None, Some("forbid")) => EventOutcome::Failure("Forbidden".into()),
        (Some(_), _) => EventOutcome::Success,
        (None, _) => EventOutcome::Unknown,
    }
}

/// The object, as `resource/namespace/name`. One that is being created may have its name only in the answer.
fn object(raw: &Value) -> Option<Resource> {
    let resource = text(raw, "/objectRef/resource")?;
    let name = ["/objectRef/name", "/responseObject/metadata/name", "/requestObject/metadata/name"]
        .into_iter()
        .find_map(|field| text(raw, field));
    let path = [Some(resource), text(raw, "/objectRef/namespace"), name];
    Some(Resource {
        kind: ResourceKind::Kubernetes,
        arn: path.into_iter().flatten().collect::<Vec<_>>().join("/"),
        name: name.unwrap_or(resource).to_owned(),
    })
}
