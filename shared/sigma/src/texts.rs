//! Many patterns, one of which is enough, looked for at once.

use std::{
    hash::{Hash, Hasher},
    sync::OnceLock,
};

use aho_corasick::AhoCorasick;
use memchr::memmem::Finder;

use crate::pattern::{Pattern, lower};

/// From so many literals on, one automaton is faster than a search for each.
const MANY: usize = 4;

/// Patterns of which a text has to match one. What searches for them is made when it is first needed, for most rules' texts are never
/// looked for on everyday events.
#[derive(Clone, Debug)]
pub(crate) struct Texts {
    /// Sorted. What two sets are compared by; all that follows is made of it.
    patterns: Vec<Pattern>,
    cased: bool,
    search: OnceLock<Search>,
}

#[derive(Clone, Debug)]
struct Search {
    /// Sorted.
    exact: Vec<Box<str>>,
    contained: Contained,
    others: Vec<Pattern>,
}

/// Literals that may stand anywhere.
#[derive(Clone, Debug)]
enum Contained {
    Few(Vec<Finder<'static>>),
    Many(AhoCorasick),
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
    pub(crate) fn new(mut patterns: Vec<Pattern>, cased: bool) -> Self {
        patterns.sort();
        patterns.dedup();
        Self { patterns, cased, search: OnceLock::new() }
    }

    pub(crate) fn matches(&self, text: &str, buffer: &mut String) -> bool {
        let text = if self.cased { text } else { lower(text, buffer) };
        let Search { exact, contained, others } = self.search.get_or_init(|| Search::of(&self.patterns));
        exact.binary_search_by(|own| own.as_ref().cmp(text)).is_ok()
            || contained.is_in(text)
            || others.iter().any(|pattern| pattern.matches(text))
    }

    /// The patterns.
    pub(crate) fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }
}

impl Search {
    fn of(patterns: &[Pattern]) -> Self {
        let mut exact: Vec<Box<str>> = patterns.iter().filter_map(Pattern::exact).map(Into::into).collect();
        exact.sort();
        let is_other = |p: &&Pattern| p.exact().is_none() && p.contained().is_none();
        let others = patterns.iter().filter(is_other).cloned().collect();
        Self { exact, contained: Contained::of(patterns.iter().filter_map(Pattern::contained)), others }
    }
}

impl Contained {
    fn of<'t>(literals: impl Iterator<Item = &'t str> + Clone) -> Self {
        // Past the billions of states that an automaton can number, there are searches for each.
        let automaton = (literals.clone().count() >= MANY).then(|| AhoCorasick::new(literals.clone()).ok());
        let few = || Contained::Few(literals.map(|text| Finder::new(text).into_owned()).collect());
        automaton.flatten().map_or_else(few, Contained::Many)
    }

    fn is_in(&self, text: &str) -> bool {
        match self {
            Contained::Few(finders) => finders.iter().any(|finder| finder.find(text.as_bytes()).is_some()),
            Contained::Many(automaton) => automaton.is_match(text),
        }
    }
}
