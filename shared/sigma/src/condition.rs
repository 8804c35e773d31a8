//! Selections, and the condition over them.

use serde_json::Value;
use yaml_serde::{Mapping, Value as Yaml};

use crate::{error::Problem, item::Item};

/// Deepest nesting of parentheses and `not`.
const MAX_DEPTH: usize = 64;

/// A compiled `detection`.
#[derive(Clone, Debug)]
pub(crate) struct Detection(Expr);

#[derive(Clone, Debug)]
enum Expr {
    /// One of these lists, all items of it.
    Selection(Vec<Vec<Item>>),
    All(Vec<Expr>),
    Any(Vec<Expr>),
    Not(Box<Expr>),
}

impl Detection {
    pub(crate) fn compile(detection: &Mapping) -> Result<Self, Problem> {
        let mut selections = Vec::new();
        let mut conditions = Vec::new();
        for (name, value) in detection {
            match name.as_str() {
                Some("condition") => conditions = texts(value)?,
                Some("timeframe") => return Err(Problem::at("timeframe", "`timeframe` is not supported")),
                Some(name) => selections.push((name.to_owned(), selection(name, value)?)),
                None => return Err(Problem::new("a selection's name must be text")),
            }
        }
        if conditions.is_empty() {
            return Err(Problem::at("detection", "`condition` is missing"));
        }
        let parse = |text: &String| Parser::new(text, &selections).condition();
        let mut conditions: Vec<Expr> = conditions.iter().map(parse).collect::<Result<_, _>>()?;
        Ok(Self(if conditions.len() == 1 { conditions.remove(0) } else { Expr::Any(conditions) }))
    }

    /// Whether it matches; what made it match is added to `fields`.
    pub(crate) fn matches(&self, event: &Value, fields: &mut Vec<(String, String)>) -> bool {
        self.0.matches(event, fields)
    }

    /// Values, in lower case, one of which `field` must have for a match; nothing if that cannot be said.
    pub(crate) fn required(&self, field: &str) -> Option<Vec<String>> {
        self.0.required(field)
    }
}

impl Expr {
    fn matches(&self, event: &Value, fields: &mut Vec<(String, String)>) -> bool {
        let before = fields.len();
        let matched = match self {
            Expr::Selection(any) => any.iter().any(|items| {
                fields.truncate(before);
                items.iter().all(|item| item.matches(event, fields))
            }),
            Expr::All(parts) => parts.iter().all(|part| part.matches(event, fields)),
            Expr::Any(parts) => parts.iter().any(|part| part.matches(event, fields)),
            Expr::Not(part) => !part.matches(event, &mut Vec::new()),
        };
        if !matched {
            fields.truncate(before);
        }
        matched
    }

    fn required(&self, field: &str) -> Option<Vec<String>> {
        let union =
            |sets: Vec<Option<Vec<String>>>| sets.into_iter().collect::<Option<Vec<_>>>().map(|s| s.concat());
        let smallest = |sets: Vec<Option<Vec<String>>>| sets.into_iter().flatten().min_by_key(Vec::len);
        match self {
            Expr::Selection(any) => {
                let of = |items: &Vec<Item>| {
                    smallest(items.iter().filter(|item| item.path == field).map(Item::exact).collect())
                };
                union(any.iter().map(of).collect())
            }
            Expr::All(parts) => smallest(parts.iter().map(|part| part.required(field)).collect()),
            Expr::Any(parts) => union(parts.iter().map(|part| part.required(field)).collect()),
            Expr::Not(_) => None,
        }
    }
}

fn selection(name: &str, value: &Yaml) -> Result<Vec<Vec<Item>>, Problem> {
    let items = |map: &Mapping| -> Result<Vec<Item>, Problem> {
        let compile = |(key, value): (&Yaml, &Yaml)| match key.as_str() {
            Some(key) => Item::compile(key, value),
            None => Err(Problem::at(name, format!("a field's name in `{name}` is not text"))),
        };
        let items: Vec<_> = map.iter().map(compile).collect::<Result<_, _>>()?;
        if items.is_empty() { Err(Problem::at(name, format!("`{name}` is empty"))) } else { Ok(items) }
    };
    let of = |value: &Yaml| match value {
        Yaml::Mapping(map) => items(map),
        _ => Err(Problem::at(name, format!("`{name}` searches for keywords, which is not supported"))),
    };
    match value {
        Yaml::Sequence(list) if list.is_empty() => Err(Problem::at(name, format!("`{name}` is empty"))),
        Yaml::Sequence(list) => list.iter().map(of).collect(),
        value => Ok(vec![of(value)?]),
    }
}

/// One condition, or several of which one is enough.
fn texts(value: &Yaml) -> Result<Vec<String>, Problem> {
    let text = |value: &Yaml| {
        value.as_str().map(str::to_owned).ok_or_else(|| Problem::at("condition", "`condition` must be text"))
    };
    match value {
        Yaml::Sequence(list) => list.iter().map(text).collect(),
        value => Ok(vec![text(value)?]),
    }
}

/// Recursive descent; `not` binds strongest, then `and`, then `or`.
struct Parser<'a> {
    words: Vec<String>,
    at: usize,
    depth: usize,
    selections: &'a [(String, Vec<Vec<Item>>)],
}

impl<'a> Parser<'a> {
    fn new(text: &str, selections: &'a [(String, Vec<Vec<Item>>)]) -> Self {
        let spaced = text.replace('(', " ( ").replace(')', " ) ").replace('|', " | ");
        let words = spaced.split_whitespace().map(str::to_owned).collect();
        Self { words, at: 0, depth: 0, selections }
    }

    fn condition(mut self) -> Result<Expr, Problem> {
        let expr = self.any()?;
        match self.next() {
            None => Ok(expr),
            Some(word) if word == "|" => Err(wrong("aggregation (`|`) in a condition is not supported")),
            Some(word) => Err(wrong(format!("`{word}` does not belong there in the condition"))),
        }
    }

    fn any(&mut self) -> Result<Expr, Problem> {
        let mut parts = vec![self.all()?];
        while self.take("or") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::Any(parts) })
    }

    fn all(&mut self) -> Result<Expr, Problem> {
        let mut parts = vec![self.one()?];
        while self.take("and") {
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::All(parts) })
    }

    fn one(&mut self) -> Result<Expr, Problem> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(wrong(format!("the condition is nested deeper than {MAX_DEPTH}")));
        }
        let word = self.next().ok_or_else(|| wrong("the condition ends too early"))?;
        let expr = match word.to_ascii_lowercase().as_str() {
            "not" => Expr::Not(Box::new(self.one()?)),
            "(" => {
                let inner = self.any()?;
                if !self.take(")") {
                    return Err(wrong("a parenthesis in the condition is not closed"));
                }
                inner
            }
            "all" | "any" | "1" if self.take("of") => {
                let pattern = self.next().ok_or_else(|| wrong("the condition ends after `of`"))?;
                let chosen = self.chosen(&pattern)?;
                if word.eq_ignore_ascii_case("all") { Expr::All(chosen) } else { Expr::Any(chosen) }
            }
            number if number.parse::<u32>().is_ok() => {
                return Err(wrong(format!("`{number} of` is not supported: only `1 of` and `all of`")));
            }
            _ => self.named(&word)?,
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn named(&self, name: &str) -> Result<Expr, Problem> {
        let found = self.selections.iter().find(|(n, _)| n == name);
        let (_, selection) =
            found.ok_or_else(|| wrong(format!("the condition names `{name}`, which is no selection")))?;
        Ok(Expr::Selection(selection.clone()))
    }

    /// The selections that a quantifier means: those whose name fits the pattern; `them` are all but those that begin
    /// with an underscore.
    fn chosen(&self, pattern: &str) -> Result<Vec<Expr>, Problem> {
        let fits = |name: &str| match pattern {
            "them" => !name.starts_with('_'),
            _ => crate::pattern::Pattern::new(pattern, crate::pattern::Anchor::Whole, true).matches(name),
        };
        let chosen = self.selections.iter().filter(|(name, _)| fits(name));
        let chosen: Vec<_> = chosen.map(|(_, selection)| Expr::Selection(selection.clone())).collect();
        if chosen.is_empty() {
            return Err(wrong(format!("no selection is called `{pattern}`")));
        }
        Ok(chosen)
    }

    fn next(&mut self) -> Option<String> {
        let word = self.words.get(self.at).cloned();
        self.at += 1;
        word
    }

    fn take(&mut self, word: &str) -> bool {
        let is_next = self.words.get(self.at).is_some_and(|next| next.eq_ignore_ascii_case(word));
        self.at += usize::from(is_next);
        is_next
    }
}

fn wrong(what: impl Into<String>) -> Problem {
    Problem::at("condition", what)
}
