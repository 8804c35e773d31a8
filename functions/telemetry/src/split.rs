//! JSON text, cut into its values without trusting any of them.
//!
//! A parser stops at the first mistake, and everything after it is lost. This only follows brackets and quotes, so that
//! each value can then be parsed by itself and one that is broken costs none of its neighbours.

/// The values of a text, and what follows the last one that is whole.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Split<'a> {
    /// Each value's text.
    pub(crate) values: Vec<&'a [u8]>,
    /// What could not be cut, if anything.
    pub(crate) rest: Option<&'a [u8]>,
}

/// Values that follow each other with nothing but white space between them.
pub(crate) fn sequence(text: &[u8]) -> Split<'_> {
    let mut split = Split::default();
    let mut left = text.trim_ascii();
    while !left.is_empty() {
        match value_length(left) {
            Some(length) if matches!(left.first(), Some(b'{' | b'[')) => {
                let (value, after) = left.split_at(length);
                split.values.push(value);
                left = after.trim_ascii_start();
            }
            _ => {
                split.rest = Some(left);
                break;
            }
        }
    }
    split
}

/// The elements of the array that opens at the beginning of `text`.
pub(crate) fn elements(text: &[u8]) -> Split<'_> {
    let mut split = Split::default();
    let Some(mut left) = text.trim_ascii_start().strip_prefix(b"[").map(<[u8]>::trim_ascii_start) else {
        split.rest = Some(text);
        return split;
    };
    while !left.starts_with(b"]") {
        let Some(length) = value_length(left).filter(|n| *n > 0) else {
            // Also where an array that was cut off ends behind a comma: somebody should know that it was.
            split.rest = Some(left);
            return split;
        };
        let (value, after) = left.split_at(length);
        split.values.push(value.trim_ascii_end());
        left = after.trim_ascii_start();
        left = left.strip_prefix(b",").unwrap_or(left).trim_ascii_start();
    }
    split
}

/// The keys (as they are written, without quotes) and values of the object that opens at the beginning of `text`. Of an
/// object that was cut off, the last value is what is left of it.
pub(crate) fn members(text: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut members = Vec::new();
    let Some(mut left) = text.trim_ascii_start().strip_prefix(b"{").map(<[u8]>::trim_ascii_start) else {
        return members;
    };
    while left.starts_with(b"\"") {
        let Some((key, after)) = value_length(left).map(|n| left.split_at(n)) else { break };
        let Some(after) = after.trim_ascii_start().strip_prefix(b":") else { break };
        let after = after.trim_ascii_start();
        let (value, after) = after.split_at(value_length(after).unwrap_or(after.len()));
        members.push((key.strip_prefix(b"\"").and_then(|k| k.strip_suffix(b"\"")).unwrap_or(key), value));
        left = after.trim_ascii_start();
        left = left.strip_prefix(b",").unwrap_or(left).trim_ascii_start();
    }
    members
}

/// How long the value at the beginning of `text` is, or nothing if it does not end there. Outside of brackets and
/// quotes a value ends at a comma, a closing bracket or white space.
pub(crate) fn value_length(text: &[u8]) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (place, byte) in text.iter().enumerate() {
        if quoted {
            match byte {
                _ if escaped => escaped = false,
                // JSON has none inside a string: the quote was never closed.
                b'\n' => return None,
                b'\\' => escaped = true,
                b'"' => {
                    quoted = false;
                    if depth == 0 {
                        return Some(place + 1);
                    }
                }
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => quoted = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return Some(place),
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(place + 1);
                }
            }
            b',' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => return Some(place),
            _ => {}
        }
    }
    (depth == 0 && !quoted && !text.is_empty()).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(values: &[&[u8]]) -> Vec<String> {
        values.iter().map(|v| String::from_utf8_lossy(v).into_owned()).collect()
    }

    #[test]
    fn elements_of_arrays() {
        for (array, values, rest) in [
            ("[]", vec![], None),
            (" [ 1 , {\"a\":[2,3]} , \"x,]\" ] ", vec!["1", "{\"a\":[2,3]}", "\"x,]\""], None),
            (r#"[{"a":"\"]"},{"b":nope},{}]"#, vec![r#"{"a":"\"]"}"#, r#"{"b":nope}"#, "{}"], None),
            ("[{\"a\":1},{\"b\":", vec!["{\"a\":1}"], Some("{\"b\":")),
            ("[{\"a\":1},", vec!["{\"a\":1}"], Some("")),
            ("{}", vec![], Some("{}")),
            ("[,]", vec![], Some(",]")),
        ] {
            let split = elements(array.as_bytes());
            assert_eq!(text(&split.values), values, "{array}");
            assert_eq!(split.rest.map(|r| text(&[r]).concat()), rest.map(str::to_owned), "{array}");
        }
    }

    #[test]
    fn members_of_objects() {
        for (object, expected) in [
            (r#"{"a" : 1, "b":{"c":[1,2]}}"#, vec![("a", "1"), ("b", r#"{"c":[1,2]}"#)]),
            (r#"{"Records":[{"a":1},{"#, vec![("Records", r#"[{"a":1},{"#)]),
            ("{}", vec![]),
            ("[]", vec![]),
            (r#"{"a" 1}"#, vec![]),
        ] {
            let found = members(object.as_bytes());
            let found: Vec<_> =
                found.iter().map(|(k, v)| (text(&[k]).concat(), text(&[v]).concat())).collect();
            let expected: Vec<_> = expected.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            assert_eq!(found, expected, "{object}");
        }
    }

    #[test]
    fn sequences_of_values() {
        for (given, values, rest) in [
            ("{}{} \n[1]\n", vec!["{}", "{}", "[1]"], None),
            ("{\"a\":1}\nnot json", vec!["{\"a\":1}"], Some("not json")),
            ("", vec![], None),
        ] {
            let split = sequence(given.as_bytes());
            assert_eq!(text(&split.values), values, "{given}");
            assert_eq!(split.rest.map(|r| text(&[r]).concat()), rest.map(str::to_owned), "{given}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_cut_without_end_or_panic(bytes in "[\\[\\]{}\",\\\\a1 \n]{0,200}") {
            sequence(bytes.as_bytes());
            elements(bytes.as_bytes());
            members(bytes.as_bytes());
        }
    }
}
