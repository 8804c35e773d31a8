//! Text of events, made harmless.

use domain::visible;

/// The text with everything invisible shown, in at most so many UTF-16 code units, which is how JavaScript counts.
pub(crate) fn bounded(text: &str, most: usize) -> String {
    fit(text, most, |_| None)
}

/// As [`bounded`], escaped for Slack: `&`, `<` and `>` begin everything there that is more than text (mentions, links, dates), also
/// outside of markup. An escaped character counts as long as it is written.
pub(crate) fn escaped(text: &str, most: usize) -> String {
    fit(text, most, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        _ => None,
    })
}

/// Whether [`escaped`] leaves nothing of the text out.
pub(crate) fn fits(text: &str, most: usize) -> bool {
    let whole = escaped(text, usize::MAX);
    units(&whole) <= most
}

pub(crate) fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

fn fit(text: &str, most: usize, escape: impl Fn(char) -> Option<&'static str>) -> String {
    let start: String = text.chars().take(most.saturating_add(1)).collect();
    let (mut whole, mut cut, mut used) = (String::new(), 0, 0);
    for c in visible(&start).chars() {
        let mut one = [0; 4];
        let piece = escape(c).unwrap_or_else(|| c.encode_utf8(&mut one));
        used += units(piece);
        if used > most {
            whole.truncate(cut);
            whole.push('…');
            return whole;
        }
        whole.push_str(piece);
        if used < most {
            cut = whole.len();
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_special_is_escaped_whole_or_left_out() {
        assert_eq!(escaped("<!channel> & you", 100), "&lt;!channel&gt; &amp; you");
        assert_eq!(escaped("a\u{202e}b\nc", 100), "a\\u{202e}b\\u{a}c");
        assert_eq!(bounded("<b> & you", 100), "<b> & you");
        for most in 1..60 {
            let text = escaped(&"<&>é😀".repeat(10), most);
            assert!(units(&text) <= most && (text.ends_with('…') || text.ends_with('😀')), "{most}: {text}");
            let rest = text.replace("&lt;", "").replace("&gt;", "").replace("&amp;", "");
            assert!(!rest.contains(['&', '<', '>']), "{most}: {text}");
        }
        assert_eq!(escaped("abc", 3), "abc");
        assert_eq!(escaped("abcd", 3), "ab…");
        assert!(fits("a<b", 6) && !fits("a<b", 5));
    }
}
