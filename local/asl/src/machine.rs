//! Reading a definition.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, SeqAccess, Visitor},
};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{check, language::Flow};

/// A state machine of which every part is understood.
#[derive(Clone, Debug)]
pub struct Machine {
    pub(crate) name: String,
    pub(crate) digest: String,
    pub(crate) flow: Flow,
}

/// Why a definition was refused. The text names the state and the field.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the workflow `{machine}` cannot be used: {why}")]
pub struct LoadError {
    /// The machine's name.
    pub machine: String,
    /// Why.
    pub why: String,
}

impl Machine {
    /// Reads a definition in which `${Name}` stands for a value of `substitutions`, as SAM's `DefinitionSubstitutions`
    /// do. What is not known, not reachable or leads nowhere is refused.
    pub fn load(name: &str, text: &str, substitutions: &BTreeMap<String, String>) -> Result<Self, LoadError> {
        let refused = |why: String| LoadError { machine: name.to_owned(), why };
        let text = substitute(text, substitutions).map_err(refused)?;
        serde_json::from_str::<NoNameTwice>(&text).map_err(|why| refused(why.to_string()))?;
        let flow: Flow = serde_json::from_str(&text).map_err(|why| refused(why.to_string()))?;
        check::machine(&flow).map_err(refused)?;
        Ok(Self { name: name.to_owned(), digest: hex::encode(Sha256::digest(&text)), flow })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of the definition after substitution, hexadecimal. An execution goes on only under the definition it was
    /// started under, so a host that changes definitions keeps the old ones until their executions have ended.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

fn substitute(text: &str, values: &BTreeMap<String, String>) -> Result<String, String> {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, tail) = after.split_once('}').ok_or("a `${` without its `}`")?;
        let value = values.get(name).ok_or_else(|| format!("`${{{name}}}` has no value"))?;
        // A value stands inside a JSON string, and must not be able to end it.
        let quoted = serde_json::Value::from(value.as_str()).to_string();
        done.push_str(before);
        done.push_str(&quoted[1..quoted.len() - 1]);
        rest = tail;
    }
    done.push_str(rest);
    Ok(done)
}

/// JSON in which no object has a name twice. Parsers keep the last one, so the other would be silently ignored.
struct NoNameTwice;

impl<'de> Deserialize<'de> for NoNameTwice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NoNameTwice)
    }
}

impl<'de> Visitor<'de> for NoNameTwice {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value::<Self>()?;
            if let Some(name) = names.replace(name) {
                return Err(A::Error::custom(format_args!("`{name}` stands twice in one object")));
            }
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }
}
