//! Payload templates: JSON in which a field `x.$` takes its value from a path.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::path::Path;

/// A payload template (`Parameters`, `ResultSelector`).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub(crate) enum Template {
    Literal(Value),
    Path(Path),
    Object(Vec<(String, Template)>),
    Array(Vec<Template>),
}

impl TryFrom<Value> for Template {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        match value {
            Value::Object(fields) => {
                let mut object: Vec<(String, Template)> = Vec::new();
                for (name, value) in fields {
                    let (name, value) = match (name.strip_suffix(".$"), value) {
                        (Some(bare), Value::String(text)) => {
                            let path = Path::try_from(text).map_err(|why| format!("`{name}`: {why}"))?;
                            (bare.to_owned(), Template::Path(path))
                        }
                        (Some(_), _) => return Err(format!("`{name}` takes a path, written as a string")),
                        (None, value) => (name, value.try_into()?),
                    };
                    if object.iter().any(|(other, _)| *other == name) {
                        return Err(format!("`{name}` stands both with and without `.$`"));
                    }
                    object.push((name, value));
                }
                Ok(Self::Object(object))
            }
            Value::Array(items) => {
                Ok(Self::Array(items.into_iter().map(Self::try_from).collect::<Result<_, _>>()?))
            }
            literal => Ok(Self::Literal(literal)),
        }
    }
}

impl Template {
    /// Fills the template in; where a path leads nowhere, that path.
    pub(crate) fn fill(&self, data: &Value, context: &Value) -> Result<Value, &Path> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Path(path) => path.find(data, context).cloned().ok_or(path),
            Self::Object(fields) => fields
                .iter()
                .map(|(name, value)| Ok((name.clone(), value.fill(data, context)?)))
                .collect::<Result<Map<_, _>, _>>()
                .map(Value::Object),
            Self::Array(items) => {
                items.iter().map(|item| item.fill(data, context)).collect::<Result<_, _>>().map(Value::Array)
            }
        }
    }

    /// All paths in it.
    pub(crate) fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Literal(_) => Vec::new(),
            Self::Path(path) => vec![path],
            Self::Object(fields) => fields.iter().flat_map(|(_, value)| value.paths()).collect(),
            Self::Array(items) => items.iter().flat_map(Self::paths).collect(),
        }
    }
}
