//! Regular expressions.

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    sync::{Arc, OnceLock},
};

use regex_automata::{
    meta::{BuildError, Builder, Config, Regex},
    nfa::thompson::WhichCaptures,
};
use regex_syntax::hir::{Class, Hir, HirKind, Repetition, literal::Extractor};

use crate::pattern::lower;

/// Most bytes of a compiled regular expression.
const SIZE: usize = 1 << 20;

/// Most bytes that one remembers of its automaton while it searches. Few texts are searched, and with little variety.
const REMEMBERED: usize = 1 << 16;

/// Most forms of one letter: `k`, `K` and the Kelvin sign.
const FORMS: usize = 4;

/// A regular expression, which is its text. It is compiled when it is first searched for: on everyday events few ever are, and
/// compiling all of them would be most of what loading rules takes.
#[derive(Clone, Debug)]
pub(crate) struct Expression(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    text: String,
    /// Nothing if it cannot be compiled.
    regex: OnceLock<Option<Regex>>,
    literals: Option<Vec<String>>,
}

impl Expression {
    fn new(text: &str) -> Result<Self, String> {
        let hir = regex_syntax::parse(text).map_err(|error| last_line(&error.to_string()))?;
        let regex = OnceLock::new();
        // What might be too large is compiled at once, so that a rule which cannot be searched for is refused.
        if bytes(&hir) > SIZE / 2 {
            let _ = regex.set(Some(compile(text)?));
        }
        Ok(Self(Arc::new(Inner { text: text.to_owned(), regex, literals: literals(hir) })))
    }

    /// Whether it is found in the text.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        let regex = self.0.regex.get_or_init(|| compile(&self.0.text).ok());
        regex.as_ref().is_some_and(|regex| regex.is_match(text))
    }

    /// Texts in lower case of which one stands in everything in which it is found, once that is in lower case too; nothing if
    /// that cannot be said.
    pub(crate) fn literals(&self) -> Option<&[String]> {
        self.0.literals.as_deref()
    }
}

fn compile(text: &str) -> Result<Regex, String> {
    // Only whether it is found is ever asked, not where, nor where its groups are.
    let config = Config::new()
        .which_captures(WhichCaptures::None)
        .onepass(false)
        .nfa_size_limit(Some(SIZE))
        .hybrid_cache_capacity(REMEMBERED);
    Builder::new().configure(config).build(text).map_err(|error| reason(&error))
}

/// Bytes of the automaton that searches for it, in either direction; rather more than less. As measured of the parts.
fn bytes(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 64,
        HirKind::Literal(literal) => literal.0.len().saturating_mul(64),
        HirKind::Class(Class::Bytes(class)) => class.ranges().len().saturating_mul(64),
        HirKind::Class(Class::Unicode(class)) if class.is_ascii() => class.ranges().len().saturating_mul(64),
        HirKind::Class(Class::Unicode(class)) => class.ranges().len().saturating_mul(64).saturating_add(1200),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1));
            bytes(&repetition.sub).saturating_add(64).saturating_mul(times as usize)
        }
        HirKind::Capture(capture) => bytes(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(bytes).fold(64, usize::saturating_add)
        }
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

/// What every match begins with, one of them, in lower case.
fn literals(hir: Hir) -> Option<Vec<String>> {
    let prefixes = Extractor::new().extract(&small(hir));
    let text = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).ok().filter(|text| !text.is_empty());
        text.map(|text| lower(text, &mut String::new()).to_owned())
    };
    prefixes.literals()?.iter().map(|literal| text(literal.as_bytes())).collect()
}

/// The same but for case, with literals where an expression that is not cased has classes of a letter's forms.
fn small(hir: Hir) -> Hir {
    let lower = |text: &str| lower(text, &mut String::new()).as_bytes().to_vec();
    match hir.into_kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Look(look) => Hir::look(look),
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(text) => Hir::literal(lower(text)),
            Err(_) => Hir::literal(literal.0),
        },
        HirKind::Class(Class::Unicode(class)) => {
            let forms = class.iter().flat_map(|range| range.start()..=range.end()).take(FORMS + 1);
            let mut forms: Vec<_> = forms.map(|form| lower(form.encode_utf8(&mut [0; 4]))).collect();
            let is_whole = forms.len() <= FORMS;
            forms.dedup();
            match forms.pop() {
                Some(only) if is_whole && forms.is_empty() => Hir::literal(only),
                _ => Hir::class(Class::Unicode(class)),
            }
        }
        HirKind::Class(class) => Hir::class(class),
        HirKind::Repetition(repetition) => {
            Hir::repetition(Repetition { sub: Box::new(small(*repetition.sub)), ..repetition })
        }
        HirKind::Capture(capture) => small(*capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.into_iter().map(small).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.into_iter().map(small).collect()),
    }
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
    last_line(&error.syntax_error().map_or_else(|| error.to_string(), ToString::to_string))
}

fn last_line(error: &str) -> String {
    error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn expressions() -> impl Strategy<Value = String> {
        let part =
            prop::sample::select(vec!["a", "\\w", ".", "[^x]", "\\pL", "[a-z0-9]", "(?i:key)", "\\b", "é"]);
        part.prop_map(str::to_owned).prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                (inner.clone(), 0..40u32).prop_map(|(part, n)| format!("(?:{part}){{{n}}}")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(?:{a}|{b})")),
                (inner.clone(), inner).prop_map(|(a, b)| format!("{a}{b}")),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_not_compiled_at_once_can_be_compiled(text in expressions()) {
            if let Ok(expression) = Expression::new(&text) && expression.0.regex.get().is_none() {
                prop_assert!(compile(&text).is_ok());
            }
        }
    }

    #[test]
    fn what_a_match_begins_with() {
        for (text, expected) in [
            ("^(Put|Delete)Bucket", Some(vec!["putbucket", "deletebucket"])),
            ("command=tar.*x", Some(vec!["command=tar"])),
            ("(?i:a long-winded name|Key)", Some(vec!["a long-winded name", "key"])),
            ("(?i)ÄRGER", Some(vec!["ärger"])),
            ("[aB]C", Some(vec!["bc", "ac"])),
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
