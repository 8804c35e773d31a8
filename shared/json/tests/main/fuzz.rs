//! Any bytes: nothing panics, and what is found does not depend on how it is looked for.

use json::{Document, Node};
use serde_json::Value;

use crate::{cut::cut, document::agrees};

/// Looks at everything, as deep as documents stand in texts.
fn walk(node: &Node<'_>) {
    node.elements().iter().for_each(walk);
    node.document().into_iter().for_each(walk);
    if let json::Shape::Map(members) = node.shape() {
        for (key, value) in members.iter() {
            assert!(std::ptr::eq(members.get(key).unwrap(), value), "{key:?}");
            walk(value);
        }
    }
}

/// Whether `Value` writes the numbers as they were written.
fn is_plain(text: &str) -> bool {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit());
    !text.contains(['e', 'E', '.', '-']) && numbers.all(|digits| digits.len() < 19)
}

#[test]
fn fuzz_document() {
    bolero::check!().for_each(|bytes| {
        let value = serde_json::from_slice::<Value>(bytes);
        let text = String::from_utf8_lossy(bytes);
        match Document::parse(bytes) {
            Ok(document) => {
                walk(document.root());
                assert_eq!(Document::parse(bytes).unwrap().to_value(), document.to_value());
                match value {
                    Ok(value) if is_plain(&text) => agrees(document.root(), &value),
                    Ok(value) => assert_eq!(document.to_value(), value),
                    // Value has no room for some numbers and texts that are grammatical.
                    Err(error) => {
                        let is_large = error.to_string().contains("number out of range");
                        assert!(is_large || text.contains("\\u"), "{error}: {text}");
                    }
                }
            }
            Err(error) => assert!(value.is_err(), "{error}"),
        }
    });
}

#[test]
fn fuzz_cut() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let at_once = bytes.first().map_or(1, |byte| usize::from(*byte) % 64 + 1);
        assert_eq!(cut(bytes, at_once), cut(bytes, 100_000));
    });
}
