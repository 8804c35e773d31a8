//! Content digests over a canonical form.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

/// A SHA-256 digest, 64 lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Digest(pub String);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(hex::encode(Sha256::digest(bytes)))
    }

    /// The digest of a value's canonical JSON (object keys sorted, no white space; RFC 8785 for the values this
    /// project uses, which hold no exotic floats). A value that has no JSON form digests as `null`.
    pub fn of_json<T: Serialize + ?Sized>(value: &T) -> Self {
        Self::of(canonical(value).as_bytes())
    }

    /// 64 zeros: what stands before the first link of a chain.
    pub fn zero() -> Self {
        Self("0".repeat(64))
    }

    /// The first sixteen digits: an id for people and for names with a length limit.
    pub fn short(&self) -> &str {
        self.0.get(..16).unwrap_or(&self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

/// A value's canonical JSON text: object keys sorted by code point, no white space.
pub fn canonical<T: Serialize + ?Sized>(value: &T) -> String {
    let mut out = String::new();
    write_canonical(&serde_json::to_value(value).unwrap_or(Value::Null), &mut out);
    out
}

fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (i, (key, item)) in entries.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(key.clone()).to_string());
                out.push(':');
                write_canonical(item, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn order_of_keys_does_not_matter() {
        assert_eq!(
            canonical(&json!({"b": [1, {"z": null, "a": "é\n"}], "a": 1.5})),
            r#"{"a":1.5,"b":[1,{"a":"é\n","z":null}]}"#
        );
    }

    #[test]
    fn digest_of_nothing_is_the_published_one() {
        assert_eq!(Digest::of(b"").0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
