//! Many patterns, one of which is enough, looked for at once.

use std::hash::{Hash, Hasher};

use aho_corasick::AhoCorasick;

use crate::{
    error::Problem,
    pattern::{Pattern, lower},
};

/// From so many literals on, one automaton is faster than a search for each.
const MANY: usize = 4;

/// Patterns of which a text has to match one.
#[derive(Clone, Debug)]
pub(crate) struct Texts {
    /// Sorted. What two sets are compared by; all that follows is made of it.
    patterns: Vec<Pattern>,
    cased: bool,
    /// Sorted.
    exact: Vec<Box<str>>,
    contained: Option<AhoCorasick>,
    others: Vec<Pattern>,
}

impl PartialEq for Texts {
    fn eq(&self, other: &Self) -> bool {
        self.cased == other.cased && self.patterns == other.patterns
    }
}

impl Eq for Texts {}

impl Hash for Texts {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.patterns, self.cased).hash(state);
    }
}

impl Texts {
    /// Patterns that were made with the same `cased`.
    pub(crate) fn new(mut patterns: Vec<Pattern>, cased: bool) -> Result<Self, Problem> {
        patterns.sort();
        patterns.dedup();
        let mut exact: Vec<Box<str>> = patterns.iter().filter_map(Pattern::exact).map(Into::into).collect();
        exact.sort();
        let literals: Vec<&str> = patterns.iter().filter_map(Pattern::contained).collect();
        let contained = if literals.len() < MANY {
            None
        } else {
            let built = AhoCorasick::new(&literals);
            Some(built.map_err(|_| Problem::new("there are too many values to search for"))?)
        };
        let is_other = |p: &&Pattern| p.exact().is_none() && (contained.is_none() || p.contained().is_none());
        let others = patterns.iter().filter(is_other).cloned().collect();
        Ok(Self { cased, exact, contained, others, patterns })
    }

    pub(crate) fn matches(&self, text: &str, buffer: &mut String) -> bool {
        let text = if self.cased { text } else { lower(text, buffer) };
        self.exact.binary_search_by(|own| own.as_ref().cmp(text)).is_ok()
            || self.contained.as_ref().is_some_and(|automaton| automaton.is_match(text))
            || self.others.iter().any(|pattern| pattern.matches(text))
    }

    /// The patterns.
    pub(crate) fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }
}
