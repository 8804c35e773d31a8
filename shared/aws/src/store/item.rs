//! Items of tables, written and read.

use std::{collections::HashMap, fmt::Display, str::FromStr};

use agent::StoreError;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::Digest;

/// An item: attributes by name.
pub(super) type Item = HashMap<String, AttributeValue>;

/// Longest text that is a key as it stands, in bytes. DynamoDB takes 2048 for a partition key and 1024 for a sort key.
const KEY: usize = 900;
/// Before the digest that stands for a text which cannot be a key.
const DIGESTED: &str = "sha256:";

/// An item with these attributes.
pub(super) fn item<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: impl Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A text as a key. Names come from logs, so they may be empty or longer than DynamoDB takes, which would fail the whole
/// write: a digest stands for those, and for what only looks like one, so that no two texts share a key.
pub(super) fn key(name: &str) -> String {
    if name.is_empty() || name.len() > KEY || name.starts_with(DIGESTED) {
        return format!("{DIGESTED}{}", Digest::of(name.as_bytes()));
    }
    name.to_owned()
}

/// About how many bytes an attribute takes.
pub(super) fn weight(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        AttributeValue::M(map) => map.iter().map(|(name, value)| name.len() + weight(value)).sum(),
        _ => 1,
    }
}

/// An item as it was read.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Of which table, for errors.
    pub(super) table: &'static str,
    pub(super) item: Item,
}

impl Row {
    pub(super) fn text(&self, name: &str) -> Result<&str, StoreError> {
        let value = self.item.get(name).and_then(|value| value.as_s().ok());
        value.map(String::as_str).ok_or_else(|| self.corrupt(format!("`{name}` is not a text")))
    }

    pub(super) fn number<T: FromStr>(&self, name: &str) -> Result<T, StoreError> {
        let value = self.item.get(name).and_then(|value| value.as_n().ok());
        value
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| self.corrupt(format!("`{name}` is not a number")))
    }

    /// The members of a set; none where there is no such attribute.
    pub(super) fn set(&self, name: &str) -> &[String] {
        self.item.get(name).and_then(|value| value.as_ss().ok()).map_or(&[], Vec::as_slice)
    }

    pub(super) fn corrupt(&self, why: String) -> StoreError {
        StoreError::Corrupt { what: format!("an item of table {}", self.table), why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_a_key_of_its_own() {
        assert_eq!(key("arn:aws:iam::1:user/é"), "arn:aws:iam::1:user/é");
        let long = "x".repeat(KEY + 1);
        let texts = ["", "a", &long, &key(""), &key(&long)];
        let keys: std::collections::BTreeSet<String> = texts.iter().map(|text| key(text)).collect();
        assert_eq!(keys.len(), texts.len());
        assert!(keys.iter().all(|key| !key.is_empty() && key.len() <= KEY));
    }
}
