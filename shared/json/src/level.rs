//! One level of a document: the members of an object, the elements of an array, the characters of a text.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::document::{MAX_DEPTH, Node};

/// Members up to which looking at each is faster than keeping them sorted.
const FEW: usize = 64;

/// Room for the members of most records.
const EXPECTED: usize = 32;

pub(crate) type Member<'a> = (Cow<'a, str>, Node<'a>);

/// The members of an object; this is where its text is found to be JSON, all levels of it. More than [`FEW`] are sorted, and
/// each key is there once.
pub(crate) fn members(text: &str) -> Result<Vec<Member<'_>>, serde_json::Error> {
    let members = match serde_json::from_str::<Members<'_, false>>(text) {
        Ok(Members(members)) => members,
        // A key may hold half a surrogate pair: grammatical, but not Unicode. The rest of the record is still worth reading.
        Err(_) => {
            serde_json::from_str::<IgnoredAny>(text)?;
            serde_json::from_str::<Members<'_, true>>(text)?.0
        }
    };
    Ok(ordered(members))
}

/// Members as [`find`] and [`is_last`] expect them, from those of an object in their order.
pub(crate) fn ordered(mut members: Vec<Member<'_>>) -> Vec<Member<'_>> {
    if members.len() > FEW {
        members.reverse();
        members.sort_by(|(a, _), (b, _)| a.cmp(b));
        members.dedup_by(|(later, _), (earlier, _)| later == earlier);
    }
    members
}

/// The elements of an array that is known to be JSON.
pub(crate) fn elements(text: &str) -> Vec<Node<'_>> {
    let elements: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
    elements.into_iter().map(|raw| Node::new(Cow::Borrowed(raw.get()))).collect()
}

/// A text that is known to be JSON and has escapes, without them.
pub(crate) fn unescaped(text: &str) -> Option<String> {
    if let Ok(text) = serde_json::from_str(text) {
        return Some(text);
    }
    serde_json::from_str::<Text<'_, true>>(text).ok().map(|text| text.0.into_owned())
}

pub(crate) fn find<'n, 'a>(members: &'n [Member<'a>], key: &str) -> Option<&'n Member<'a>> {
    if members.len() > FEW {
        let place = members.binary_search_by(|(other, _)| other.as_ref().cmp(key)).ok()?;
        members.get(place)
    } else {
        members.iter().rev().find(|(other, _)| other == key)
    }
}

/// Whether no later member has this key, which is that of the one at `place`.
pub(crate) fn is_last(members: &[Member<'_>], place: usize, key: &str) -> bool {
    members.len() > FEW || !members.iter().skip(place + 1).any(|(other, _)| other == key)
}

/// White space as JSON has it.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// How deep lists and maps are nested; at least that if it is not JSON.
pub(crate) fn depth(text: &[u8]) -> usize {
    // Nothing is nested deeper than it has brackets, and nearly every record has few.
    let brackets = memchr::memchr2_iter(b'{', b'[', text).take(MAX_DEPTH + 1).count();
    if brackets <= MAX_DEPTH {
        return brackets;
    }
    let (mut depth, mut deepest, mut in_text) = (0_usize, 0, false);
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_text = !in_text,
            b'\\' if in_text => drop(bytes.next()),
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// An object's members; where `LOSSY`, what is not Unicode in keys is replaced.
struct Members<'a, const LOSSY: bool>(Vec<Member<'a>>);

impl<'de, const LOSSY: bool> Deserialize<'de> for Members<'de, LOSSY> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<const LOSSY: bool>;

        impl<'de, const LOSSY: bool> Visitor<'de> for Object<LOSSY> {
            type Value = Vec<Member<'de>>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::with_capacity(EXPECTED);
                while let Some((key, value)) = map.next_entry::<Text<'de, LOSSY>, &'de RawValue>()? {
                    members.push((key.0, Node::new(Cow::Borrowed(value.get()))));
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Object::<LOSSY>).map(Self)
    }
}

/// A text, borrowed where it has no escapes.
struct Text<'a, const LOSSY: bool>(Cow<'a, str>);

impl<'de, const LOSSY: bool> Deserialize<'de> for Text<'de, LOSSY> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Characters;

        impl<'de> Visitor<'de> for Characters {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }

            fn visit_borrowed_bytes<E: Error>(self, text: &'de [u8]) -> Result<Self::Value, E> {
                Ok(String::from_utf8_lossy(text))
            }

            fn visit_bytes<E: Error>(self, text: &[u8]) -> Result<Self::Value, E> {
                Ok(Cow::Owned(String::from_utf8_lossy(text).into_owned()))
            }
        }

        let read = if LOSSY { D::deserialize_bytes } else { D::deserialize_str };
        read(deserializer, Characters).map(Self)
    }
}
