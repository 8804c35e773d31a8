//! Whom an observation is about: the values of `group-by`.

use std::fmt;

use sha2::{Digest, Sha256};

/// How much of a value people are shown, in characters. The key itself is made of all of it.
const SHOWN: usize = 200;

/// A correlation and the values of its group-by fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupKey {
    id: u128,
    values: Vec<GroupValue>,
}

/// One group-by field and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupValue {
    /// The field, as `group-by` names it.
    pub field: String,
    /// The value, cut at 200 characters; nothing where the event has none. Hostile text.
    pub text: Option<String>,
    digest: Option<u128>,
}

/// A field's value: what it is called, and what it is known by.
#[derive(Clone, Debug)]
pub(super) struct Value {
    text: String,
    pub(super) digest: u128,
}

impl Value {
    pub(super) fn of(text: &str) -> Self {
        let mut digester = Digester::default();
        digester.text(text);
        Self { text: text.chars().take(SHOWN).collect(), digest: digester.finish() }
    }
}

impl GroupKey {
    /// `shape` stands for the correlation.
    pub(super) fn new<'a>(shape: u128, values: impl Iterator<Item = (&'a str, Option<Value>)>) -> Self {
        let values: Vec<_> = values
            .map(|(field, value)| {
                let digest = value.as_ref().map(|value| value.digest);
                GroupValue { field: field.to_owned(), text: value.map(|value| value.text), digest }
            })
            .collect();
        let mut digester = Digester::default();
        digester.number(shape);
        for value in &values {
            digester.number(u128::from(value.digest.is_some()));
            digester.number(value.digest.unwrap_or_default());
        }
        Self { id: digester.finish(), values }
    }

    /// What a window is kept under: the first 128 bits of a SHA-256 of correlation and values. It stays the same over
    /// restarts, and changes with the correlation's id, type, group-by fields and counted fields. As text, 32 hexadecimal
    /// digits.
    pub fn id(&self) -> u128 {
        self.id
    }

    /// The fields and values, in the order of `group-by`.
    pub fn values(&self) -> &[GroupValue] {
        &self.values
    }

    pub(super) fn value(&self, field: &str) -> Option<Value> {
        let value = self.values.iter().find(|value| value.field == field)?;
        Some(Value { text: value.text.clone()?, digest: value.digest? })
    }

    /// Names a burst that began then.
    pub(super) fn burst(&self, since: i64) -> u64 {
        let mut digester = Digester::default();
        digester.number(self.id);
        digester.text(&since.to_string());
        digester.token()
    }
}

impl fmt::Display for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.id)
    }
}

/// Digests a list so that no two lists are the same bytes: texts have their length before them, numbers are of one length.
#[derive(Default)]
pub(super) struct Digester(Sha256);

impl Digester {
    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len() as u128);
        self.0.update(text.as_bytes());
    }

    pub(super) fn number(&mut self, number: u128) {
        self.0.update(number.to_be_bytes());
    }

    pub(super) fn finish(self) -> u128 {
        self.0.finalize().iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
    }

    /// The last 64 of those bits.
    pub(super) fn token(self) -> u64 {
        (self.finish() & u128::from(u64::MAX)) as u64
    }
}
