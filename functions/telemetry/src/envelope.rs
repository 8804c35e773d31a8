//! What stands around records: the forms in which AWS's services hand them on.

use json::{Document, Node, Shape};

/// Keys of outermost objects whose lists hold records: CloudTrail's log files and what queues and streams hand to
/// functions, LookupEvents, GetFindings, CloudWatch Logs subscriptions, Kubernetes' `EventList`, ReceiveMessage, Firehose.
pub(crate) const LISTS: &[&str] =
    &["Records", "Events", "Findings", "logEvents", "items", "Messages", "records"];

/// What an envelope holds, and what that is called.
#[derive(Debug)]
pub(crate) enum Inside<'n, 'a> {
    /// A text with records.
    Text(&'static str, &'n str),
    /// Such a text in Base64, perhaps compressed.
    Encoded(&'static str, &'n str),
    /// One record.
    Record(&'n Node<'a>),
    /// Records.
    List(&'n [Node<'a>]),
    /// None, and it says so.
    Nothing,
}

/// What this object is the envelope of, if it is one.
pub(crate) fn inside<'n, 'a>(object: &'n Document<'a>) -> Option<Inside<'n, 'a>> {
    let text = |key: &str| object.get(key).and_then(Node::as_text);
    let below =
        |key: &str, below: &str| object.get(key).and_then(|node| node.get(below)).and_then(Node::as_text);
    let has = |key: &str| object.get(key).is_some();
    if let Some(event) = text("CloudTrailEvent") {
        return Some(Inside::Text("`CloudTrailEvent`", event));
    }
    if let Some(message) = text("message").filter(|_| has("id") && has("timestamp")) {
        // CloudWatch Logs sees whether its receiver is there ("Log group-level subscription filters").
        let is_control = message.starts_with("CWL CONTROL MESSAGE:");
        return Some(if is_control {
            Inside::Nothing
        } else {
            Inside::Text("a log event's `message`", message)
        });
    }
    if let Some(data) = below("awslogs", "data") {
        return Some(Inside::Encoded("`awslogs.data`", data));
    }
    if let Some(data) = below("kinesis", "data") {
        return Some(Inside::Encoded("a Kinesis record's `data`", data));
    }
    if let Some(data) = text("data").filter(|_| has("recordId")) {
        return Some(Inside::Encoded("a Firehose record's `data`", data));
    }
    let notified = below("Sns", "Message").or_else(|| text("Message").filter(|_| has("TopicArn")));
    if let Some(message) = notified {
        return Some(Inside::Text("an SNS notification's `Message`", message));
    }
    let queued = text("body").filter(|_| has("receiptHandle") || text("eventSource") == Some("aws:sqs"));
    if let Some(body) = queued.or_else(|| text("Body").filter(|_| has("ReceiptHandle"))) {
        return Some(Inside::Text("an SQS message's `body`", body));
    }
    let detail = object.get("detail").filter(|_| has("detail-type"))?;
    let findings = detail.get("findings").filter(|findings| matches!(findings.shape(), Shape::List(_)));
    Some(findings.map_or(Inside::Record(detail), |findings| Inside::List(findings.elements())))
}
