//! A document says what `serde_json::Value` says.

use json::{Document, MAX_DEPTH, Malformed, Node, Shape};
use proptest::prelude::*;
use serde_json::{Value, json};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}|[\\\\\"/\n\t\u{1}{}\\[\\]]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 128, 80, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec(("[a-c.\\\\\"é]{0,2}", inner.clone()), 0..6)
                .prop_map(|members| members.into_iter().collect()),
            proptest::collection::btree_map("[a-z]{2}", inner.clone(), 60..80)
                .prop_map(|members| members.into_iter().collect()),
            // A document in a text.
            inner.prop_map(|inner| Value::from(inner.to_string())),
        ]
    })
}

/// Every way into the node says what the value says.
pub(crate) fn agrees(node: &Node<'_>, value: &Value) {
    assert_eq!(&node.to_value(), value);
    match (node.shape(), value) {
        (Shape::Null, Value::Null) => {}
        (Shape::Bool(a), Value::Bool(b)) => assert_eq!(a, *b),
        (Shape::Number(a), Value::Number(b)) => assert_eq!(a, b.to_string()),
        (Shape::Text(a), Value::String(b)) => {
            assert_eq!(a, b);
            let inner = serde_json::from_str::<Value>(b).ok().filter(|v| v.is_array() || v.is_object());
            assert_eq!(node.document().map(Node::to_value), inner);
            if let (Some(document), Some(inner)) = (node.document(), inner) {
                agrees(document, &inner);
            }
        }
        (Shape::List(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len());
            a.iter().zip(b).for_each(|(a, b)| agrees(a, b));
        }
        (Shape::Map(a), Value::Object(b)) => {
            assert_eq!(a.iter().count(), b.len());
            b.iter().for_each(|(key, b)| agrees(a.get(key).unwrap(), b));
            assert!(node.get("no such key").is_none());
        }
        (shape, value) => panic!("{shape:?} is not {value}"),
    }
}

proptest! {
    #[test]
    fn it_agrees_with_value(value in value(), is_pretty in any::<bool>()) {
        let text = if is_pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) };
        let text = text.unwrap();
        let document = Document::parse(&text).unwrap();
        agrees(document.root(), &value);
        agrees(document.clone().root(), &value);
    }

    #[test]
    fn it_reads_what_value_reads(text in "[\\[\\]{},:\" a1.eE+\\-tr\\\\un\n]{0,24}|\\PC{0,12}") {
        let value = serde_json::from_str::<Value>(&text);
        match Document::parse(text.as_bytes()) {
            Ok(document) if value.is_ok() => agrees(document.root(), &value.unwrap()),
            // Value has no room for some numbers and texts that are grammatical.
            Ok(_) => prop_assert!(text.contains('e') || text.contains('E') || text.contains("\\u")),
            Err(_) => prop_assert!(value.is_err(), "{text:?}"),
        }
    }

    #[test]
    fn no_bytes_panic(text in proptest::collection::vec(any::<u8>(), 0..40)) {
        let _ = Document::parse(&text);
    }
}

#[test]
fn the_last_of_duplicates_wins() {
    let few = r#"{"a": 1, "b": 2, "\u0061": 3}"#.to_owned();
    let many: Vec<_> = (0..200).map(|n| format!("\"{}\": {n}", n % 100)).collect();
    for text in [few, format!("{{{}}}", many.join(","))] {
        let value: Value = serde_json::from_str(&text).unwrap();
        agrees(Document::parse(text.as_bytes()).unwrap().root(), &value);
        let nested = format!("[{text}]");
        agrees(Document::parse(nested.as_bytes()).unwrap().root(), &json!([value]));
    }
}

#[test]
fn what_is_not_one_value_is_refused() {
    for text in [
        "",
        " ",
        "{",
        "{}{}",
        "{} x",
        "[1,]",
        "{\"a\"}",
        "\"\n\"",
        "{\"a\": \"\n\"}",
        "{\"\n\": 1}",
        "01",
        "tru",
        "NaN",
    ] {
        assert!(matches!(Document::parse(text.as_bytes()), Err(Malformed::Syntax(_))), "{text:?}");
    }
    assert!(matches!(Document::parse(b"\"\xff\""), Err(Malformed::Utf8(1))));
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(Document::parse(nested(MAX_DEPTH).as_bytes()).is_ok());
    assert!(matches!(Document::parse(nested(MAX_DEPTH + 1).as_bytes()), Err(Malformed::Deep)));
    assert!(matches!(Document::parse("[".repeat(1_000_000).as_bytes()), Err(Malformed::Deep)));
    let flat = format!("[{}\"[[\\\"[\"]", "[],".repeat(1000));
    assert!(Document::parse(flat.as_bytes()).is_ok());
    let within = json!({"a": nested(MAX_DEPTH + 1)}).to_string();
    assert!(Document::parse(within.as_bytes()).unwrap().get("a").unwrap().document().is_none());
}

#[test]
fn numbers_and_broken_surrogates_are_kept_as_far_as_they_can_be() {
    let text = br#"{"n": 1e999, "m": 10000000000000000000000.10, "s": "a\ud800b", "k\udc00": {"\udc00": 1}}"#;
    let document = Document::parse(text).unwrap();
    assert!(matches!(document.get("n").unwrap().shape(), Shape::Number("1e999")));
    assert_eq!(document.get("n").unwrap().to_value(), json!("1e999"));
    assert_eq!(document.get("m").unwrap().raw(), "10000000000000000000000.10");
    let text = document.get("s").unwrap().as_text().unwrap();
    assert!(text.starts_with('a') && text.ends_with('b') && text.contains('\u{fffd}'));
    let Shape::Map(members) = document.root().shape() else { panic!() };
    assert_eq!(members.iter().count(), 4);
}
