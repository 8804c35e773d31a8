//! Many items at once.

use std::collections::BTreeSet;

use agent::StoreError;
use aws_sdk_dynamodb::{
    operation::query::builders::QueryFluentBuilder,
    types::{AttributeValue, KeysAndAttributes, PutRequest, WriteRequest},
};
use futures::{StreamExt, TryStreamExt, stream};

use super::{
    DynamoStore,
    fault::{TRIES, failed, pause},
    item::{Item, Row, item, text},
};

/// Keys to a BatchGetItem.
const GET: usize = 100;
/// Items to a BatchWriteItem.
const PUT: usize = 25;
/// Requests under way at once for one call of the store.
const WIDE: usize = 32;
/// Items to a page of a query.
const PAGE: usize = 500;

impl DynamoStore {
    /// The item under this key, strongly consistent.
    pub(super) async fn get(&self, table: &'static str, key: Item) -> Result<Option<Row>, StoreError> {
        let request = self.dynamodb.get_item().table_name(self.table(table)).set_key(Some(key));
        let answer = request.consistent_read(true).send().await.map_err(failed)?;
        Ok(answer.item.map(|item| Row { table, item }))
    }

    /// Those of the items under these keys that exist, in no order, strongly consistent; of each only these attributes, or
    /// all where none is named. `name` is the table's only key attribute.
    pub(super) async fn named(
        &self,
        table: &'static str,
        name: &str,
        keys: &BTreeSet<String>,
        attributes: &[&str],
    ) -> Result<Vec<Row>, StoreError> {
        let keys = keys.iter().map(|key| item([(name, text(key))])).collect();
        self.keyed(table, keys, attributes).await
    }

    /// Like [`DynamoStore::named`] for whole keys, no two of which are equal.
    pub(super) async fn keyed(
        &self,
        table: &'static str,
        keys: Vec<Item>,
        attributes: &[&str],
    ) -> Result<Vec<Row>, StoreError> {
        let names = attributes.iter().map(|name| (format!("#{name}"), (*name).to_owned())).collect();
        let shown = attributes.iter().map(|name| format!("#{name}")).collect::<Vec<_>>().join(", ");
        let (names, shown) = match attributes.is_empty() {
            true => (None, None),
            false => (Some(names), Some(shown)),
        };
        let mut found = Vec::new();
        for some in keys.chunks(GET * WIDE) {
            let mut requests = Vec::new();
            for keys in some.chunks(GET) {
                let wanted = KeysAndAttributes::builder()
                    .set_keys(Some(keys.to_vec()))
                    .consistent_read(true)
                    .set_expression_attribute_names(names.clone())
                    .set_projection_expression(shown.clone());
                requests.push(self.get_chunk(table, wanted.build().map_err(unsendable)?));
            }
            found.extend(all(requests).await?.into_iter().flatten());
        }
        Ok(found)
    }

    async fn get_chunk(
        &self,
        table: &'static str,
        mut wanted: KeysAndAttributes,
    ) -> Result<Vec<Row>, StoreError> {
        let name = self.table(table);
        let mut found = Vec::new();
        for tries in 0..TRIES {
            let request = self.dynamodb.batch_get_item().request_items(&name, wanted);
            let answer = request.send().await.map_err(failed)?;
            let items = answer.responses.into_iter().flatten().flat_map(|(_, items)| items);
            found.extend(items.map(|item| Row { table, item }));
            match answer.unprocessed_keys.and_then(|mut tables| tables.remove(&name)) {
                Some(left) => wanted = left,
                None => return Ok(found),
            }
            pause(tries).await;
        }
        Err(StoreError::Unavailable(format!("table {name} does not answer all that was asked")))
    }

    /// Puts these items, no two of which have one key.
    pub(super) async fn put_all(&self, table: &'static str, items: Vec<Item>) -> Result<(), StoreError> {
        for some in items.chunks(PUT * WIDE) {
            all(some.chunks(PUT).map(|items| self.put_chunk(table, items.to_vec())).collect()).await?;
        }
        Ok(())
    }

    async fn put_chunk(&self, table: &'static str, items: Vec<Item>) -> Result<(), StoreError> {
        let name = self.table(table);
        let mut left = Vec::new();
        for item in items {
            let put = PutRequest::builder().set_item(Some(item)).build().map_err(unsendable)?;
            left.push(WriteRequest::builder().put_request(put).build());
        }
        for tries in 0..TRIES {
            let request = self.dynamodb.batch_write_item().request_items(&name, left);
            let answer = request.send().await.map_err(failed)?;
            match answer.unprocessed_items.and_then(|mut tables| tables.remove(&name)) {
                Some(some) => left = some,
                None => return Ok(()),
            }
            pause(tries).await;
        }
        Err(StoreError::Unavailable(format!("table {name} does not take all that was given")))
    }

    /// A query for the items of one partition.
    pub(super) fn partition(
        &self,
        table: &'static str,
        name: &str,
        value: AttributeValue,
    ) -> QueryFluentBuilder {
        let query = self.dynamodb.query().table_name(self.table(table));
        query
            .key_condition_expression("#partition = :partition")
            .expression_attribute_names("#partition", name)
            .expression_attribute_values(":partition", value)
    }

    /// The first `most` items of a query, page by page.
    pub(super) async fn rows(
        &self,
        table: &'static str,
        query: QueryFluentBuilder,
        most: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        let mut from = None;
        while rows.len() < most {
            // A page's limit counts what a filter leaves out, too.
            let page =
                if query.get_filter_expression().is_some() { PAGE } else { PAGE.min(most - rows.len()) };
            let request = query.clone().limit(i32::try_from(page).unwrap_or(i32::MAX));
            let answer = request.set_exclusive_start_key(from).send().await.map_err(failed)?;
            rows.extend(answer.items.into_iter().flatten().map(|item| Row { table, item }));
            from = answer.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        rows.truncate(most);
        Ok(rows)
    }
}

/// The answers to these requests, in their order. At most [`WIDE`] are under way at once.
pub(super) async fn all<T, F>(requests: Vec<F>) -> Result<Vec<T>, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    stream::iter(requests).buffered(WIDE).try_collect().await
}

/// A request that the SDK does not let be built: a mistake here.
pub(super) fn unsendable(error: aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::Refused(error.to_string())
}
