//! Sigma's strings: `*` for any characters, `?` for one, a backslash to mean them literally, any case.

/// What a text is compared with: segments that stand in it in this order, with anything between them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Pattern {
    segments: Vec<Segment>,
    /// Whether anything may stand before the first segment.
    open_start: bool,
    /// Whether anything may stand behind the last segment.
    open_end: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Segment {
    Literal(Box<str>),
    Tokens(Vec<Token>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Token {
    /// This character.
    Char(char),
    /// `?`
    One,
    /// `*`
    Any,
    /// Any of the characters that begin an option on Windows.
    Dash,
}

/// Where in a text the pattern is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Anchor {
    Whole,
    Contains,
    Start,
    End,
}

/// `-`, `/`, en dash, em dash, horizontal bar.
pub(crate) const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

/// Reads a value as the specification escapes it: `\*` and `\?` are the characters themselves, `\\` is one backslash, and a
/// backslash before anything else is just that.
pub(crate) fn tokens(value: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        tokens.push(match c {
            '*' => Token::Any,
            '?' => Token::One,
            '\\' => Token::Char(chars.next_if(|next| matches!(next, '*' | '?' | '\\')).unwrap_or('\\')),
            c => Token::Char(c),
        });
    }
    tokens
}

/// A text in lower case, which is made in the buffer. Character by character, so that a part of a
/// text in lower case is a part of that text in lower case.
pub(crate) fn lower<'t>(text: &'t str, buffer: &'t mut String) -> &'t str {
    if text.is_ascii() {
        buffer.clear();
        buffer.push_str(text);
        buffer.make_ascii_lowercase();
    } else {
        buffer.clear();
        buffer.extend(text.chars().flat_map(char::to_lowercase));
    }
    buffer
}

impl Pattern {
    /// A pattern for texts in lower case, unless it is cased.
    pub(crate) fn new(tokens: &[Token], anchor: Anchor, cased: bool) -> Self {
        let small = |token: &Token| match token {
            Token::Char(c) if !cased => c.to_lowercase().map(Token::Char).collect(),
            token => vec![*token],
        };
        let folded: Vec<Token> = tokens.iter().flat_map(small).collect();
        let segments = folded.split(|token| *token == Token::Any).filter(|segment| !segment.is_empty());
        let is_any = |token: Option<&Token>| token == Some(&Token::Any);
        Self {
            segments: segments.map(Segment::new).collect(),
            open_start: matches!(anchor, Anchor::Contains | Anchor::End) || is_any(tokens.first()),
            open_end: matches!(anchor, Anchor::Contains | Anchor::Start) || is_any(tokens.last()),
        }
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        let (mut segments, mut rest) = (self.segments.as_slice(), text);
        if !self.open_start {
            let Some((first, others)) = segments.split_first() else {
                return self.open_end || text.is_empty();
            };
            let Some(after) = first.strip_start(rest) else { return false };
            if others.is_empty() {
                return self.open_end || after.is_empty();
            }
            (segments, rest) = (others, after);
        }
        if !self.open_end {
            let Some((last, others)) = segments.split_last() else { return true };
            let Some(before) = last.strip_end(rest) else { return false };
            (segments, rest) = (others, before);
        }
        segments.iter().all(|segment| segment.find(rest).map(|after| rest = after).is_some())
    }

    /// The one text that it matches; nothing if it has wildcards.
    pub(crate) fn exact(&self) -> Option<&str> {
        match self.segments.as_slice() {
            _ if self.open_start || self.open_end => None,
            [] => Some(""),
            [Segment::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The one text that has to be somewhere in what it matches, if that is all that it asks for.
    pub(crate) fn contained(&self) -> Option<&str> {
        match self.segments.as_slice() {
            [Segment::Literal(text)] if self.open_start && self.open_end => Some(text),
            _ => None,
        }
    }

    /// The longest text that stands in everything that it matches.
    pub(crate) fn literal(&self) -> Option<String> {
        let runs = self.segments.iter().flat_map(|segment| match segment {
            Segment::Literal(text) => vec![text.to_string()],
            Segment::Tokens(tokens) => tokens
                .split(|token| !matches!(token, Token::Char(_)))
                .map(|run| run.iter().filter_map(Token::char).collect())
                .collect(),
        });
        runs.max_by_key(String::len).filter(|run| !run.is_empty())
    }
}

impl Token {
    pub(crate) fn char(&self) -> Option<char> {
        match self {
            Token::Char(c) => Some(*c),
            Token::One | Token::Any | Token::Dash => None,
        }
    }

    fn fits(self, c: char) -> bool {
        match self {
            Token::Char(own) => own == c,
            Token::One => true,
            Token::Dash => DASHES.contains(&c),
            Token::Any => false,
        }
    }
}

impl Segment {
    fn new(tokens: &[Token]) -> Self {
        let literal: Option<String> = tokens.iter().map(Token::char).collect();
        literal.map_or_else(|| Segment::Tokens(tokens.to_vec()), |text| Segment::Literal(text.into()))
    }

    fn strip_start<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Segment::Literal(literal) => text.strip_prefix(literal.as_ref()),
            Segment::Tokens(tokens) => {
                let mut chars = text.chars();
                let fits = tokens.iter().all(|token| chars.next().is_some_and(|c| token.fits(c)));
                fits.then_some(chars.as_str())
            }
        }
    }

    fn strip_end<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Segment::Literal(literal) => text.strip_suffix(literal.as_ref()),
            Segment::Tokens(tokens) => {
                let mut chars = text.chars();
                let fits = tokens.iter().rev().all(|token| chars.next_back().is_some_and(|c| token.fits(c)));
                fits.then_some(chars.as_str())
            }
        }
    }

    /// What stands behind the first place where it fits.
    fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Segment::Literal(literal) => {
                let place = memchr::memmem::find(text.as_bytes(), literal.as_bytes())?;
                text.get(place + literal.len()..)
            }
            Segment::Tokens(_) => {
                text.char_indices().find_map(|(place, _)| self.strip_start(text.get(place..)?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, anchor: Anchor, cased: bool, text: &str) -> bool {
        let mut buffer = String::new();
        let text = if cased { text } else { lower(text, &mut buffer) };
        Pattern::new(&tokens(pattern), anchor, cased).matches(text)
    }

    #[test]
    fn wildcards_and_escapes() {
        for (pattern, anchor, text, expected) in [
            ("ann", Anchor::Whole, "ANN", true),
            ("ann", Anchor::Whole, "anna", false),
            ("a*", Anchor::Whole, "anna", true),
            ("a*a", Anchor::Whole, "a", false),
            ("a*n?", Anchor::Whole, "ann", true),
            ("a*n?", Anchor::Whole, "an", false),
            ("*", Anchor::Whole, "", true),
            ("?", Anchor::Whole, "", false),
            ("", Anchor::Whole, "", true),
            ("", Anchor::Whole, "x", false),
            (r"\*", Anchor::Whole, "*", true),
            (r"\*", Anchor::Whole, "x", false),
            (r"\?", Anchor::Whole, "?", true),
            // A backslash that escapes nothing is itself; two are one; with a wildcard behind, two are needed.
            (r"c:\temp", Anchor::Whole, r"C:\TEMP", true),
            (r"c:\\temp", Anchor::Whole, r"c:\temp", true),
            (r"\\\\host", Anchor::Whole, r"\\host", true),
            (r"c:\\*", Anchor::Whole, r"c:\anything", true),
            (r"c:\\*", Anchor::Whole, "c:*", false),
            (r"c:\\\*", Anchor::Whole, r"c:\*", true),
            (r"c:\\\*", Anchor::Whole, r"c:\x", false),
            ("nn", Anchor::Contains, "anna", true),
            ("an", Anchor::Start, "anna", true),
            ("nn", Anchor::Start, "anna", false),
            ("na", Anchor::End, "anna", true),
            ("a*b*c", Anchor::Contains, "xxabbbbcx", true),
            ("ab", Anchor::End, "aab", true),
            ("straße", Anchor::Whole, "STRAßE", true),
            ("σας", Anchor::Contains, "ΣΑΣ", false),
            ("σασ", Anchor::Contains, "ΣΑΣ", true),
        ] {
            assert_eq!(matches(pattern, anchor, false, text), expected, "{pattern} {text}");
        }
        assert!(!matches("ann", Anchor::Whole, true, "Ann"));
        assert!(matches("Ann", Anchor::Whole, true, "Ann"));
        let literal = |pattern: &str| Pattern::new(&tokens(pattern), Anchor::Whole, false).literal();
        assert_eq!(literal("a*Bcd?e").as_deref(), Some("bcd"));
        assert_eq!(literal("*?"), None);
    }

    proptest! {
        #[test]
        fn a_pattern_is_the_regex_that_it_stands_for(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            let regex = format!("^{}$", pattern.replace('*', ".*").replace('?', "."));
            let expected = regex::Regex::new(&regex).unwrap().is_match(&text);
            prop_assert_eq!(matches(&pattern, Anchor::Whole, true, &text), expected);
        }
    }
}
