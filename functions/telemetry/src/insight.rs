//! CloudTrail Insights events ("CloudTrail record contents for Insights events for trails"): a rate of calls or of errors
//! that is not usual. They describe many calls of nobody in particular, and are no calls themselves.

use domain::{Event, EventClass, EventOutcome, Source, Time};
use json::{Document, Node};
use serde_json::Value;

use crate::cloudtrail::{id, text};

/// Whether this is one.
pub(crate) fn is(record: &Document<'_>) -> bool {
    let text = |key: &str| record.get(key).and_then(Node::as_text);
    text("eventType") == Some("AwsCloudTrailInsight")
        || (text("eventCategory") == Some("Insight") && record.get("insightDetails").is_some())
}

/// Reads one. The call that it counts stands in its operation behind the kind of insight, so that it is not taken for
/// that call; there is no actor, as the ones that it attributes calls to need have done nothing unusual.
pub(crate) fn event(raw: Value, time: Time) -> Event {
    let detail = |field: &str| text(&raw, &format!("/insightDetails/{field}"));
    let account = text(&raw, "/recipientAccountId");
    let words = ["insightType", "eventName", "state"].map(|field| detail(field).unwrap_or_default());
    Event {
        id: id(&raw, &["eventTime", "awsRegion", "insightDetails"]),
        class: EventClass::DetectionFinding,
        source: Source::Cloudtrail,
        time,
        account: account.map(str::to_owned),
        region: text(&raw, "/awsRegion").map(str::to_owned),
        service: detail("eventSource").unwrap_or("cloudtrail.amazonaws.com").to_owned(),
        operation: format!("Insight {}", words.join(" ")).trim_end().to_owned(),
        actor: None,
        origin: None,
        user_agent: None,
        outcome: EventOutcome::Unknown,
        resources: Vec::new(),
        raw,
    }
}
