//! Fields by dotted path.

use serde_json::Value;

/// Offers each value at the path to `found`, until it says that it is satisfied. A key that holds the rest of the path
/// with its dots is taken too.
pub(crate) fn any(event: &Value, path: &str, found: &mut dyn FnMut(&Value) -> bool) -> bool {
    match event {
        Value::Object(map) => {
            if map.get(path).is_some_and(&mut *found) {
                return true;
            }
            let Some((key, rest)) = path.split_once('.') else { return false };
            map.get(key).is_some_and(|value| any(value, rest, found))
        }
        Value::Array(elements) => elements.iter().any(|element| any(element, path, found)),
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            serde_json::from_str::<Value>(text).is_ok_and(|document| any(&document, path, found))
        }
        _ => false,
    }
}

/// A value as the text that patterns see.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(_) => domain::digest::canonical(value),
        other => other.to_string(),
    }
}

/// Whether an element of the value, or the value itself where it is none, is what `found` looks for.
pub(crate) fn any_element(value: &Value, found: &mut dyn FnMut(&Value) -> bool) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(|element| any_element(element, found)),
        value => found(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_go_through_arrays_and_documents() {
        let event = json!({
            "a": {"b": [{"c": 1}, {"c": 2}, {"d": [3, [4]]}]},
            "doc": "{\"Statement\":{\"Effect\":\"Allow\"}}",
            "dotted.key": {"x.y": 5},
            "text": "{not json",
        });
        for (path, expected) in [
            ("a.b.c", vec!["1", "2"]),
            ("a.b.d", vec!["3", "4"]),
            ("doc.Statement.Effect", vec!["Allow"]),
            ("doc.Statement", vec!["{\"Effect\":\"Allow\"}"]),
            ("dotted.key", vec!["{\"x.y\":5}"]),
            ("text.x", vec![]),
            ("a.b.c.d", vec![]),
            ("", vec![]),
        ] {
            let mut found = Vec::new();
            any(&event, path, &mut |value| {
                any_element(value, &mut |element| {
                    found.push(text(element));
                    false
                })
            });
            assert_eq!(found, expected, "{path}");
        }
    }
}
