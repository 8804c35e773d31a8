//! Content digests over a canonical form.

use std::{borrow::Cow, cell::RefCell, collections::BTreeMap, fmt, io, ops::Range, rc::Rc};

use serde::{Deserialize, Serialize};
use serde_json::ser::{Formatter, Serializer};
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
    let text = Text::default();
    let order = Order { text: text.clone(), objects: Vec::new() };
    let written = value.serialize(&mut Serializer::with_formatter(text.clone(), order));
    match written.map(|()| String::from_utf8(text.0.take())) {
        Ok(Ok(canonical)) => canonical,
        _ => "null".to_owned(),
    }
}

/// What is written so far: [`Order`] has to see it.
#[derive(Clone, Default)]
struct Text(Rc<RefCell<Vec<u8>>>);

impl Text {
    fn len(&self) -> usize {
        self.0.borrow().len()
    }
}

impl io::Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Puts each object's entries in order once it is written. Most are already, so that this is much faster than sorting a tree.
struct Order {
    text: Text,
    /// Entries of the objects that are not closed yet.
    objects: Vec<Vec<Entry>>,
}

/// Where an entry of an object stands in the text.
struct Entry {
    key: Range<usize>,
    end: usize,
}

impl Order {
    fn close(&self, entries: Vec<Entry>) {
        let mut text = self.text.0.borrow_mut();
        let part = |range: Range<usize>| text.get(range).unwrap_or_default();
        let keys: Vec<Cow<'_, [u8]>> = entries.iter().map(|entry| name(part(entry.key.clone()))).collect();
        if keys.is_sorted_by(|a, b| a < b) {
            return;
        }
        // Of two entries with one key the later counts.
        let sorted: BTreeMap<_, _> = keys.into_iter().zip(&entries).collect();
        let parts: Vec<_> = sorted.values().map(|entry| part(entry.key.start..entry.end)).collect();
        let ordered = parts.join(&b',');
        text.truncate(entries.first().map_or(0, |first| first.key.start));
        text.extend_from_slice(&ordered);
    }
}

/// The key that is written so.
fn name(written: &[u8]) -> Cow<'_, [u8]> {
    if written.contains(&b'\\')
        && let Ok(key) = serde_json::from_slice::<String>(written)
    {
        return Cow::Owned(key.into_bytes());
    }
    let within = 1..written.len().saturating_sub(1);
    Cow::Borrowed(written.get(within).unwrap_or_default())
}

impl Formatter for Order {
    fn begin_object<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.objects.push(Vec::new());
        writer.write_all(b"{")
    }

    fn begin_object_key<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        let start = self.text.len();
        if let Some(entries) = self.objects.last_mut() {
            entries.push(Entry { key: start..start, end: start });
        }
        Ok(())
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        if let Some(entry) = self.objects.last_mut().and_then(|entries| entries.last_mut()) {
            entry.key.end = self.text.len();
        }
        writer.write_all(b":")
    }

    fn end_object_value<W: io::Write + ?Sized>(&mut self, _writer: &mut W) -> io::Result<()> {
        if let Some(entry) = self.objects.last_mut().and_then(|entries| entries.last_mut()) {
            entry.end = self.text.len();
        }
        Ok(())
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        if let Some(entries) = self.objects.pop() {
            self.close(entries);
        }
        writer.write_all(b"}")
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
    fn keys_are_compared_as_they_are_meant_and_the_later_of_two_counts() {
        struct Map(&'static [(&'static str, u8)]);
        impl Serialize for Map {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.iter().copied())
            }
        }
        for (map, text) in [
            (Map(&[("b", 1), ("a", 2), ("b", 3)]), r#"{"a":2,"b":3}"#),
            (Map(&[("a\n", 1), ("a\u{1}", 2), ("a", 3)]), r#"{"a":3,"a\u0001":2,"a\n":1}"#),
            (
                Map(&[("é", 1), ("z", 2), ("", 3), ("a\"", 4), ("a!", 5)]),
                r#"{"":3,"a!":5,"a\"":4,"z":2,"é":1}"#,
            ),
            (Map(&[]), "{}"),
        ] {
            assert_eq!(canonical(&map), text);
            assert_eq!(canonical(&[serde_json::to_value(&map).unwrap()]), format!("[{text}]"));
        }
    }

    #[test]
    fn what_has_no_json_form_is_null() {
        assert_eq!(canonical(&std::collections::HashMap::from([((1, 2), 3)])), "null");
    }

    #[test]
    fn digest_of_nothing_is_the_published_one() {
        assert_eq!(Digest::of(b"").0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
