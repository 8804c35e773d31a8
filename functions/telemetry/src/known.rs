//! What a record is that is not read: named, so that whoever delivered it knows what to do.

use json::{Document, Node, Shape};

/// Why this text, which is not JSON or not whole, is not read.
pub(crate) fn text(text: &[u8]) -> String {
    if text.is_empty() {
        return "The list was cut off behind its last record. Deliver it again, whole.".into();
    }
    if matches!(text.first(), Some(b'{' | b'[')) {
        return "It is JSON that was cut off, or its brackets and quotes do not match. Deliver it again, whole.".into();
    }
    line()
}

/// Why a line that is neither JSON nor of a flow log is not read.
pub(crate) fn line() -> String {
    "It is not JSON, nor a line of a VPC flow log. Deliver records as JSON: a log file, one record a line, or one alone."
        .into()
}

/// Why this record is not read; `envelope` is the EventBridge event that it was the detail of.
pub(crate) fn record(record: &Document<'_>, envelope: Option<&Document<'_>>) -> String {
    let text = |key: &str| record.get(key).and_then(Node::as_text);
    let has = |key: &str| record.get(key).is_some_and(|node| !matches!(node.shape(), Shape::Null));
    let starts = |key: &str, with: &str| text(key).is_some_and(|text| text.starts_with(with));
    let named = [
        (!matches!(record.root().shape(), Shape::Map(_)), "It is JSON, but not an object."),
        (has("digestStartTime"), "It is a CloudTrail digest file: it signs log files and holds no records."),
        (
            starts("eventSource", "aws:s3"),
            "It is an S3 event notification: deliver the object that it names.",
        ),
        (
            has("s3Bucket") && has("s3ObjectKey"),
            "It is a notification of CloudTrail's: deliver the objects that it names.",
        ),
        (starts("Event", "s3:TestEvent"), "It is a test event of S3, which says that notifications arrive."),
        (
            starts("eventSource", "aws:dynamodb"),
            "It is a change of a DynamoDB table, which is a record of the application's.",
        ),
        (has("kinesis"), "It is a Kinesis record: deliver what its `data` holds."),
        (has("Sns"), "It is an SNS notification: deliver what its `Message` holds."),
        (has("receiptHandle"), "It is an SQS message: deliver what its `body` holds."),
        (has("class_uid"), "It is an OCSF event that is no finding: deliver the source's own record."),
        (has("httpRequest") && has("webaclId"), "It is a WAF log, which is not read yet."),
        (
            has("eventname"),
            "It is a CloudTrail record with its field names in lower case, as a query exports them: deliver the log file.",
        ),
        (
            has("eventName") || has("eventSource"),
            "It is a CloudTrail record without `eventName` and `eventSource`, both as text.",
        ),
        (
            has("title") && has("severity"),
            "It looks like a webhook's alert, which is taken only with a signature.",
        ),
    ];
    if let Some((_, reason)) = named.into_iter().find(|(is, _)| *is) {
        return reason.into();
    }
    match envelope.and_then(|e| e.get("detail-type")).and_then(Node::as_text) {
        Some(kind) => {
            let kind: String = kind.chars().take(80).collect();
            format!("It is an EventBridge event of the type `{kind}`, whose detail is not read.")
        }
        None => {
            "It is no known record: neither of CloudTrail (`eventName`, `eventSource`) nor of GuardDuty, Security Hub, \
             Kubernetes or VPC flow logs."
                .into()
        }
    }
}
