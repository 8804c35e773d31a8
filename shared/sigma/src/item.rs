//! One field of a selection: `field|modifier: value or values`.

use std::net::IpAddr;

use ipnet::IpNet;
use regex::{Regex, RegexBuilder};
use serde_json::Value;
use yaml_serde::Value as Yaml;

use crate::{
    error::Problem,
    path,
    pattern::{Anchor, Pattern},
};

/// A field and what it is compared with.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) path: String,
    tests: Vec<Test>,
    /// Whether each test must hold, else one is enough.
    all: bool,
}

#[derive(Clone, Debug)]
enum Test {
    Text(Pattern),
    Number(serde_json::Number),
    Bool(bool),
    Null,
    Exists(bool),
    Regex(Regex),
    Cidr(IpNet),
    /// Has a value of this other field.
    Field(String),
}

/// What the modifiers say.
#[derive(Default)]
struct Modifiers {
    anchor: Option<Anchor>,
    is_regex: bool,
    flags: Vec<char>,
    is_cidr: bool,
    is_exists: bool,
    is_fieldref: bool,
    is_cased: bool,
    all: bool,
}

impl Item {
    /// Compiles a line of a selection.
    pub(crate) fn compile(key: &str, value: &Yaml) -> Result<Self, Problem> {
        let mut parts = key.split('|');
        let path = parts.next().unwrap_or_default().trim().to_owned();
        if path.is_empty() {
            return Err(Problem::at(key, "a keyword search without a field is not supported"));
        }
        let modifiers = Modifiers::read(key, parts)?;
        let values = match value {
            Yaml::Sequence(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        if values.is_empty() {
            return Err(Problem::at(key, format!("`{key}` has an empty list of values")));
        }
        let tests = values.iter().map(|value| modifiers.test(key, value)).collect::<Result<_, _>>()?;
        Ok(Self { path, tests, all: modifiers.all })
    }

    /// Whether the event's field fits; then the value that did is added to `fields`.
    pub(crate) fn matches(&self, event: &Value, fields: &mut Vec<(String, String)>) -> bool {
        let mut seen = None;
        let mut holds = |test: &Test| test.holds(event, &self.path, &mut seen);
        let matched =
            if self.all { self.tests.iter().all(&mut holds) } else { self.tests.iter().any(&mut holds) };
        if matched {
            fields.extend(seen.map(|text| (self.path.clone(), text)));
        }
        matched
    }

    /// The texts, in lower case, one of which the field must have; nothing if that cannot be said.
    pub(crate) fn exact(&self) -> Option<Vec<String>> {
        self.tests
            .iter()
            .map(|test| match test {
                Test::Text(pattern) => pattern.exact(),
                _ => None,
            })
            .collect()
    }
}

impl Modifiers {
    fn read<'a>(key: &str, names: impl Iterator<Item = &'a str>) -> Result<Self, Problem> {
        let mut read = Self::default();
        let mut comparisons = 0;
        for name in names {
            match name {
                "contains" => read.anchor = Some(Anchor::Contains),
                "startswith" => read.anchor = Some(Anchor::Start),
                "endswith" => read.anchor = Some(Anchor::End),
                "re" => read.is_regex = true,
                "cidr" => read.is_cidr = true,
                "exists" => read.is_exists = true,
                "fieldref" => read.is_fieldref = true,
                "cased" => read.is_cased = true,
                "all" => read.all = true,
                "i" | "m" | "s" if read.is_regex => read.flags.extend(name.chars()),
                other => return Err(Problem::at(key, format!("the modifier `{other}` is not supported"))),
            }
            comparisons += usize::from(matches!(
                name,
                "contains" | "startswith" | "endswith" | "re" | "cidr" | "exists"
            ));
        }
        let is_text = !(read.is_regex || read.is_cidr || read.is_exists || read.is_fieldref);
        if comparisons > 1 || (read.is_cased && !is_text) {
            return Err(Problem::at(key, format!("the modifiers of `{key}` do not go together")));
        }
        Ok(read)
    }

    fn test(&self, key: &str, value: &Yaml) -> Result<Test, Problem> {
        let refuse = |why: &str| Problem::at(key, format!("`{key}` {why}"));
        if self.is_exists {
            return value.as_bool().map(Test::Exists).ok_or_else(|| refuse("must be true or false"));
        }
        if self.is_regex {
            let text = value.as_str().ok_or_else(|| refuse("must be a regular expression"))?;
            let regex = RegexBuilder::new(text)
                .case_insensitive(self.flags.contains(&'i'))
                .multi_line(self.flags.contains(&'m'))
                .dot_matches_new_line(self.flags.contains(&'s'))
                .build();
            return regex
                .map(Test::Regex)
                .map_err(|error| refuse(&format!("is not a regular expression: {error}")));
        }
        if self.is_fieldref {
            let field = value.as_str().filter(|field| !field.is_empty());
            return field.map(|f| Test::Field(f.to_owned())).ok_or_else(|| refuse("must name a field"));
        }
        if self.is_cidr {
            let block = value.as_str().and_then(|text| text.parse().ok());
            return block.map(Test::Cidr).ok_or_else(|| refuse("must be CIDR blocks"));
        }
        let anchor = self.anchor.unwrap_or(Anchor::Whole);
        let text = |text: &str| Ok(Test::Text(Pattern::new(text, anchor, self.is_cased)));
        match value {
            Yaml::String(value) if value.is_empty() && anchor != Anchor::Whole => {
                Err(refuse("has an empty value"))
            }
            Yaml::String(value) => text(value),
            Yaml::Number(number) if self.anchor.is_some() => text(&number.to_string()),
            Yaml::Number(number) => {
                let number = serde_json::to_value(number).ok().and_then(|n| n.as_number().cloned());
                number.map(Test::Number).ok_or_else(|| refuse("has a number that is none"))
            }
            Yaml::Bool(value) if self.anchor.is_none() => Ok(Test::Bool(*value)),
            Yaml::Null if self.anchor.is_none() => Ok(Test::Null),
            _ => Err(refuse("must be text, a number, true, false, null, or a list of these")),
        }
    }
}

impl Test {
    fn holds(&self, event: &Value, path: &str, seen: &mut Option<String>) -> bool {
        match self {
            // Null is a field that has no value, whether the key is there or not ("Special Field Values").
            Test::Null => {
                let mut met = false;
                let is_null = path::any(event, path, &mut |value| {
                    met = true;
                    value.is_null()
                });
                is_null || !met
            }
            Test::Exists(expected) => path::any(event, path, &mut |_| true) == *expected,
            _ => path::any(event, path, &mut |value| {
                path::any_element(value, &mut |element| {
                    let holds = self.fits(element, event);
                    if holds {
                        *seen = Some(path::text(element));
                    }
                    holds
                })
            }),
        }
    }

    fn fits(&self, value: &Value, event: &Value) -> bool {
        match self {
            Test::Text(pattern) => !value.is_null() && pattern.matches(&path::text(value)),
            Test::Regex(regex) => !value.is_null() && regex.is_match(&path::text(value)),
            Test::Number(number) => match value {
                Value::Number(other) => other == number || other.as_f64() == number.as_f64(),
                Value::String(text) => *text == number.to_string(),
                _ => false,
            },
            Test::Bool(expected) => match value {
                Value::Bool(actual) => actual == expected,
                Value::String(text) => text.eq_ignore_ascii_case(if *expected { "true" } else { "false" }),
                _ => false,
            },
            Test::Cidr(block) => {
                let address = value.as_str().and_then(|text| text.trim().parse::<IpAddr>().ok());
                address.is_some_and(|address| block.contains(&address.to_canonical()))
            }
            Test::Field(other) => {
                let text = path::text(value).to_lowercase();
                !value.is_null()
                    && path::any(event, other, &mut |value| {
                        path::any_element(value, &mut |e| {
                            !e.is_null() && path::text(e).to_lowercase() == text
                        })
                    })
            }
            Test::Null | Test::Exists(_) => false,
        }
    }
}
