//! Security Hub findings: in OCSF ("OCSF findings in Security Hub"; classes 2002 to 2004), and in the older AWS Security
//! Finding Format. An event's service is the product that found it, so that what only repeats GuardDuty can be told.

use domain::{Digest, Event, EventClass, EventOutcome, Principal, Resource, ResourceKind, Source, Time};
use json::{Document, Node};
use serde_json::Value;

use crate::{
    arn::{self, Home},
    cloudtrail::text,
};

/// Most resources of one finding.
const MAX: usize = 32;
/// Longest id that is taken over; ids are often ARNs.
const MAX_ID: usize = 512;

/// The fields of one format, as JSON pointers. Of several the first that is there counts.
struct Format {
    id: &'static [&'static str],
    updated: &'static [&'static str],
    account: &'static [&'static str],
    region: &'static [&'static str],
    product: &'static [&'static str],
    kind: &'static [&'static str],
    actor: &'static [&'static str],
    origin: &'static [&'static str],
    resources: &'static str,
    resource: &'static [&'static str],
}

const OCSF: Format = Format {
    id: &["/finding_info/uid", "/metadata/uid"],
    updated: &["/finding_info/modified_time_dt", "/time_dt"],
    account: &["/cloud/account/uid", "/resources/0/owner/account/uid"],
    region: &["/cloud/region", "/resources/0/region"],
    product: &["/metadata/product/name", "/finding_info/product/name"],
    kind: &["/finding_info/types/0", "/finding_info/title"],
    actor: &["/evidences/0/actor/user/uid_alt", "/evidences/0/actor/user/uid", "/actor/user/uid"],
    origin: &["/evidences/0/src_endpoint/ip", "/src_endpoint/ip"],
    resources: "/resources",
    resource: &["/uid", "/name"],
};

const ASFF: Format = Format {
    id: &["/Id"],
    updated: &["/UpdatedAt"],
    account: &["/AwsAccountId"],
    region: &["/Region", "/Resources/0/Region"],
    product: &["/ProductName", "/ProductFields/aws~1securityhub~1ProductName"],
    kind: &["/Types/0", "/Title"],
    actor: &["/Resources/0/Details/AwsIamAccessKey/PrincipalName"],
    origin: &[
        "/Action/AwsApiCallAction/RemoteIpDetails/IpAddressV4",
        "/Network/SourceIpV4",
        "/Network/SourceIpV6",
    ],
    resources: "/Resources",
    resource: &["/Id"],
};

/// Whether this is a finding in either format. Findings in OCSF of other classes say too little to be told apart.
pub(crate) fn is(finding: &Document<'_>) -> bool {
    let text = |key: &str| finding.get(key).and_then(Node::as_text);
    let class = finding.get("class_uid").and_then(|class| class.raw().parse::<u32>().ok());
    let is_ocsf = matches!(class, Some(2002..=2004)) && finding.get("finding_info").is_some();
    is_ocsf || (text("ProductArn").is_some() && text("Id").is_some())
}

/// When it was last seen, or updated.
pub(crate) fn time(finding: &Document<'_>) -> Option<Time> {
    let below = |key: &str| finding.get("finding_info")?.get(key)?.as_text()?.parse().ok();
    let at = |key: &str| finding.get(key)?.as_text()?.parse().ok();
    let millis = || finding.get("time")?.raw().parse().ok().map(Time::from_millis);
    below("last_seen_time_dt")
        .or_else(|| below("modified_time_dt"))
        .or_else(|| at("time_dt"))
        .or_else(millis)
        .or_else(|| at("LastObservedAt"))
        .or_else(|| at("UpdatedAt"))
        .or_else(|| at("CreatedAt"))
}

/// Reads a finding. One that was updated is a new event, as with GuardDuty.
pub(crate) fn event(raw: Value, time: Time) -> Event {
    let format = if raw.get("ProductArn").is_some() { ASFF } else { OCSF };
    let first = |fields: &[&str]| fields.iter().find_map(|field| text(&raw, field));
    let (account, region) = (first(format.account), first(format.region));
    let id = match first(format.id).filter(|id| id.len() <= MAX_ID) {
        Some(id) => format!(
            "securityhub:{id}@{}",
            first(format.updated).map_or_else(|| time.to_string(), str::to_owned)
        ),
        None => Digest::of_json(&raw).0,
    };
    Event {
        id: id.into(),
        class: EventClass::DetectionFinding,
        source: Source::SecurityHub,
        time,
        account: account.map(str::to_owned),
        region: region.map(str::to_owned),
        service: first(format.product).unwrap_or("Security Hub").to_owned(),
        operation: first(format.kind).unwrap_or_default().to_owned(),
        actor: first(format.actor).map(|actor| principal(actor, &Home::new(region, account))),
        origin: first(format.origin).map(str::to_owned),
        user_agent: None,
        outcome: EventOutcome::Unknown,
        resources: resources(&raw, &format),
        raw,
    }
}

/// An ARN as it is; a name alone says only that somebody of this name acted.
fn principal(actor: &str, home: &Home) -> Principal {
    let named = arn::principal(actor);
    let account = named.account.clone().or(Some(home.account.clone()).filter(|account| !account.is_empty()));
    Principal { account, ..named }
}

fn resources(raw: &Value, format: &Format) -> Vec<Resource> {
    let list = raw.pointer(format.resources).and_then(Value::as_array).into_iter().flatten().take(MAX);
    let named = list.filter_map(|resource| {
        let id = format.resource.iter().find_map(|field| text(resource, field))?;
        // AWS::IAM::AccessKey:AKIA… is how the older format names what has no ARN.
        let id = id.strip_prefix("AWS::IAM::AccessKey:").unwrap_or(id);
        let is_key = id.len() == 20 && (id.starts_with("AKIA") || id.starts_with("ASIA"));
        Some(arn::resource(if is_key { ResourceKind::AccessKey } else { arn::kind_of(id) }, id))
    });
    named.collect()
}
