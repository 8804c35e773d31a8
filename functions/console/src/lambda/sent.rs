//! What people were told already: the table `{stack}-notices`.

use anyhow::{Context, bail};
use async_trait::async_trait;
use aws_sdk_dynamodb::{
    Client,
    types::AttributeValue::{N, S},
};
use domain::{IncidentId, Time};
use notify::{Sent, Thread};

/// Seconds after which a note may be forgotten. An incident may be undone weeks after it was answered; no queue brings a message
/// again after two.
const KEPT: i64 = 90 * 24 * 3600;

/// Notes in DynamoDB, each with its expiry.
pub(crate) struct Notes {
    table: String,
    dynamodb: Client,
}

impl Notes {
    pub(crate) fn new(stack: &str, dynamodb: Client) -> Self {
        Self { table: format!("{stack}-notices"), dynamodb }
    }

    /// Writes a note unless there is one; whether it did.
    async fn put(&self, id: String, thread: Option<&Thread>, now: Time) -> anyhow::Result<bool> {
        let put = self.dynamodb.put_item().table_name(&self.table);
        let mut put = put.item("id", S(id)).item("ttl", N((now.millis() / 1000 + KEPT).to_string()));
        if let Some(thread) = thread {
            put = put.item("channel", S(thread.channel.clone())).item("ts", S(thread.ts.clone()));
        }
        match put.condition_expression("attribute_not_exists(id)").send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(error).context("that people were told cannot be kept"),
        }
    }
}

#[async_trait]
impl Sent for Notes {
    async fn is_claimed(&self, key: &str) -> anyhow::Result<bool> {
        let get = self.dynamodb.get_item().table_name(&self.table).consistent_read(true);
        let found = get.key("id", S(format!("key/{key}"))).send().await;
        Ok(found.context("what people were told cannot be read")?.item.is_some())
    }

    async fn claim(&self, key: &str, now: Time) -> anyhow::Result<bool> {
        self.put(format!("key/{key}"), None, now).await
    }

    async fn thread(&self, incident: &IncidentId) -> anyhow::Result<Option<Thread>> {
        let get = self.dynamodb.get_item().table_name(&self.table).consistent_read(true);
        let found = get.key("id", S(format!("thread/{incident}"))).send().await;
        let Some(item) = found.context("where an incident is talked about cannot be read")?.item else {
            return Ok(None);
        };
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let thread = text("channel").zip(text("ts")).map(|(channel, ts)| Thread { channel, ts });
        Ok(Some(thread.with_context(|| format!("the note of {incident}'s thread is not in form"))?))
    }

    async fn keep_thread(&self, incident: &IncidentId, thread: &Thread, now: Time) -> anyhow::Result<Thread> {
        if self.put(format!("thread/{incident}"), Some(thread), now).await? {
            return Ok(thread.clone());
        }
        match self.thread(incident).await? {
            Some(kept) => Ok(kept),
            None => bail!(
                "the note of {incident}'s thread was forgotten just now; it is written when this comes again"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_contract_is_kept() {
        let moto = cloud::Moto::start().await.unwrap();
        let tables = include_str!("../../../../infra/tables.yaml");
        moto.deploy("notices", tables, &[("Stack", "notices"), ("Protect", "false")]).await.unwrap();
        let credentials = aws_sdk_dynamodb::config::Credentials::new("test", "test", None, None, "test");
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
            .endpoint_url(moto.url())
            .region(aws_sdk_dynamodb::config::Region::new("us-east-1"))
            .credentials_provider(credentials)
            .build();
        let notes = Notes::new("notices", Client::from_conf(config));
        notify::proofs::of_many_the_first_counts(&notes, Time::from_millis(1_800_000_000_000)).await;
    }
}
