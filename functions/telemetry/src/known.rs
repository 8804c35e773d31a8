//! What a record is that is not read: named, so that whoever delivered it knows what to do.

use serde_json::Value;

/// Why this text, which is not JSON or not whole, is not read.
pub(crate) fn text(text: &[u8]) -> String {
    if text.is_empty() {
        return "The list was cut off behind its last record. Deliver it again, whole.".into();
    }
    if is_flow_log(text) {
        return "It is a VPC flow log, which is not read yet.".into();
    }
    if matches!(text.first(), Some(b'{' | b'[')) {
        return "It is JSON that was cut off, or its brackets and quotes do not match. Deliver it again, whole.".into();
    }
    "It is not JSON. Deliver CloudTrail or GuardDuty records as JSON: a log file, one record a line, or one alone.".into()
}

/// Amazon VPC User Guide, "Flow log records": the default format starts with a version and names an interface.
fn is_flow_log(text: &[u8]) -> bool {
    let line = text.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line.get(..1024).unwrap_or(line));
    let mut fields = line.split_whitespace();
    match fields.next() {
        Some("version") => fields.any(|f| f == "account-id" || f == "interface-id"),
        Some(version) => version.parse::<u8>().is_ok() && fields.any(|f| f.starts_with("eni-")),
        None => false,
    }
}

/// Why this record is not read; `envelope` is the EventBridge event that it was the detail of.
pub(crate) fn record(record: &Value, envelope: Option<&Value>) -> String {
    let has = |key: &str| record.get(key).is_some_and(|v| !v.is_null());
    let starts =
        |key: &str, with: &str| record.get(key).and_then(Value::as_str).is_some_and(|v| v.starts_with(with));
    let named = [
        (!record.is_object(), "It is JSON, but not an object."),
        (
            starts("apiVersion", "audit.k8s.io") || (has("objectRef") && has("verb")),
            "It is a Kubernetes audit event, which is not read yet.",
        ),
        (has("digestStartTime"), "It is a CloudTrail digest file: it signs log files and holds no records."),
        (has("insightDetails"), "It is a CloudTrail Insights event, which is not read yet."),
        (
            starts("eventSource", "aws:s3"),
            "It is an S3 event notification: deliver the object that it names.",
        ),
        (has("kinesis"), "It is a Kinesis record: deliver what its `data` holds."),
        (has("Sns"), "It is an SNS notification: deliver what its `Message` holds."),
        (has("receiptHandle"), "It is an SQS message: deliver what its `body` holds."),
        (has("ProductArn"), "It is a Security Hub finding (ASFF), which is not read yet."),
        (has("class_uid"), "It is an OCSF event, which is not read yet: deliver the source's own record."),
        (has("srcaddr") || has("srcAddr"), "It is a VPC flow log, which is not read yet."),
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
    match envelope.and_then(|e| e.get("detail-type")).and_then(Value::as_str) {
        Some(kind) => {
            let kind: String = kind.chars().take(80).collect();
            format!("It is an EventBridge event of the type `{kind}`, whose detail is not read.")
        }
        None => {
            "It is no known record: neither CloudTrail (`eventName`, `eventSource`) nor GuardDuty.".into()
        }
    }
}
