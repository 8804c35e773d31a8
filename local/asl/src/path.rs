//! Paths into JSON: the States Language's reference paths, which name exactly one place.

use serde::Deserialize;
use serde_json::{Map, Value};

/// A place in a state's data (`$.a.b[0]`) or in the context object (`$$.State.Name`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Path {
    text: String,
    /// Whether it starts at the context object.
    pub(crate) in_context: bool,
    pub(crate) steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Field(String),
    Index(usize),
}

impl Path {
    /// The value there, if there is one.
    pub(crate) fn find<'v>(&self, data: &'v Value, context: &'v Value) -> Option<&'v Value> {
        let root = if self.in_context { context } else { data };
        self.steps.iter().try_fold(root, |at, step| match step {
            Step::Field(name) => at.get(name),
            Step::Index(index) => at.get(index),
        })
    }

    /// As written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

impl TryFrom<String> for Path {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let unknown = || format!("`{text}` is not a path of the kind `$.a.b[0]` or `$$.State.Name`");
        let (in_context, mut rest) = match text.strip_prefix("$$") {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('$').ok_or_else(unknown)?),
        };
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                let (name, tail) = after.split_at(end);
                if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
                    return Err(unknown());
                }
                steps.push(Step::Field(name.to_owned()));
                rest = tail;
            } else {
                let after = rest.strip_prefix('[').ok_or_else(unknown)?;
                let (index, tail) = after.split_once(']').ok_or_else(unknown)?;
                steps.push(Step::Index(index.parse().map_err(|_| unknown())?));
                rest = tail;
            }
        }
        Ok(Self { text, in_context, steps })
    }
}

/// Where a result is put into a state's input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Option<Path>")]
pub(crate) enum ResultPath {
    /// `$`, the default: the result takes the input's place.
    #[default]
    Whole,
    /// `null`: the input goes on as it is.
    Discard,
    /// `$.a.b`: the result is put there.
    At(Vec<String>),
}

impl TryFrom<Option<Path>> for ResultPath {
    type Error = String;

    fn try_from(path: Option<Path>) -> Result<Self, Self::Error> {
        let Some(path) = path else { return Ok(Self::Discard) };
        let names: Option<Vec<_>> = path
            .steps
            .iter()
            .map(|step| match step {
                Step::Field(name) => Some(name.clone()),
                Step::Index(_) => None,
            })
            .collect();
        match names {
            Some(_) if path.in_context => {
                Err(format!("`ResultPath` cannot write to the context: `{}`", path.text))
            }
            Some(names) if names.is_empty() => Ok(Self::Whole),
            Some(names) => Ok(Self::At(names)),
            None => Err(format!("`ResultPath` into an array is not supported: `{}`", path.text)),
        }
    }
}

impl ResultPath {
    /// The input with the result in it; none if something other than an object is in the way.
    pub(crate) fn apply(&self, mut input: Value, result: Value) -> Option<Value> {
        let names = match self {
            Self::Whole => return Some(result),
            Self::Discard => return Some(input),
            Self::At(names) => names,
        };
        let mut at = &mut input;
        for name in names {
            at = at.as_object_mut()?.entry(name.as_str()).or_insert_with(|| Value::Object(Map::new()));
        }
        *at = result;
        Some(input)
    }
}
