//! Regular expressions.

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    sync::Arc,
};

use regex_automata::{
    meta::{BuildError, Builder, Config, Regex},
    nfa::thompson::WhichCaptures,
};
use regex_syntax::hir::literal::Extractor;

/// Most bytes of a compiled regular expression.
const SIZE: usize = 1 << 20;

/// Most bytes that one remembers of its automaton while it searches. Few texts are searched, and with little variety.
const REMEMBERED: usize = 1 << 16;

/// A regular expression, which is its text.
#[derive(Clone, Debug)]
pub(crate) struct Expression(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    text: String,
    regex: Regex,
    literals: Option<Vec<String>>,
}

impl Expression {
    fn new(text: &str) -> Result<Self, String> {
        // Only whether it is found is ever asked, not where, nor where its groups are.
        let config = Config::new()
            .which_captures(WhichCaptures::None)
            .onepass(false)
            .nfa_size_limit(Some(SIZE))
            .hybrid_cache_capacity(REMEMBERED);
        let regex = Builder::new().configure(config).build(text).map_err(|error| reason(&error))?;
        Ok(Self(Arc::new(Compiled { text: text.to_owned(), regex, literals: literals(text) })))
    }

    /// Whether it is found in the text.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.0.regex.is_match(text)
    }

    /// Texts of which one stands in everything in which it is found; nothing if that cannot be said.
    pub(crate) fn literals(&self) -> Option<&[String]> {
        self.0.literals.as_deref()
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for Expression {}

impl Hash for Expression {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.text.hash(state);
    }
}

/// What every match begins with, one of them.
fn literals(text: &str) -> Option<Vec<String>> {
    let hir = regex_syntax::parse(text).ok()?;
    let prefixes = Extractor::new().extract(&hir);
    let text =
        |bytes: &[u8]| std::str::from_utf8(bytes).ok().filter(|text| !text.is_empty()).map(str::to_owned);
    prefixes.literals()?.iter().map(|literal| text(literal.as_bytes())).collect()
}

/// Regular expressions by text. Rules share lists of them, and a compiled one is large.
#[derive(Debug, Default)]
pub(crate) struct Expressions(HashMap<String, Expression>);

impl Expressions {
    /// The expression of this text, compiled once. The error is the reason why it is none.
    pub(crate) fn get(&mut self, text: &str) -> Result<Expression, String> {
        if let Some(known) = self.0.get(text) {
            return Ok(known.clone());
        }
        let expression = Expression::new(text)?;
        self.0.insert(text.to_owned(), expression.clone());
        Ok(expression)
    }
}

fn reason(error: &BuildError) -> String {
    let error = error.syntax_error().map_or_else(|| error.to_string(), ToString::to_string);
    error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_match_begins_with() {
        for (text, expected) in [
            ("^(Put|Delete)Bucket", Some(vec!["PutBucket", "DeleteBucket"])),
            ("command=tar.*x", Some(vec!["command=tar"])),
            ("(?i:ab)", Some(vec!["AB", "Ab", "aB", "ab"])),
            (".*tail", None),
            ("a*", None),
            ("[^x]y", None),
        ] {
            let known = Expression::new(text).unwrap();
            let expected = expected.map(|texts| texts.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(known.literals().map(<[String]>::to_vec), expected, "{text}");
        }
    }

    #[test]
    fn a_mistake_is_told() {
        let mut expressions = Expressions::default();
        assert_eq!(expressions.get("(a").unwrap_err(), "unclosed group");
        assert!(expressions.get(r"\w{100}{100}").is_err());
    }
}
