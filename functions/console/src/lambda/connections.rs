//! Who is connected to the live feed, and the tickets with which they got there.

use anyhow::Context;
use aws_sdk_dynamodb::{
    Client,
    types::{
        AttributeValue::{N, S},
        ReturnValue,
    },
};
use domain::{Digest, Time};

/// Seconds a ticket lives.
const TICKET: i64 = 60;
/// Seconds after which API Gateway has closed any connection.
const CONNECTION: i64 = 2 * 3600;

/// The tables `{stack}-credentials` and `{stack}-connections`. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Connections {
    credentials: String,
    connections: String,
    dynamodb: Client,
}

impl Connections {
    pub(crate) fn new(stack: &str, dynamodb: Client) -> Self {
        let (credentials, connections) = (format!("{stack}-credentials"), format!("{stack}-connections"));
        Self { credentials, connections, dynamodb }
    }

    /// A new ticket for a person. Only its digest is kept.
    pub(crate) async fn issue(&self, person: &str, now: Time) -> anyhow::Result<String> {
        let mut secret = [0u8; 32];
        getrandom::fill(&mut secret).map_err(|e| anyhow::anyhow!("the system gives no random bytes: {e}"))?;
        let ticket = hex::encode(secret);
        let expires = now.millis() / 1000 + TICKET;
        let put = self.dynamodb.put_item().table_name(&self.credentials);
        let put = put.item("digest", S(Digest::of(ticket.as_bytes()).0)).item("person", S(person.to_owned()));
        let put = put.item("ttl", N(expires.to_string()));
        put.send().await.context("a ticket cannot be kept")?;
        Ok(ticket)
    }

    /// For whom a ticket was issued, if it is good. It is used up by this.
    pub(crate) async fn redeem(&self, ticket: &str, now: Time) -> anyhow::Result<Option<String>> {
        let delete = self.dynamodb.delete_item().table_name(&self.credentials);
        let delete = delete.key("digest", S(Digest::of(ticket.as_bytes()).0));
        let old =
            delete.return_values(ReturnValue::AllOld).send().await.context("a ticket cannot be redeemed")?;
        let Some(old) = old.attributes else { return Ok(None) };
        let expires: Option<i64> = old.get("ttl").and_then(|ttl| ttl.as_n().ok()?.parse().ok());
        let is_good = expires.is_some_and(|expires| now.millis() / 1000 < expires);
        Ok(old.get("person").and_then(|person| person.as_s().ok()).filter(|_| is_good).cloned())
    }

    /// Somebody is connected.
    pub(crate) async fn open(&self, connection: &str, person: &str, now: Time) -> anyhow::Result<()> {
        let put = self.dynamodb.put_item().table_name(&self.connections);
        let put = put.item("connection", S(connection.to_owned())).item("person", S(person.to_owned()));
        let put = put.item("ttl", N((now.millis() / 1000 + CONNECTION).to_string()));
        put.send().await.context("a connection cannot be kept")?;
        Ok(())
    }

    /// Nobody is there any more.
    pub(crate) async fn close(&self, connection: &str) -> anyhow::Result<()> {
        let delete = self.dynamodb.delete_item().table_name(&self.connections);
        let delete = delete.key("connection", S(connection.to_owned()));
        delete.send().await.context("a connection cannot be forgotten")?;
        Ok(())
    }

    /// All that are open.
    pub(crate) async fn all(&self) -> anyhow::Result<Vec<String>> {
        let scan = self.dynamodb.scan().table_name(&self.connections).consistent_read(true);
        let mut pages = scan.into_paginator().items().send();
        let mut open = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.context("the connections cannot be read")?;
            open.extend(item.get("connection").and_then(|id| id.as_s().ok()).cloned());
        }
        Ok(open)
    }
}
