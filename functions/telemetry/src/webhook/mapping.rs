//! How another system's JSON becomes the form: declared in `policies/webhooks/NAME.yaml`.
//!
//! ```yaml
//! name: scanner
//! about: What the scanner sends for each thing it finds.
//! fields:
//!   id: $.alert.id
//!   time: $.alert.at
//!   title: $.alert.rule.name
//!   severity: $.alert.priority
//!   origin: $.alert.peer.ip
//! severity:
//!   P1: critical
//!   P2: 60
//!   "*": low
//! ```
//!
//! A field is a JSONPath (RFC 9535), of which the first match counts, or a text that is always the same.

use std::collections::BTreeMap;

use domain::{Level, Time};
use serde::Deserialize;
use serde_json::{Map, Value};
use serde_json_path::JsonPath;
use thiserror::Error;

/// Fields of the form that a mapping must fill, and those that it may.
const REQUIRED: [&str; 4] = ["id", "time", "title", "severity"];
const OPTIONAL: [&str; 3] = ["actor", "resource", "origin"];
/// What a severity is that the table does not name.
const OTHERS: &str = "*";

/// Why a mapping is refused.
#[derive(Debug, Error)]
pub enum MappingError {
    /// It is not YAML, or not in the mapping's form.
    #[error("the mapping cannot be read: {0}")]
    Yaml(#[from] yaml_serde::Error),
    /// A field of the form must be filled.
    #[error("the mapping says nothing of `{0}`")]
    Missing(&'static str),
    /// The form has no such field.
    #[error(
        "the form has no field `{0}`: it has `id`, `time`, `title`, `severity`, `actor`, `resource` and `origin`"
    )]
    Unknown(String),
    /// A path is not JSONPath.
    #[error("the path of `{field}` cannot be read: {error}")]
    Path {
        /// The form's field.
        field: String,
        /// What is wrong.
        error: serde_json_path::ParseError,
    },
    /// A severity is neither points nor a level.
    #[error("the severity of `{0}` must be 0 to 100, or a level's name")]
    Severity(String),
}

/// How one sender's JSON becomes the form.
#[derive(Clone, Debug)]
pub struct Mapping {
    name: String,
    fields: BTreeMap<String, Field>,
    severity: BTreeMap<String, Value>,
}

#[derive(Clone, Debug)]
enum Field {
    Path(JsonPath),
    Text(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    name: String,
    #[serde(rename = "about")]
    _about: Option<String>,
    fields: BTreeMap<String, String>,
    #[serde(default)]
    severity: BTreeMap<String, Value>,
}

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    /// See [`MappingError`].
    pub fn load(text: &str) -> Result<Self, MappingError> {
        let declared: Declared = yaml_serde::from_str(text)?;
        if let Some(missing) = REQUIRED.iter().find(|field| !declared.fields.contains_key(**field)) {
            return Err(MappingError::Missing(missing));
        }
        let mut fields = BTreeMap::new();
        for (field, source) in declared.fields {
            if !REQUIRED.contains(&field.as_str()) && !OPTIONAL.contains(&field.as_str()) {
                return Err(MappingError::Unknown(field));
            }
            let source = match source.strip_prefix('$') {
                Some(_) => match JsonPath::parse(&source) {
                    Ok(path) => Field::Path(path),
                    Err(error) => return Err(MappingError::Path { field, error }),
                },
                None => Field::Text(source),
            };
            fields.insert(field, source);
        }
        let is_severity = |value: &Value| {
            value.as_u64().is_some_and(|points| points <= 100) || Level::deserialize(value).is_ok()
        };
        if let Some((name, _)) = declared.severity.iter().find(|(_, value)| !is_severity(value)) {
            return Err(MappingError::Severity(name.clone()));
        }
        Ok(Self { name: declared.name, fields, severity: declared.severity })
    }

    /// The sender's name, as the mapping has it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A body as the form, which keeps the whole of it as `details`. What a path does not find is left out, and the form
    /// says what it lacks.
    pub(crate) fn form(&self, body: Value) -> Value {
        let mut form = Map::new();
        for (field, source) in &self.fields {
            let value = match source {
                Field::Path(path) => path.query(&body).first().cloned(),
                Field::Text(text) => Some(text.clone().into()),
            };
            let Some(value) = value.filter(|value| !value.is_null()) else { continue };
            let value = match field.as_str() {
                "severity" => self.severity(value),
                "time" => time(value),
                // Under the sender's name: two senders number their alerts alike.
                "id" => format!("{}:{}", self.name, plain(&value)).into(),
                _ => plain(&value).into(),
            };
            form.insert(field.clone(), value);
        }
        form.insert("details".into(), body);
        Value::Object(form)
    }

    fn severity(&self, value: Value) -> Value {
        let named = self.severity.get(&plain(&value)).or_else(|| self.severity.get(OTHERS));
        named.cloned().unwrap_or(value)
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Seconds or milliseconds since 1970 as the form's RFC 3339; a text is that already.
fn time(value: Value) -> Value {
    // Seconds reach this number in the year 5138, milliseconds had it in 1973.
    const MILLIS: f64 = 1e11;
    let Some(number) = value.as_f64() else { return value };
    let millis = if number < MILLIS { number * 1000.0 } else { number };
    #[allow(clippy::cast_possible_truncation)] // A float too large for an integer becomes the largest one.
    Time::from_millis(millis as i64).to_string().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FIELDS: &str =
        "name: s\nfields:\n  id: $.n\n  time: $.at\n  title: Found something\n  severity: $.p\n";

    #[test]
    fn a_body_becomes_the_form() {
        let text = format!(
            "{FIELDS}  origin: $.peers[0][\"ip.v4\"]\n  actor: $.who\nseverity: {{P1: critical, '2': 60, '*': low}}\n"
        );
        let mapping = Mapping::load(&text).unwrap();
        for (priority, severity) in
            [(json!("P1"), json!("critical")), (json!(2), json!(60)), (json!("?"), json!("low"))]
        {
            let body = json!({"n": 7, "at": 1_767_225_600, "p": priority, "peers": [{"ip.v4": "198.51.100.7"}], "who": null});
            let expected = json!({"id": "s:7", "time": "2026-01-01T00:00:00Z", "title": "Found something",
                "severity": severity, "origin": "198.51.100.7", "details": body});
            assert_eq!(mapping.form(body), expected);
        }
    }

    #[test]
    fn a_faulty_mapping_is_refused_by_name() {
        for (text, reason) in [
            ("name: s\nfields: {id: $.n}".to_owned(), "`time`"),
            (format!("{FIELDS}  colour: $.c\n"), "`colour`"),
            (format!("{FIELDS}  actor: $.[\n"), "`actor`"),
            (format!("{FIELDS}severity: {{P1: 101}}\n"), "`P1`"),
            (format!("{FIELDS}route: /x\n"), "route"),
            ("[".into(), "cannot be read"),
        ] {
            let error = Mapping::load(&text).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
