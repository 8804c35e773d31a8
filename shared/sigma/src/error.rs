//! Why a rule is refused.

use thiserror::Error;

/// A rule that was refused, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{file}{}: {problem}", line.map(|n| format!(":{n}")).unwrap_or_default())]
pub struct RuleError {
    /// The rule's file.
    pub file: String,
    /// The line, counted from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub problem: String,
}

/// What is wrong with a rule, before its file is known.
#[derive(Debug)]
pub(crate) struct Problem {
    what: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Unknown,
    Line(usize),
    /// The first line that has this key, or else holds this text. YAML's values carry no place, and this is nearly always
    /// the right one.
    Near(String),
}

impl Problem {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), place: Place::Unknown }
    }

    /// A problem with something that stands in the rule as `near`.
    pub(crate) fn at(near: &str, what: impl Into<String>) -> Self {
        Self { what: what.into(), place: Place::Near(near.to_owned()) }
    }

    pub(crate) fn yaml(error: &yaml_serde::Error) -> Self {
        let Some(at) = error.location() else { return Self::new(format!("not valid YAML: {error}")) };
        // Its own place is counted from the document's beginning, not from the file's.
        let place = format!(" at line {} column {}", at.line(), at.column());
        let what = format!("not valid YAML: {}", error.to_string().replacen(&place, "", 1));
        Self { what, place: Place::Line(at.line()) }
    }

    /// The error, for a rule with this text that begins in the file behind so many lines.
    pub(crate) fn in_file(self, file: &str, text: &str, lines_before: usize) -> RuleError {
        let line = match self.place {
            Place::Unknown => None,
            // YAML's end lies behind the last line, and it breaks lines at more characters than others do.
            Place::Line(line) => Some(line.min(text.lines().count())),
            Place::Near(near) => line_of(text, &near),
        };
        RuleError { file: file.to_owned(), line: line.map(|line| line + lines_before), problem: self.what }
    }
}

fn line_of(text: &str, near: &str) -> Option<usize> {
    let is_key = |line: &str| {
        let line = line.trim_start_matches([' ', '-', '\'', '"']);
        line.strip_prefix(near).is_some_and(|rest| rest.starts_with([':', '\'', '"']))
    };
    let found = text.lines().position(is_key).or_else(|| text.lines().position(|line| line.contains(near)));
    found.map(|place| place + 1)
}
