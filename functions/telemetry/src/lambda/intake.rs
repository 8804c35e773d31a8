//! What AWS hands over, and which bytes of it are a delivery.

use agent::{Ctx, invoke};
use anyhow::{Context, bail};
use aws::{
    Diagnostic, Invocation,
    function::{permanent, transient},
    queue,
};
use aws_lambda_events::{
    s3::{S3Event, S3EventRecord},
    sqs::SqsMessage,
};
use aws_sdk_s3::Client;
use domain::{Delivery, delivery::Door};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Value;
use telemetry::Telemetry;

/// Bytes of an object at most, as stored. CloudTrail's are below 50 MB unpacked.
const OBJECT: i64 = 64 << 20;
/// The attribute that marks a message of the console's. AWS's own services cannot set one.
const DOOR: &str = "door";

/// Takes deliveries in.
pub(crate) struct Intake {
    s3: Client,
    ctx: Ctx,
    telemetry: Telemetry,
}

/// A message of the console's: bytes that are in the archive already.
#[derive(Deserialize)]
struct Archived {
    delivery: Delivery,
}

impl Intake {
    pub(crate) fn new(s3: Client, ctx: Ctx, telemetry: Telemetry) -> Self {
        Self { s3, ctx, telemetry }
    }

    pub(crate) async fn answer(&self, event: Value) -> Result<Value, Diagnostic> {
        match Invocation::read(event)? {
            Invocation::Queue(batch) => queue::work(batch, |message| self.take(message)).await,
            Invocation::Other(event) if event.get("awslogs").is_some() => {
                let taken = self.keep("CloudWatch Logs", event.to_string().as_bytes(), "logs").await;
                taken.map(|()| Value::Null).map_err(|error| match agent::is_transient(&error) {
                    true => transient(format!("{error:#}")),
                    false => permanent(format!("{error:#}")),
                })
            }
            _ => Err(permanent("telemetry is asked by its queue and by CloudWatch Logs only")),
        }
    }

    /// Takes what a message of the queue is about. The message's id is part of the key: it stays the same when the message
    /// comes again.
    async fn take(&self, message: SqsMessage) -> anyhow::Result<()> {
        let id = message.message_id.unwrap_or_default();
        let body = message.body.unwrap_or_default();
        if message.message_attributes.contains_key(DOOR) {
            let Archived { delivery } = serde_json::from_str(&body).context("the console's message")?;
            return self.read(delivery, &id).await;
        }
        let event: Value = serde_json::from_str(&body).unwrap_or_default();
        if event["Event"] == "s3:TestEvent" {
            return Ok(());
        }
        if event["Records"][0]["eventSource"] == "aws:s3" {
            let event: S3Event = serde_json::from_value(event).context("S3's notification")?;
            for record in &event.records {
                let (bucket, key) = named(record)?;
                self.fetch(bucket, &key, &id).await?;
            }
            return Ok(());
        }
        if event["source"] == "aws.s3" && event["detail-type"] == "Object Created" {
            let detail = |field: &str| event["detail"][field].clone();
            let (bucket, object) = (detail("bucket"), detail("object"));
            let (Some(bucket), Some(key)) = (bucket["name"].as_str(), object["key"].as_str()) else {
                bail!("an event of S3's names no object");
            };
            return self.fetch(bucket, key, &id).await;
        }
        let name = event["detail-type"].as_str().unwrap_or("queue").to_owned();
        self.keep(&name, body.as_bytes(), &id).await
    }

    async fn fetch(&self, bucket: &str, key: &str, id: &str) -> anyhow::Result<()> {
        let name = format!("s3://{bucket}/{key}");
        let object = match self.s3.get_object().bucket(bucket).key(key).send().await {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(|e| e.is_no_such_key()) => {
                tracing::warn!(name, "an object is gone before it was read");
                return Ok(());
            }
            Err(error) => return Err(error).with_context(|| format!("{name} cannot be read")),
        };
        let size = object.content_length.unwrap_or_default();
        anyhow::ensure!(
            size <= OBJECT,
            "{name} has {size} bytes; at most {OBJECT} are read at once: split it"
        );
        let bytes = object.body.collect().await.with_context(|| format!("{name} broke off"))?.into_bytes();
        self.keep(&name, &bytes, &format!("{id}/{key}")).await
    }

    /// Archives the bytes, so that nothing is lost, and reads them.
    async fn keep(&self, name: &str, bytes: &[u8], id: &str) -> anyhow::Result<()> {
        let digest = self.ctx.store.put_blob(bytes).await?;
        let name: String = name.chars().filter(|c| !c.is_control()).take(256).collect();
        let received = self.ctx.clock.now();
        self.read(Delivery { digest, name, door: Door::Logs, mapping: None, received }, id).await
    }

    async fn read(&self, delivery: Delivery, id: &str) -> anyhow::Result<()> {
        let key = format!("{}/{id}", delivery.digest);
        let name = delivery.name.clone();
        let receipt = invoke(&self.telemetry, &self.ctx, &key, None, delivery).await?;
        let (given, read, duplicate, quarantined) =
            (receipt.given, receipt.read, receipt.duplicate, receipt.quarantined);
        tracing::info!(name, given, read, duplicate, quarantined, "a delivery was read");
        Ok(())
    }
}

/// Bucket and key of a notification, in which keys are encoded as in a form.
fn named(record: &S3EventRecord) -> anyhow::Result<(&str, String)> {
    let bucket = record.s3.bucket.name.as_deref().context("a notification of S3's names no bucket")?;
    let key = record.s3.object.key.as_deref().context("a notification of S3's names no object")?;
    let key = key.replace('+', " ");
    let key = percent_decode_str(&key).decode_utf8().context("an object's key is not UTF-8")?.into_owned();
    Ok((bucket, key))
}
