//! Fields by dotted path.

use std::borrow::Cow;

use json::{Node, Shape};

/// A field as a rule names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Field {
    /// A dotted path; empty means all texts of the event.
    pub(crate) name: Box<str>,
    /// Where the value stands if the event has no field of that name.
    pub(crate) alias: Option<&'static str>,
}

/// What became of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Search {
    /// There is no such field.
    Absent,
    /// The field is there, and none of its values was wanted.
    Present,
    /// A value was wanted.
    Found,
}

impl Field {
    pub(crate) fn is_keyword(&self) -> bool {
        self.name.is_empty()
    }

    /// How many levels of an event are read to find it; all of them for keywords.
    pub(crate) fn levels(&self) -> usize {
        if self.is_keyword() { json::MAX_DEPTH } else { 1 + self.name.matches('.').count() }
    }

    /// Offers each value of the field, lists as a whole, until one is wanted.
    pub(crate) fn values<'n>(
        &self,
        event: &'n Node<'_>,
        wanted: &mut dyn FnMut(&'n Node<'_>) -> bool,
    ) -> Search {
        if self.is_keyword() {
            let found = any_text(event, wanted);
            return if found { Search::Found } else { Search::Absent };
        }
        let mut search = Search::Absent;
        for name in [Some(self.name.as_ref()), self.alias].into_iter().flatten() {
            let found = any(event, name, &mut |value| {
                search = Search::Present;
                wanted(value)
            });
            if found {
                return Search::Found;
            }
            if search == Search::Present {
                break;
            }
        }
        search
    }

    /// The same, with the elements of lists one by one.
    pub(crate) fn elements<'n>(
        &self,
        event: &'n Node<'_>,
        wanted: &mut dyn FnMut(&'n Node<'_>) -> bool,
    ) -> bool {
        self.values(event, &mut |value| any_element(value, wanted)) == Search::Found
    }
}

/// Offers each value at the path. A key that holds the rest of the path with its dots is taken too.
fn any<'n, 'a>(node: &'n Node<'a>, path: &str, wanted: &mut dyn FnMut(&'n Node<'a>) -> bool) -> bool {
    match node.shape() {
        Shape::Map(map) => {
            if map.get(path).is_some_and(&mut *wanted) {
                return true;
            }
            let Some(dot) = memchr::memchr(b'.', path.as_bytes()) else { return false };
            let (Some(key), Some(rest)) = (path.get(..dot), path.get(dot + 1..)) else { return false };
            map.get(key).is_some_and(|value| any(value, rest, wanted))
        }
        Shape::List(elements) => elements.iter().any(|element| any(element, path, wanted)),
        Shape::Text(_) => node.document().is_some_and(|document| any(document, path, wanted)),
        Shape::Null | Shape::Bool(_) | Shape::Number(_) => false,
    }
}

fn any_element<'n, 'a>(node: &'n Node<'a>, wanted: &mut dyn FnMut(&'n Node<'a>) -> bool) -> bool {
    match node.shape() {
        Shape::List(elements) => elements.iter().any(|element| any_element(element, wanted)),
        _ => wanted(node),
    }
}

/// Offers each text and number of the event, wherever it stands.
fn any_text<'n, 'a>(node: &'n Node<'a>, wanted: &mut dyn FnMut(&'n Node<'a>) -> bool) -> bool {
    match node.shape() {
        Shape::Map(map) => map.iter().any(|(_, value)| any_text(value, wanted)),
        Shape::List(elements) => elements.iter().any(|element| any_text(element, wanted)),
        Shape::Text(_) | Shape::Number(_) => wanted(node),
        Shape::Null | Shape::Bool(_) => false,
    }
}

/// A value as the text that patterns see; null has none. An object is its canonical JSON.
pub(crate) fn text<'n>(node: &'n Node<'_>) -> Option<Cow<'n, str>> {
    match node.shape() {
        Shape::Null => None,
        Shape::Text(text) => Some(Cow::Borrowed(text)),
        Shape::Bool(_) | Shape::Number(_) => Some(Cow::Borrowed(node.raw())),
        Shape::Map(_) | Shape::List(_) => Some(Cow::Owned(domain::digest::canonical(&node.to_value()))),
    }
}

#[cfg(test)]
mod tests {
    use json::Document;
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_go_through_arrays_and_documents() {
        let event = json!({
            "a": {"b": [{"c": 1}, {"c": 2}, {"d": [3, [4]]}]},
            "doc": "{\"Statement\":{\"Effect\":\"Allow\"}}",
            "dotted.key": {"x.y": 5},
            "text": "{not json",
            "new": {"home": 6},
            "old": null,
        });
        let event = event.to_string();
        let event = Document::parse(event.as_bytes()).unwrap();
        for (path, alias, expected) in [
            ("a.b.c", None, vec!["1", "2"]),
            ("a.b.d", None, vec!["3", "4"]),
            ("doc.Statement.Effect", None, vec!["Allow"]),
            ("doc.Statement", None, vec!["{\"Effect\":\"Allow\"}"]),
            ("dotted.key", None, vec!["{\"x.y\":5}"]),
            ("text.x", None, vec![]),
            ("a.b.c.d", None, vec![]),
            ("home", Some("new.home"), vec!["6"]),
            ("a.b.c", Some("new.home"), vec!["1", "2"]),
            ("old", Some("new.home"), vec![]),
        ] {
            let mut found = Vec::new();
            Field { name: path.into(), alias }.elements(event.root(), &mut |element| {
                found.extend(text(element).map(Cow::into_owned));
                false
            });
            assert_eq!(found, expected, "{path}");
        }
    }
}
