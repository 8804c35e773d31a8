//! What carries on AWS and nothing carries here: the pipe from the log to the bus, and queues to functions.

use std::{collections::HashSet, sync::Arc, time::Duration};

use anyhow::Context;
use serde_json::{Value, json};

use crate::{Moto, gateway::Gateway};

/// How often there is a look at a queue or the log.
const TICK: Duration = Duration::from_millis(50);

/// Does a piece of work anew for as long as it ends with an error, which is shown: on AWS these parts never end.
pub(crate) async fn keep_on<F: Future<Output = anyhow::Result<()>>>(what: &str, work: impl Fn() -> F) {
    while let Err(error) = work().await {
        tracing::warn!("{what} begins anew: {error:#}");
        tokio::time::sleep(TICK).await;
    }
}

/// Carries the log's new rows onto the bus, as `infra/messages.yaml` has its pipe do it.
///
/// The rows are read where the pipe reads the table's stream: when moto cancels a transaction it puts a copy in the table's
/// place, and an iterator over the stream stays with the table that was, for good.
pub(crate) async fn pipe(moto: Arc<Moto>, table: String, bus: String) -> anyhow::Result<()> {
    let mut next = 0;
    loop {
        let asked = json!({
            "TableName": table, "KeyConditionExpression": "#log = :log AND seq >= :next",
            "ExpressionAttributeNames": { "#log": "log" },
            "ExpressionAttributeValues": { ":log": { "S": "log" }, ":next": { "N": next.to_string() } },
        });
        let read = moto.call("dynamodb", "DynamoDB_20120810.Query", &asked).await?;
        for row in read["Items"].as_array().into_iter().flatten() {
            let detail = json!({
                "seq": row["seq"]["N"], "count": row["count"]["N"],
                "receiver": row["receiver"]["S"], "kind": row["kind"]["S"],
            });
            let entry = json!({
                "Source": "asoc", "DetailType": "Message", "Detail": detail.to_string(), "EventBusName": bus,
            });
            moto.call("events", "AWSEvents.PutEvents", &json!({ "Entries": [entry] })).await?;
            next = row["seq"]["N"].as_str().context("a row has no number")?.parse::<u64>()? + 1;
        }
        tokio::time::sleep(TICK).await;
    }
}

/// Hands a queue's messages to a function, in batches; deletes those that it does not report as failed.
pub(crate) async fn mapping(
    moto: Arc<Moto>,
    gateway: Arc<Gateway>,
    queue: String,
    function: String,
) -> anyhow::Result<()> {
    let sqs = |target: &str| format!("AmazonSQS.{target}");
    loop {
        let asked = json!({
            "QueueUrl": queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0,
            "AttributeNames": ["All"], "MessageAttributeNames": ["All"],
        });
        let taken = moto.call("sqs", &sqs("ReceiveMessage"), &asked).await?;
        let Some(messages) = taken["Messages"].as_array().filter(|messages| !messages.is_empty()) else {
            tokio::time::sleep(TICK).await;
            continue;
        };
        let records: Vec<Value> = messages.iter().map(record).collect();
        let answer = gateway.invoke(&function, json!({ "Records": records })).await;
        let failed: Option<HashSet<String>> = answer.ok().map(|answer| {
            let failures = answer["batchItemFailures"].as_array().cloned().unwrap_or_default();
            failures.iter().filter_map(|f| f["itemIdentifier"].as_str().map(str::to_owned)).collect()
        });
        for message in messages {
            let (id, handle) = (message["MessageId"].as_str().unwrap_or_default(), &message["ReceiptHandle"]);
            let is_done = failed.as_ref().is_some_and(|failed| !failed.contains(id));
            let (target, body) = match is_done {
                true => ("DeleteMessage", json!({ "QueueUrl": queue, "ReceiptHandle": handle })),
                false => (
                    "ChangeMessageVisibility",
                    json!({ "QueueUrl": queue, "ReceiptHandle": handle, "VisibilityTimeout": 0 }),
                ),
            };
            // A message that went to the dead letters meanwhile has no handle any more.
            let _ = moto.call("sqs", &sqs(target), &body).await;
        }
    }
}

/// A message in the form in which Lambda hands it to a function ("Using Lambda with Amazon SQS").
fn record(message: &Value) -> Value {
    let attributes = message["MessageAttributes"].as_object().into_iter().flatten();
    let attributes = attributes.map(|(name, value)| {
        let value = json!({ "stringValue": value["StringValue"], "stringListValues": [], "binaryListValues": [],
                            "dataType": value["DataType"] });
        (name.clone(), value)
    });
    json!({
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": Value::Object(attributes.collect()),
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:queue",
        "awsRegion": "us-east-1",
    })
}
