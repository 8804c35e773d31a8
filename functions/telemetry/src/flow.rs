//! VPC flow logs (Amazon VPC User Guide, "Flow log records"): lines of fields, under a header line or in the default
//! order, which become JSON objects with AWS's own field names.

mod line;

use domain::{Digest, Event, EventClass, EventOutcome, Resource, ResourceKind, Source, Time};
use json::Document;
use serde_json::Value;

pub use line::{FlowFormat, FlowFormatError};
pub(crate) use line::{Line, Lines, renamed};

use crate::{arn::Home, cloudtrail::text};

/// When its first packet was seen, or for how long none was.
pub(crate) fn time(record: &Document<'_>) -> Option<Time> {
    let seconds = |field: &str| record.get(field)?.raw().parse::<i64>().ok();
    seconds("start").or_else(|| seconds("end")).map(|seconds| Time::from_millis(seconds.saturating_mul(1000)))
}

/// Reads a record. Its origin is where the packets came from, which behind a NAT gateway is not the interface's peer.
pub(crate) fn event(raw: Value, time: Time) -> Event {
    let (account, region) = (text(&raw, "/account-id"), text(&raw, "/region"));
    let home = Home::new(region, account);
    let action = text(&raw, "/action");
    let named = [
        (text(&raw, "/instance-id"), ResourceKind::Instance, "instance/"),
        (text(&raw, "/interface-id"), ResourceKind::NetworkInterface, "network-interface/"),
    ];
    let resources = named.into_iter().filter_map(|(id, kind, prefix)| {
        let id = id?;
        let arn = home.regional("ec2", &format!("{prefix}{id}"));
        Some(Resource { kind, arn: arn.unwrap_or_else(|| id.to_owned()), name: id.to_owned() })
    });
    Event {
        id: Digest::of_json(&raw).0.into(),
        class: EventClass::NetworkActivity,
        source: Source::VpcFlow,
        time,
        account: account.map(str::to_owned),
        region: region.map(str::to_owned),
        service: "vpc-flow-logs".into(),
        operation: operation(&raw),
        actor: None,
        origin: text(&raw, "/pkt-srcaddr").or_else(|| text(&raw, "/srcaddr")).map(str::to_owned),
        user_agent: None,
        outcome: match action {
            Some("ACCEPT") => EventOutcome::Success,
            Some("REJECT") => {
                EventOutcome::Failure(text(&raw, "/reject-reason").unwrap_or("REJECT").to_owned())
            }
            _ => EventOutcome::Unknown,
        },
        resources: resources.collect(),
        raw,
    }
}

/// `ACCEPT tcp/22`, or `NODATA` where nothing was seen.
fn operation(raw: &Value) -> String {
    // IANA, "Assigned Internet Protocol Numbers".
    let protocol = raw.get("protocol").and_then(Value::as_u64).map(|number| match number {
        1 => "icmp".to_owned(),
        6 => "tcp".to_owned(),
        17 => "udp".to_owned(),
        58 => "ipv6-icmp".to_owned(),
        other => format!("protocol {other}"),
    });
    let port = raw.get("dstport").and_then(Value::as_u64);
    let flow = match (protocol, port) {
        (Some(protocol), Some(port)) if protocol == "tcp" || protocol == "udp" => {
            Some(format!("{protocol}/{port}"))
        }
        (Some(protocol), _) => Some(protocol),
        (None, port) => port.map(|port| format!("port {port}")),
    };
    let action = text(raw, "/action").or_else(|| text(raw, "/log-status"));
    [action.map(str::to_owned), flow].into_iter().flatten().collect::<Vec<_>>().join(" ")
}
