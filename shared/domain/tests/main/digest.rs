//! The canonical form: one text for one value.

use domain::{Digest, digest::canonical};
use proptest::prelude::*;
use serde_json::{Value, json};

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Exact in binary, so that reading them again is exact too.
        any::<i32>().prop_map(|n| Value::from(f64::from(n) / 8.0)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// The value as a text with white space whose keys stand the other way round.
fn backwards(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut fields: Vec<_> =
                map.iter().map(|(key, item)| format!("{} : {}", json!(key), backwards(item))).collect();
            fields.sort_unstable_by(|a, b| b.cmp(a));
            format!("{{ {} }}", fields.join(" ,\n"))
        }
        Value::Array(items) => format!("[ {} ]", items.iter().map(backwards).collect::<Vec<_>>().join(" , ")),
        scalar => scalar.to_string(),
    }
}

proptest! {
    #[test]
    fn order_of_keys_and_white_space_do_not_matter(value in any_json()) {
        let read: Value = serde_json::from_str(&backwards(&value)).unwrap();
        prop_assert_eq!(canonical(&read), canonical(&value));
        prop_assert_eq!(Digest::of_json(&read), Digest::of_json(&value));
    }

    /// The text holds all of the value, so two values with one text are one value.
    #[test]
    fn the_text_can_be_read_again(value in any_json()) {
        let text = canonical(&value);
        prop_assert_eq!(&serde_json::from_str::<Value>(&text).unwrap(), &value);
        prop_assert_eq!(canonical(&serde_json::from_str::<Value>(&text).unwrap()), text);
    }

    #[test]
    fn different_values_have_different_digests(a in any_json(), b in any_json()) {
        prop_assert_eq!(a == b, Digest::of_json(&a) == Digest::of_json(&b));
    }
}

#[test]
fn what_looks_alike_is_told_apart() {
    let values = [
        json!(null),
        json!("null"),
        json!([]),
        json!({}),
        json!([null]),
        json!({"": null}),
        json!(0),
        json!("0"),
        json!(false),
        json!([[], []]),
        json!([[[]]]),
        json!({"a": {"b": 1}}),
        json!({"a": 1, "b": 1}),
        json!({"a": {}, "b": 1}),
        json!(["a", "b"]),
        json!(["b", "a"]),
        json!(["a,b"]),
        json!("é"),
        json!("e\u{301}"),
    ];
    for (n, a) in values.iter().enumerate() {
        for b in &values[..n] {
            assert_ne!(Digest::of_json(a), Digest::of_json(b), "{a} {b}");
        }
    }
}
