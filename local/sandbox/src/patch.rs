//! An account from text, and changed by a merge patch.

use anyhow::{Context, bail};
use domain::Inventory;
use serde_json::{Map, Value};

/// The account that a YAML text describes.
pub(crate) fn inventory_from_yaml(text: &str) -> anyhow::Result<Inventory> {
    let given: Value = yaml_serde::from_str(text).context("not YAML")?;
    read(&given, given.clone())
}

/// The account after a JSON merge patch.
pub(crate) fn edited(account: &Inventory, patch: &Value) -> anyhow::Result<Inventory> {
    let mut target = serde_json::to_value(account)?;
    merge(&mut target, patch);
    read(patch, target)
}

/// Reads an account. Absent fields have defaults, so a misspelt one would be lost without a word: what was given must
/// be there again in what was read.
fn read(given: &Value, whole: Value) -> anyhow::Result<Inventory> {
    let inventory: Inventory = serde_json::from_value(whole).context("not an account")?;
    if let Some(path) = lost(given, &serde_json::to_value(&inventory)?) {
        bail!("an account has no `{path}`");
    }
    Ok(inventory)
}

/// MergePatch of RFC 7396, section 2.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (key, change) in changes {
        if change.is_null() {
            target.remove(key);
        } else {
            merge(target.entry(key.clone()).or_insert(Value::Null), change);
        }
    }
}

/// The first key of `given` that `kept` does not have. A null asks for absence, which is always kept.
fn lost(given: &Value, kept: &Value) -> Option<String> {
    match (given, kept) {
        (Value::Object(given), Value::Object(kept)) => {
            given.iter().filter(|(_, v)| !v.is_null()).find_map(|(key, value)| match kept.get(key) {
                None => Some(key.clone()),
                Some(there) => lost(value, there).map(|rest| format!("{key}.{rest}")),
            })
        }
        (Value::Array(given), Value::Array(kept)) => given
            .iter()
            .zip(kept)
            .enumerate()
            .find_map(|(place, (value, there))| lost(value, there).map(|rest| format!("{place}.{rest}"))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn merges_as_the_examples_of_rfc_7396_do() {
        for (target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!(["a", "b"]), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            let mut merged = target.clone();
            merge(&mut merged, &patch);
            assert_eq!(merged, result, "{target} patched by {patch}");
        }
    }

    #[test]
    fn refuses_what_an_account_does_not_have_by_its_path() {
        let refusal = inventory_from_yaml("users: {eve: {acces_keys: {}}}").unwrap_err();
        assert_eq!(refusal.to_string(), "an account has no `users.eve.acces_keys`");
    }
}
