//! Normalised log records.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{EventId, Principal, Resource, Time};

/// One log record, normalised after OCSF, with its raw form kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Made from its source's id and what happened: a copy has the same, another event that only shares the id has not.
    pub id: EventId,
    /// OCSF class.
    pub class: EventClass,
    /// Which log it came from.
    pub source: Source,
    /// When it happened, by its source's clock.
    pub time: Time,
    /// The AWS account it happened in, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The region it happened in, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The service asked: CloudTrail `eventSource`, such as `iam.amazonaws.com`.
    pub service: String,
    /// The operation: CloudTrail `eventName`, a GuardDuty finding type, a Kubernetes verb and resource.
    pub operation: String,
    /// Who did it, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Principal>,
    /// The address it came from: an IP, or an AWS service's host name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The caller's user agent. Hostile text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Whether it succeeded.
    pub outcome: EventOutcome,
    /// The resources it touched.
    #[serde(default)]
    pub resources: Vec<Resource>,
    /// The record as it was delivered.
    #[schema(value_type = Object)]
    pub raw: Value,
}

impl Event {
    /// The IP address it came from, if `origin` is one.
    pub fn origin_ip(&self) -> Option<std::net::IpAddr> {
        self.origin.as_deref()?.parse().ok()
    }
}

/// OCSF event classes in use (OCSF 1.x, `class_uid`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventClass {
    /// API Activity, 6003.
    ApiActivity,
    /// Authentication, 3002.
    Authentication,
    /// Network Activity, 4001.
    NetworkActivity,
    /// Detection Finding, 2004.
    DetectionFinding,
}

impl EventClass {
    /// OCSF's number for this class.
    pub fn uid(self) -> u32 {
        match self {
            EventClass::ApiActivity => 6003,
            EventClass::Authentication => 3002,
            EventClass::NetworkActivity => 4001,
            EventClass::DetectionFinding => 2004,
        }
    }
}

/// Logs that telemetry reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// AWS CloudTrail.
    Cloudtrail,
    /// Amazon GuardDuty.
    Guardduty,
    /// Amazon VPC flow logs.
    VpcFlow,
    /// Kubernetes audit logs, those of Amazon EKS too.
    Kubernetes,
    /// AWS Security Hub, in OCSF.
    SecurityHub,
    /// A signed webhook in A-SOC's own form, or mapped to it.
    Webhook,
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventOutcome {
    /// It was carried out.
    Success,
    /// It was refused or failed, with the source's error code.
    Failure(String),
    /// The source does not say.
    Unknown,
}
