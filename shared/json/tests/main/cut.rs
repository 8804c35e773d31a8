//! Streams that are cut into records.

use std::io::{self, Read};

use json::{Cutter, Cutting, Document, Fault, Piece};
use proptest::prelude::*;

const CUTTING: Cutting = Cutting { record: 4096, nesting: 3, lists: &["Records", "logEvents"] };

/// Gives no more than so many bytes at once.
struct Drip<'a>(&'a [u8], usize);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(self.1);
        self.0.read(&mut buffer[..most])
    }
}

/// Each piece: a value as it is, a line behind `#`, a fault behind its name.
pub(crate) fn cut(text: &[u8], at_once: usize) -> Vec<String> {
    let mut cutter = Cutter::new(Drip(text, at_once), CUTTING);
    let mut pieces = Vec::new();
    while let Some(piece) = cutter.next().unwrap() {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        pieces.push(match piece {
            Piece::Value(value) => {
                // What was read while it was cut is what it is read as alone.
                let alone = Document::parse(value.text()).map(|document| document.to_value());
                let read = value.document().map(|document| document.to_value());
                assert_eq!(read.map_err(|e| e.to_string()), alone.map_err(|e| e.to_string()));
                text(value.text())
            }
            Piece::Line(line) => format!("#{}", text(line)),
            Piece::Fault(fault, begin) => format!("{fault:?} {:.40}", text(begin)),
        });
    }
    pieces
}

#[test]
fn streams_of_every_shape() {
    let deep = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    let (deep_enough, too_deep) = (deep(127), deep(128));
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(5000));
    let cases: Vec<(String, Vec<&str>)> = vec![
        (" ".into(), vec![]),
        ("{}{} \n{\"a\":[1]}\n".into(), vec!["{}", "{}", "{\"a\":[1]}"]),
        ("[]".into(), vec![]),
        (" [ {} , 1 , {\"a\":[2,3]} , \"x,]\" ] ".into(), vec!["{}", "1", "{\"a\":[2,3]}", "\"x,]\""]),
        ("[[{},[{}]],{}]".into(), vec!["{}", "{}", "{}"]),
        ("[[[[{}]]]]".into(), vec!["Nested [{}]"]),
        (r#"[{"a":"\"]\\"},{"b":nope},{}]"#.into(), vec![r#"{"a":"\"]\\"}"#, r#"{"b":nope}"#, "{}"]),
        (
            r#"{"v":{"Records":[1]},"Records" : [{"a":1},{}],"next":[2],"logEvents":[{"b":1}]}{}"#.into(),
            vec!["{\"a\":1}", "{}", "{\"b\":1}", "{}"],
        ),
        (r#"{"Records":{"a":[1]}}"#.into(), vec![r#"{"Records":{"a":[1]}}"#]),
        (r#"{"notRecords":[{}]}"#.into(), vec![r#"{"notRecords":[{}]}"#]),
        ("hello\nworld\r\n\r\n[INFO] up\n{}\n".into(), vec!["#hello", "#world", "#[INFO] up", "{}"]),
        ("[]x".into(), vec!["#x"]),
        // One that is broken costs none of its neighbours.
        ("{\"a\":\"cut\n{\"b\":1}\nplain\n".into(), vec!["Broken {\"a\":\"cut", "{\"b\":1}", "#plain"]),
        (
            "{\"a\":{\"x\":1}\n{\"b\":1}\n{\"c\":1}".into(),
            vec!["Broken {\"a\":{\"x\":1}", "{\"b\":1}", "{\"c\":1}"],
        ),
        ("{\"a\":\n{\"b\":1}\n{\"c\":1}".into(), vec!["Broken {\"a\":\n{\"b\":1}", "{\"b\":1}", "{\"c\":1}"]),
        (
            "{\"a\":[1,\n{\"b\":1}\n{\"c\":1}".into(),
            vec!["Broken {\"a\":[1,\n{\"b\":1}", "{\"b\":1}", "{\"c\":1}"],
        ),
        ("[{\"a\":[1},{\"b\":1}]{}".into(), vec!["Broken {\"a\":[1}", "{\"b\":1}", "{}"]),
        ("[{\"a\":{\"x\":1},{\"b\":1}]{}".into(), vec!["Broken {\"a\":{\"x\":1},", "{\"b\":1}", "{}"]),
        (
            "{\n \"Records\": [\n  {\n   \"a\": \"cut\n  },\n  {\n   \"b\": 1\n  }\n ]\n}\n{}".into(),
            vec!["Broken {\n   \"a\": \"cut", "{\n   \"b\": 1\n  }", "{}"],
        ),
        ("{\"Records\":[{}]\n{\"a\":1}".into(), vec!["{}", "Broken ", "{\"a\":1}"]),
        ("{\"Records\":[,]}".into(), vec!["Broken ,"]),
        ("{\"Records\":[{}],\"x\":\n{\"a\":1}".into(), vec!["{}", "CutOff ,\"x\":\n{\"a\":1}", "{\"a\":1}"]),
        // What was cut off is told once.
        ("[{\"a\":1},{\"b\":".into(), vec!["{\"a\":1}", "CutOff {\"b\":"]),
        ("{\"Records\":[{\"a\":1},".into(), vec!["{\"a\":1}", "CutOff "]),
        ("{\"Records\":[{\"a\":1}]".into(), vec!["{\"a\":1}"]),
        ("{\"a\":\"cut\n[{},".into(), vec!["Broken {\"a\":\"cut", "{}", "CutOff "]),
        ("[".into(), vec!["CutOff "]),
        // Limits.
        (
            format!("[{deep_enough},{too_deep},{{}}]"),
            vec![deep_enough.as_str(), "Deep {\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "{}"],
        ),
        (format!("[{long},{{}}]"), vec!["Long {\"a\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "{}"]),
        (format!("{}\n{{}}", "y".repeat(5000)), vec!["Long yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", "{}"]),
        (format!("{{\"a\":\"{}\",\"Records\":[{{}}]}}", "x".repeat(5000)), vec!["{}"]),
    ];
    for (text, expected) in cases {
        for at_once in [1, 7, 100_000] {
            assert_eq!(cut(text.as_bytes(), at_once), expected, "{text:.80} by {at_once}");
        }
    }
}

#[test]
fn a_stream_that_fails_gives_what_came_before() {
    struct Failing<'a>(&'a [u8]);
    impl Read for Failing<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::Error::other("unplugged")),
                read => Ok(read),
            }
        }
    }
    let mut cutter = Cutter::new(Failing(b"{}\n{\"a\":"), CUTTING);
    assert!(matches!(cutter.next().unwrap(), Some(Piece::Value(value)) if value.text() == b"{}"));
    assert_eq!(cutter.next().unwrap(), Some(Piece::Fault(Fault::CutOff, b"{\"a\":")));
    assert_eq!(cutter.next().unwrap_err().to_string(), "unplugged");
    assert_eq!(cutter.next().unwrap(), None);
}

proptest! {
    /// What is cut does not depend on how the bytes come, and what is JSON is always found again.
    #[test]
    fn chunks_do_not_matter(text in r#"([\[\]{}",:\\a1 \n]|"a":|\{"Records":\[|\],|\{"a":1\}\n){0,120}"#, at_once in 1usize..40) {
        prop_assert_eq!(cut(text.as_bytes(), at_once), cut(text.as_bytes(), 100_000));
    }

    #[test]
    fn lines_keep_their_places(lines in proptest::collection::vec(r#"\{"a":"[a-z]{0,9}"\}|\{"b":"cut|[a-z]{1,9}|\{"a":\{"b":1\}|\{"a":\[1,"#, 1..20)) {
        let text = lines.join("\n") + "\n{}\n";
        let pieces = cut(text.as_bytes(), 50);
        // A list that is open takes the words behind it in.
        let begun = lines.iter().filter(|line| line.starts_with('{')).count();
        prop_assert!(pieces.len() >= begun / 2 && pieces.last().is_some_and(|last| last == "{}"), "{:?}", pieces);
        let whole = lines.iter().filter(|line| line.ends_with("\"}")).count();
        prop_assert!(pieces.iter().filter(|piece| piece.ends_with("\"}") && piece.starts_with('{')).count() >= whole, "{:?}", pieces);
    }
}
