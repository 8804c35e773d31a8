//! Patterns with `*` (any text) and `?` (any one character), as policies use them.

/// A pattern of a policy's `Action` or `Resource`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob(Vec<char>);

impl Glob {
    /// This pattern.
    pub(crate) fn new(pattern: &str) -> Self {
        Self(pattern.chars().collect())
    }

    /// Whether it matches everything.
    pub(crate) fn is_any(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(|c| *c == '*')
    }

    /// Whether everything that `other` matches is matched by this: exact where `other` has no wildcards, and a safe
    /// "no" in some cases where it has.
    pub(crate) fn covers(&self, other: &Glob) -> bool {
        let (pattern, text) = (&self.0, &other.0);
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
        let (a, b) = (&self.0, &other.0);
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
    use super::Glob;
    use proptest::prelude::*;

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
            let (p, o) = (Glob::new(pattern), Glob::new(other));
            assert_eq!(p.covers(&o), covers, "{pattern} covers {other}");
            assert_eq!(p.overlaps(&o), overlaps, "{pattern} overlaps {other}");
        }
    }

    proptest! {
        #[test]
        fn on_plain_text_the_two_agree(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
            let (p, t) = (Glob::new(&pattern), Glob::new(&text));
            prop_assert_eq!(p.covers(&t), p.overlaps(&t));
            prop_assert_eq!(p.overlaps(&t), t.overlaps(&p));
        }

        #[test]
        fn what_covers_overlaps(a in "[ab*?]{0,6}", b in "[ab*?]{0,6}") {
            let (a, b) = (Glob::new(&a), Glob::new(&b));
            prop_assert!(!a.covers(&b) || a.overlaps(&b));
        }
    }
}
