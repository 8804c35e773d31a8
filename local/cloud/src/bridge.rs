//! What carries on AWS and nothing carries here: the pipe from the log's stream to the bus, and queues to functions.

use std::{collections::HashSet, sync::Arc, time::Duration};

use serde_json::{Value, json};

use crate::{Moto, gateway::Gateway};

/// How often there is a look at a queue or a stream.
const TICK: Duration = Duration::from_millis(50);

/// Carries new rows of a table's stream onto a bus, as `infra/messages.yaml` has its pipe do it.
pub(crate) async fn pipe(moto: Arc<Moto>, table: String, bus: String) -> anyhow::Result<()> {
    let stream = |target: &str| format!("DynamoDBStreams_20120810.{target}");
    let streams = moto.call("dynamodb", &stream("ListStreams"), &json!({ "TableName": table })).await?;
    let arn = streams["Streams"][0]["StreamArn"].clone();
    let described = moto.call("dynamodb", &stream("DescribeStream"), &json!({ "StreamArn": arn })).await?;
    let shard = described["StreamDescription"]["Shards"][0]["ShardId"].clone();
    let asked = json!({ "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
    let mut iterator =
        moto.call("dynamodb", &stream("GetShardIterator"), &asked).await?["ShardIterator"].clone();
    loop {
        let read =
            moto.call("dynamodb", &stream("GetRecords"), &json!({ "ShardIterator": iterator })).await?;
        for record in read["Records"].as_array().into_iter().flatten() {
            if record["eventName"] != "INSERT" {
                continue;
            }
            let image = &record["dynamodb"]["NewImage"];
            let detail = json!({
                "seq": image["seq"]["N"], "count": image["count"]["N"],
                "receiver": image["receiver"]["S"], "kind": image["kind"]["S"],
            });
            let entry = json!({
                "Source": "asoc", "DetailType": "Message", "Detail": detail.to_string(), "EventBusName": bus,
            });
            moto.call("events", "AWSEvents.PutEvents", &json!({ "Entries": [entry] })).await?;
        }
        iterator = read["NextShardIterator"].clone();
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
