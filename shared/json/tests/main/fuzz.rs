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
                    // A number is compared as it is written, and `Value` writes it anew.
                    Ok(value) if !text.contains(['e', 'E', '.', '-']) => agrees(document.root(), &value),
                    Ok(value) => assert_eq!(document.to_value(), value),
                    // Value has no room for some numbers and texts that are grammatical.
                    Err(_) => assert!(text.contains(['e', 'E']) || text.contains("\\u"), "{text}"),
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
