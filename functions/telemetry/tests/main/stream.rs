//! Streams of any size, and every limit.

use std::{
    io::{self, Read},
    ops::ControlFlow,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{Source, delivery::Door};
use proptest::prelude::*;
use serde_json::json;
use telemetry::{Limits, Reading, Record, Scanned, read, scan};

use crate::{gzip, received, record};

/// Each position with its record's source or the reason.
fn outline(input: impl Read, reading: &Reading<'_>) -> Vec<(u64, String)> {
    let mut found = Vec::new();
    scan(input, reading, |position, scanned| {
        let what = match scanned {
            Scanned::Record(raw) => format!("{:?} {:?} {}", raw.source(), raw.time(), raw.text()),
            Scanned::Unread { reason, raw } => format!("!{reason} {raw}"),
        };
        found.push((position, what));
        ControlFlow::Continue(())
    })
    .unwrap();
    found
}

/// A text over and over, as long as wanted.
struct Endless {
    text: Vec<u8>,
    at: usize,
    left: usize,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = &self.text[self.at..];
        let length = rest.len().min(buffer.len()).min(self.left);
        buffer[..length].copy_from_slice(&rest[..length]);
        self.at = (self.at + length) % self.text.len();
        self.left -= length;
        Ok(length)
    }
}

#[test]
fn a_list_on_one_line_is_read_record_by_record() {
    let text = format!("{},", record("a")).into_bytes();
    let (count, length) = (20_000, text.len());
    let input = io::Cursor::new(b"{\"Records\":[").chain(Endless { text, at: 0, left: count * length });
    let mut seen = 0;
    scan(input, &Reading::file(), |position, scanned| {
        assert_eq!(position, seen);
        seen += 1;
        match scanned {
            Scanned::Record(raw) => {
                assert_eq!(raw.source(), Source::Cloudtrail);
                assert_eq!(raw.time(), "2025-12-31T23:59:00Z".parse().ok());
                assert_eq!(
                    raw.document().get("eventName").and_then(|name| name.as_text()),
                    Some("ListUsers")
                );
                ControlFlow::Continue(())
            }
            // The list has no end.
            Scanned::Unread { reason, .. } => {
                assert!(reason.contains("cut off"));
                ControlFlow::Break(())
            }
        }
    })
    .unwrap();
    assert_eq!(seen, count as u64 + 1);
}

#[test]
fn a_reader_that_stops_is_given_no_more() {
    let mut given = 0;
    scan(format!("{0}\n{0}\n{0}", record("a")).as_bytes(), &Reading::file(), |_, _| {
        given += 1;
        if given == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    assert_eq!(given, 2);
}

#[test]
fn each_line_keeps_its_place() {
    let flow = "2 111122223333 eni-0a1 - - - - - - - 1767225600 1767225660 - NODATA";
    let lines = [
        record("a").to_string(),
        "plain".into(),
        "{\"cut\":".into(),
        flow.into(),
        "{\"open\":\"".into(),
        record("b").to_string(),
    ];
    let found = outline(lines.join("\n").as_bytes(), &Reading::file());
    let kinds: Vec<_> = found.iter().map(|(position, what)| (*position, &what[..1])).collect();
    assert_eq!(kinds, [(0, "C"), (1, "!"), (2, "!"), (3, "V"), (4, "!"), (5, "C")]);
}

#[test]
fn every_limit_is_told() {
    let limits =
        |records, expanded| Reading { limits: Limits { records, expanded }, ..Reading::delivery(Door::Logs) };
    let lines = format!("{}\n", record("a")).repeat(10).into_bytes();
    let bomb = gzip(vec![b' '; 20 * 1024 * 1024]);
    let wrapped =
        |payload: &[u8]| json!({"awslogs": {"data": STANDARD.encode(payload)}}).to_string().into_bytes();
    let small_bombs = [wrapped(&bomb), wrapped(&bomb)].join(&b'\n');
    let mut nested = record("a").to_string();
    for _ in 0..7 {
        nested = json!({"id": "1", "timestamp": 1, "message": nested}).to_string();
    }
    let four_layers = gzip(gzip(gzip(gzip(&lines))));
    let deep = format!("{{\"eventName\":{}{}}}", "[".repeat(200), "]".repeat(200)).into_bytes();
    for (name, body, reading, given, reason) in [
        ("records", lines.clone(), limits(3, 1 << 30), 4, "more than 3 records"),
        ("as many records as allowed", lines.clone(), limits(10, 1 << 30), 10, ""),
        ("bytes", lines.clone(), limits(100, 1000), 0, "more than 1000 bytes"),
        ("a bomb", bomb.clone(), limits(100, 1 << 20), 1, "expands to more"),
        ("a bomb in a bomb", gzip(&bomb), limits(100, 1 << 20), 1, "expands to more"),
        (
            "a bomb in an envelope",
            wrapped(&bomb),
            limits(100, 1 << 20),
            1,
            "In `awslogs.data`: It expands to more",
        ),
        ("bombs in envelopes", small_bombs, limits(100, 30 << 20), 2, "expands to more"),
        ("layers", four_layers, limits(100, 1 << 20), 1, "more than 3 times"),
        ("envelopes", nested.into_bytes(), limits(100, 1 << 20), 1, "6 envelopes"),
        ("depth", deep, limits(100, 1 << 20), 1, "128 levels"),
        (
            "one record",
            format!("{{\"a\":\"{}\"}}", "x".repeat(3 << 20)).into_bytes(),
            limits(9, 1 << 30),
            1,
            "longer than",
        ),
        ("one line", vec![b'x'; 3 << 20], limits(9, 1 << 30), 1, "longer than"),
        ("Base64", br#"{"awslogs":{"data":"?"}}"#.to_vec(), limits(9, 1 << 20), 1, "not Base64"),
        ("damage inside", wrapped(&gzip(&lines)[..60]), limits(99, 1 << 20), 0, "In `awslogs.data`: Cut off"),
    ] {
        let found = outline(body.as_slice(), &reading);
        let last = &found.last().unwrap().1;
        assert!(given == 0 || found.len() == given, "{name}: {} {last:.200}", found.len());
        assert!(last.contains(reason) && last.len() < 20_000, "{name}: {last:.200}");
    }
}

#[test]
fn a_stream_that_fails_is_an_error_behind_what_it_gave() {
    struct Unplugged;
    impl Read for Unplugged {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::new(io::ErrorKind::ConnectionReset, "unplugged"))
        }
    }
    for body in [format!("{}\n", record("a")).into_bytes(), gzip(format!("{}\n", record("a")))] {
        let mut given = 0;
        let error = scan(body.as_slice().chain(Unplugged), &Reading::file(), |_, scanned| {
            given += 1;
            assert!(matches!(scanned, Scanned::Record(_)));
            ControlFlow::Continue(())
        });
        assert_eq!((given, error.unwrap_err().to_string().as_str()), (1, "unplugged"));
    }
}

/// Gives no more than so many bytes at once.
struct Drip<'a>(&'a [u8], usize);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(self.1);
        self.0.read(&mut buffer[..most])
    }
}

proptest! {
    #[test]
    fn chunks_do_not_matter(
        parts in proptest::collection::vec(prop_oneof![
            Just(record("a").to_string()),
            Just(r#"{"Records":["#.to_owned()),
            Just("2 1 eni-1 - - - - - - - 1 2 - NODATA".to_owned()),
            r#"[\[\]{}",:a1 \n]{0,20}"#,
        ], 0..12),
        joint in prop_oneof![Just("\n"), Just(","), Just("")],
        at_once in 1usize..100,
    ) {
        let text = parts.join(joint);
        let reading = Reading::delivery(Door::Logs);
        let found = outline(Drip(text.as_bytes(), at_once), &reading);
        prop_assert_eq!(&found, &outline(text.as_bytes(), &reading));
        prop_assert_eq!(&found, &outline(gzip(&text).as_slice(), &reading));
        prop_assert!(found.iter().map(|(position, _)| *position).eq(0..found.len() as u64));
        let read = read(text.as_bytes(), Door::Logs, received());
        prop_assert_eq!(read.len(), found.len());
        for (record, (_, what)) in read.iter().zip(&found) {
            prop_assert_eq!(matches!(record, Record::Read(_)), !what.starts_with('!'));
        }
    }
}
