//! Sigma's strings: `*` for any characters, `?` for one, a backslash to mean them literally, any case.

/// What a text is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    tokens: Vec<Token>,
    cased: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// This character.
    Char(char),
    /// `?`
    One,
    /// `*`
    Any,
}

/// Where in a text the pattern is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Whole,
    Contains,
    Start,
    End,
}

impl Pattern {
    /// Reads a value as the specification escapes it: `\*` and `\?` are the characters themselves, `\\` is one backslash,
    /// and a backslash before anything else is just that.
    pub(crate) fn new(value: &str, anchor: Anchor, cased: bool) -> Self {
        let mut tokens = Vec::new();
        if matches!(anchor, Anchor::Contains | Anchor::End) {
            tokens.push(Token::Any);
        }
        let mut chars = value.chars().peekable();
        while let Some(c) = chars.next() {
            let token = match c {
                '*' => Token::Any,
                '?' => Token::One,
                '\\' => Token::Char(chars.next_if(|next| matches!(next, '*' | '?' | '\\')).unwrap_or('\\')),
                c => Token::Char(c),
            };
            match token {
                Token::Char(c) if !cased => tokens.extend(c.to_lowercase().map(Token::Char)),
                token => tokens.push(token),
            }
        }
        if matches!(anchor, Anchor::Contains | Anchor::Start) {
            tokens.push(Token::Any);
        }
        Self { tokens, cased }
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> =
            if self.cased { text.chars().collect() } else { text.to_lowercase().chars().collect() };
        let (mut at, mut token) = (0, 0);
        // Where to go on when the characters after the last `*` turn out not to follow: one further in the text.
        let mut retry: Option<(usize, usize)> = None;
        while at < text.len() {
            match self.tokens.get(token) {
                Some(Token::Any) => {
                    retry = Some((at, token + 1));
                    token += 1;
                }
                Some(Token::One) => (at, token) = (at + 1, token + 1),
                Some(Token::Char(c)) if text.get(at) == Some(c) => (at, token) = (at + 1, token + 1),
                _ => match retry {
                    Some((from, after)) => {
                        retry = Some((from + 1, after));
                        (at, token) = (from + 1, after);
                    }
                    None => return false,
                },
            }
        }
        self.tokens.iter().skip(token).all(|t| *t == Token::Any)
    }

    /// The one text, in lower case, that it matches but for case; nothing if it has wildcards.
    pub(crate) fn exact(&self) -> Option<String> {
        let chars = self.tokens.iter().map(|token| match token {
            Token::Char(c) => Some(*c),
            Token::One | Token::Any => None,
        });
        chars.collect::<Option<String>>().map(|text| text.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_and_escapes() {
        for (pattern, anchor, text, expected) in [
            ("ann", Anchor::Whole, "ANN", true),
            ("ann", Anchor::Whole, "anna", false),
            ("a*", Anchor::Whole, "anna", true),
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
        ] {
            assert_eq!(Pattern::new(pattern, anchor, false).matches(text), expected, "{pattern} {text}");
        }
        assert!(!Pattern::new("ann", Anchor::Whole, true).matches("Ann"));
        assert!(Pattern::new("Ann", Anchor::Whole, true).matches("Ann"));
        assert_eq!(Pattern::new("Ann", Anchor::Whole, true).exact().as_deref(), Some("ann"));
        assert_eq!(Pattern::new("A*", Anchor::Whole, false).exact(), None);
    }
}
