//! Selections, and the condition over them.

use yaml_serde::{Mapping, Value as Yaml};

use crate::{
    error::Problem,
    graph::NodeId,
    item::Compiler,
    pattern::{Anchor, Pattern, tokens},
};

/// Deepest nesting of parentheses and `not`.
const MAX_DEPTH: usize = 64;

impl Compiler<'_> {
    /// Compiles a `detection`, or what a filter has of one.
    pub(crate) fn detection(&mut self, detection: &Mapping) -> Result<NodeId, Problem> {
        let mut selections = Vec::new();
        let mut conditions = None;
        for (name, value) in detection {
            match name.as_str() {
                Some("condition") => conditions = Some(texts(value)?),
                Some("timeframe") => return Err(Problem::at("timeframe", "`timeframe` is not supported")),
                Some(name) => selections.push((name.to_owned(), self.selection(name, value)?)),
                None => return Err(Problem::new("a selection's name must be text")),
            }
        }
        let conditions = conditions.filter(|conditions| !conditions.is_empty());
        let conditions = conditions.ok_or_else(|| Problem::at("detection", "`condition` is missing"))?;
        let mut roots = Vec::new();
        for condition in conditions {
            roots.push(Parser::new(&condition, &selections, self).condition()?);
        }
        Ok(self.graph.any(roots))
    }

    /// A map of fields, a list of such maps, or keywords.
    fn selection(&mut self, name: &str, value: &Yaml) -> Result<NodeId, Problem> {
        let values = match value {
            Yaml::Sequence(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        let (mut parts, mut keywords) = (Vec::new(), Vec::new());
        for value in values {
            match value {
                Yaml::Mapping(map) => parts.push(self.map(name, map)?),
                Yaml::String(_) | Yaml::Number(_) => keywords.push(value.clone()),
                _ => return Err(Problem::at(name, format!("`{name}` must hold fields or keywords"))),
            }
        }
        if !keywords.is_empty() {
            parts.push(self.keywords(name, &keywords)?);
        }
        if parts.is_empty() {
            return Err(Problem::at(name, format!("`{name}` is empty")));
        }
        Ok(self.graph.any(parts))
    }

    fn map(&mut self, name: &str, map: &Mapping) -> Result<NodeId, Problem> {
        let mut items = Vec::new();
        for (key, value) in map {
            let not_text = || Problem::at(name, format!("a field's name in `{name}` is not text"));
            items.push(self.item(key.as_str().ok_or_else(not_text)?, value)?);
        }
        if items.is_empty() {
            return Err(Problem::at(name, format!("`{name}` is empty")));
        }
        Ok(self.graph.all(items))
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
struct Parser<'a, 'c> {
    words: Vec<String>,
    at: usize,
    depth: usize,
    selections: &'a [(String, NodeId)],
    compiler: &'a mut Compiler<'c>,
}

impl<'a, 'c> Parser<'a, 'c> {
    fn new(text: &str, selections: &'a [(String, NodeId)], compiler: &'a mut Compiler<'c>) -> Self {
        let spaced = text.replace('(', " ( ").replace(')', " ) ").replace('|', " | ");
        let words = spaced.split_whitespace().map(str::to_owned).collect();
        Self { words, at: 0, depth: 0, selections, compiler }
    }

    fn condition(mut self) -> Result<NodeId, Problem> {
        let root = self.any()?;
        match self.next() {
            None => Ok(root),
            Some(word) if word == "|" => Err(wrong("aggregation (`|`) in a condition is not supported")),
            Some(word) if word == "near" => Err(wrong("`near` in a condition is not supported")),
            Some(word) => Err(wrong(format!("`{word}` does not belong there in the condition"))),
        }
    }

    fn any(&mut self) -> Result<NodeId, Problem> {
        let mut parts = vec![self.all()?];
        while self.take("or") {
            parts.push(self.all()?);
        }
        Ok(self.compiler.graph.any(parts))
    }

    fn all(&mut self) -> Result<NodeId, Problem> {
        let mut parts = vec![self.one()?];
        while self.take("and") {
            parts.push(self.one()?);
        }
        Ok(self.compiler.graph.all(parts))
    }

    fn one(&mut self) -> Result<NodeId, Problem> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(wrong(format!("the condition is nested deeper than {MAX_DEPTH}")));
        }
        let word = self.next().ok_or_else(|| wrong("the condition ends too early"))?;
        let node = match word.to_ascii_lowercase().as_str() {
            "not" => {
                let inner = self.one()?;
                self.compiler.graph.not(inner)
            }
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
                if word.eq_ignore_ascii_case("all") {
                    self.compiler.graph.all(chosen)
                } else {
                    self.compiler.graph.any(chosen)
                }
            }
            number if number.parse::<u32>().is_ok() && self.take("of") => {
                return Err(wrong(format!("`{number} of` is not supported: only `1 of` and `all of`")));
            }
            _ => self.named(&word)?,
        };
        self.depth -= 1;
        Ok(node)
    }

    fn named(&self, name: &str) -> Result<NodeId, Problem> {
        let found = self.selections.iter().find(|(own, _)| own == name);
        found.map(|(_, node)| *node).ok_or_else(|| match name {
            "near" => wrong("`near` in a condition is not supported"),
            _ => wrong(format!("the condition names `{name}`, which is no selection")),
        })
    }

    /// The selections that a quantifier means: those whose name fits the pattern; `them` are all but those that begin
    /// with an underscore.
    fn chosen(&self, pattern: &str) -> Result<Vec<NodeId>, Problem> {
        let names = Pattern::new(&tokens(pattern), Anchor::Whole, true);
        let fits = |name: &str| match pattern {
            "them" => !name.starts_with('_'),
            _ => names.matches(name),
        };
        let chosen: Vec<_> = self.selections.iter().filter(|(name, _)| fits(name)).map(|(_, n)| *n).collect();
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
