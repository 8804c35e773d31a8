//! An object of which all is there already: one pass says where it ends, that it is JSON, and where its members are.
//!
//! Nearly every record is of that kind, and need not be walked over to be cut first. What is not is left to [`crate::follow`].

use std::{fmt, ops::Range};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::{
    document::{MAX_DEPTH, Node},
    level::{self, Member},
};

/// Where a member of an object stands in the object's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Of the key, without its quotes; it has no escapes.
    key: Range<usize>,
    value: Range<usize>,
}

/// How long the object is that the text begins with, and its members; nothing if it cannot be told, or if it holds one
/// of these lists.
pub(crate) fn object(text: &[u8], lists: &[&str], places: &mut Vec<Place>) -> Option<usize> {
    places.clear();
    let text = match std::str::from_utf8(text) {
        Ok(text) => text,
        // The object may end before that.
        Err(error) => std::str::from_utf8(text.get(..error.valid_up_to())?).ok()?,
    };
    let mut parser = serde_json::Deserializer::from_str(text);
    let read = Object { begin: text.as_ptr().addr(), lists, places }.deserialize(&mut parser);
    let length = read.ok().and_then(|()| {
        let last = places.last()?.value.end;
        let bracket = text.get(last..)?.find('}')?;
        Some(last + bracket + 1)
    });
    length.filter(|length| text.get(..*length).is_some_and(|text| level::depth(text.as_bytes()) <= MAX_DEPTH))
}

/// The members of an object that was found to be one.
pub(crate) fn members<'a>(text: &'a str, places: &[Place]) -> Vec<Member<'a>> {
    let member = |place: &Place| {
        let (key, value) = (text.get(place.key.clone())?, text.get(place.value.clone())?);
        Some((key.into(), Node::new(value.into())))
    };
    level::ordered(places.iter().filter_map(member).collect())
}

struct Object<'p> {
    begin: usize,
    lists: &'p [&'p str],
    places: &'p mut Vec<Place>,
}

impl Object<'_> {
    fn place(&self, part: &str) -> Range<usize> {
        let begin = part.as_ptr().addr() - self.begin;
        begin..begin + part.len()
    }
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        // A key with escapes is not borrowed, which is an error here.
        while let Some(key) = map.next_key::<&'de str>()? {
            if self.lists.contains(&key) {
                return Err(M::Error::custom("holds records"));
            }
            let value: &'de RawValue = map.next_value()?;
            let place = Place { key: self.place(key), value: self.place(value.get()) };
            self.places.push(place);
        }
        Ok(())
    }
}
