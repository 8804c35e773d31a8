//! Patterns with `*` (any text) and `?` (any one character), as policies use them.

/// No ARN is longer ("Amazon Resource Names", AWS General Reference).
const LONGEST: usize = 2048;

/// A pattern of a policy's `Action` or `Resource`, or what is matched with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob {
    text: Vec<char>,
    /// Whether it has wildcards.
    wild: bool,
}

impl Glob {
    /// This pattern; `None` if it is longer than any ARN.
    pub(crate) fn read(pattern: &str) -> Option<Self> {
        let text: Vec<char> = pattern.chars().take(LONGEST + 1).collect();
        (text.len() <= LONGEST).then(|| Self { wild: text.iter().any(|c| matches!(c, '*' | '?')), text })
    }

    /// Whether it matches everything; for actions, `*:*` does.
    pub(crate) fn is_any(&self) -> bool {
        matches!(self.text.as_slice(), ['*'] | ['*', '*'] | ['*', ':', '*'])
    }

    /// Whether everything that `other` matches is matched by this: exact where `other` has no wildcards, and a safe
    /// "no" in some cases where it has.
    pub(crate) fn covers(&self, other: &Glob) -> bool {
        let (pattern, text) = (&self.text, &other.text);
        let (mut p, mut t) = (0, 0);
        let mut last_star = None;
        while t < text.len() {
            match pattern.get(p) {
                Some('*') => {
                    last_star = Some((p, t));
                    p += 1;
                }
                Some(c) if *c == text[t] || (*c == '?' && text[t] != '*') => {
                    p += 1;
                    t += 1;
                }
                _ => match last_star {
                    Some((star, from)) => {
                        last_star = Some((star, from + 1));
                        p = star + 1;
                        t = from + 1;
                    }
                    None => return false,
                },
            }
        }
        pattern[p..].iter().all(|c| *c == '*')
    }

    /// Whether some text is matched by both.
    pub(crate) fn overlaps(&self, other: &Glob) -> bool {
        if !other.wild {
            return self.covers(other);
        }
        let (a, b) = (&self.text, &other.text);
        // `next[j]`: whether the rest of `a` after this place and `b[j..]` have a text in common.
        let mut next: Vec<bool> = vec![false; b.len() + 1];
        for i in (0..=a.len()).rev() {
            let mut here = vec![false; b.len() + 1];
            for j in (0..=b.len()).rev() {
                here[j] = match (a.get(i), b.get(j)) {
                    (None, None) => true,
                    (Some('*'), Some('*')) => next[j] || here[j + 1],
                    (Some('*'), rest) => next[j] || (rest.is_some() && here[j + 1]),
                    (rest, Some('*')) => here[j + 1] || (rest.is_some() && next[j]),
                    (Some(x), Some(y)) => (x == y || *x == '?' || *y == '?') && next[j + 1],
                    _ => false,
                };
            }
            next = here;
        }
        next[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn glob(pattern: &str) -> Glob {
        Glob::read(pattern).unwrap()
    }

    #[test]
    fn what_no_arn_can_be_is_not_read() {
        assert!(Glob::read(&"a".repeat(LONGEST)).is_some());
        assert!(Glob::read(&"*".repeat(LONGEST + 1)).is_none());
    }

    #[test]
    fn covers_and_overlaps() {
        let cases = [
            // pattern, other, covers, overlaps
            ("*", "", true, true),
            ("", "", true, true),
            ("a", "", false, false),
            ("s3:*", "s3:getobject", true, true),
            ("s3:get*", "s3:putobject", false, false),
            ("arn:aws:s3:::logs/*", "arn:aws:s3:::logs/*", true, true),
            ("arn:aws:s3:::logs/2026/*", "arn:aws:s3:::logs/*", false, true),
            ("arn:aws:s3:::logs", "arn:aws:s3:::logs/*", false, false),
            ("arn:aws:s3:::l?gs/*", "arn:aws:s3:::logs/*", true, true),
            ("a?c", "abc", true, true),
            ("a?c", "a*c", false, true),
            ("*a*b", "aab", true, true),
            ("*a*b", "aba", false, false),
            ("a*", "*b", false, true),
        ];
        for (pattern, other, covers, overlaps) in cases {
            let (p, o) = (glob(pattern), glob(other));
            assert_eq!(p.covers(&o), covers, "{pattern} covers {other}");
            assert_eq!(p.overlaps(&o), overlaps, "{pattern} overlaps {other}");
        }
    }

    proptest! {
        #[test]
        fn on_plain_text_the_two_agree(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
            let (p, t) = (glob(&pattern), glob(&text));
            // The first takes the way for plain text, the second the one for patterns.
            prop_assert_eq!(p.overlaps(&t), t.overlaps(&p));
        }

        #[test]
        fn what_covers_overlaps(a in "[ab*?]{0,6}", b in "[ab*?]{0,6}") {
            let (a, b) = (glob(&a), glob(&b));
            prop_assert!(!a.covers(&b) || a.overlaps(&b));
        }
    }
}
