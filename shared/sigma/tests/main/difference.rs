//! The same rules and events, held against another implementation of Sigma.
//!
//! Where the two differ, the specification, or what this crate says of paths, decides for this one:
//!
//! | construct | here | there | because |
//! |---|---|---|---|
//! | `exists` of null | the field exists | it does not | "only verifies the presence of a field, not its value, be it empty or null" (Modifiers) |
//! | null in a list of values | an absent field matches | only a list of nothing but null does | one meaning of `null` ("Special Field Values") |
//! | `a: true` | `true` and its name | `1` and `yes` too | "All values are treated as case-insensitive strings" (General) |
//! | numbers over 2^53 | whole numbers | nearest float | account numbers |
//! | `windash` | all five characters are dashes | only `-` is one in the rule | "converts the aforementioned characters interchangeably" (Modifiers) |
//! | `expand` | values given at load | fields of the event | "If the tool isn't able to handle placeholders, it must reject the rule" (Placeholders) |
//! | keywords | texts and numbers | texts | "applied to the full log message" (Lists) |
//! | keywords with `all` | each somewhere in the event | all in the same text | "searching for keywords across an entire event" (Keywords search) |
//! | `base64offset` | the characters that depend on nothing but the value | those beside them too | "have a static part in the middle" (Encoding) |
//! | `fieldref` to or from a list | any element | no value | this crate's paths |
//! | `cidr` of `::ffff:10.1.2.3` | the address that it maps | an IPv6 address | RFC 4291, section 2.5.5.2 |
//! | `?` and `*` for a line break | any character | none but that | "unbounded length wildcard" (String Wildcard) |
//! | key with dots in it | found by its own name | not | this crate's paths |
//! | object at the end of a path | its canonical JSON | no value | this crate's paths |
//! | text that holds a JSON document | looked into | not | this crate's paths |
//! | fieldref to or from a number | compared as text | of the same type only | "All values are treated as case-insensitive strings" (General) |
//!
//! The generators below leave out what stands in the table; for the rules that are shipped, see [`crate::shipped`].

use std::fmt::Write as _;

use proptest::{collection::vec, option, prelude::*, string::string_regex};
use rsigma_eval::{Engine, JsonEvent};
use serde_json::{Value, json};

use crate::{cloudtrail, ids, load, rule};

/// One line of a selection.
fn item() -> impl Strategy<Value = String> {
    let text = "'\\*?[abAB?]{1,3}\\*?'|'\\\\\\\\\\*?a'|'[ab]\\\\\\\\\\*b'";
    let texts = format!("{text}|\\[({text}), '[ab]{{2}}'\\]");
    let literal = "'[abAB]{1,2}'|\\['[ab]{1,2}', '[AB]', 'ba', 'aab', 'bb'\\]";
    prop_oneof![
        4 => ("[xyz]|n\\.y|l\\.y", "(\\|cased)?(\\|neq)?", string_regex(&texts).unwrap()).prop_map(|(f, m, v)| format!("'{f}{m}': {v}")),
        4 => ("[xyz]|n\\.y|l\\.y", "\\|(contains|startswith|endswith)(\\|cased)?(\\|neq)?", literal)
            .prop_map(|(f, m, v)| format!("'{f}{m}': {v}")),
        1 => "'[xyz]\\|contains\\|all': \\[a, 'b\\*A'\\]",
        1 => "'[xyzk]': (1|2\\.5|'1'|\\[1, 'a'\\]|'')",
        1 => "'[xyzk]\\|(lt|lte|gt|gte|neq)': (1|2\\.5)",
        1 => "'[xyz]\\|re': '\\^?[ab.]{1,2}[+?]?\\$?'",
        1 => "'[xyz]\\|re\\|i': '\\^?[AB.]{1,2}'",
        1 => "'[xyz]\\|(base64|wide\\|base64|base64\\|contains)': [ab]{1,3}",
        1 => "'ip\\|cidr': (10\\.0\\.0\\.0/8|\\['10\\.1\\.0\\.0/16', 'fd00::/8'\\])",
        1 => "'time\\|(minute|hour|day|week|month|year)': (1|3|59|5|2026)",
        1 => "'x\\|fieldref(\\|(startswith|endswith|contains))?(\\|neq)?': y",
        1 => "'[xyz]': null",
    ]
}

fn detection() -> impl Strategy<Value = String> {
    let map = vec(item(), 1..3).prop_map(|mut items| {
        items.sort();
        items.dedup_by_key(|item| item.split(':').next().map(str::to_owned));
        format!("{{{}}}", items.join(", "))
    });
    let map = map.boxed();
    let keywords = "\\['[abAB]{1,2}', '[ab]\\*[ab]'\\]";
    let selection = prop_oneof![
        4 => map.clone(),
        1 => (map.clone(), map).prop_map(|(a, b)| format!("[{a}, {b}]")),
        1 => keywords.prop_map(|keywords| keywords),
    ];
    let condition = prop_oneof![
        Just("sel_a"),
        Just("sel_a and sel_b"),
        Just("sel_a or not sel_b"),
        Just("sel_a and not (sel_b or other)"),
        Just("1 of sel_*"),
        Just("all of sel_* and not other"),
        Just("1 of them"),
        Just("all of them"),
        Just("sel_a or sel_b and other"),
        Just("[sel_a, other]"),
    ];
    (vec(selection, 3), condition).prop_map(|(selections, condition)| {
        let mut text = String::new();
        for (name, selection) in ["sel_a", "sel_b", "other"].iter().zip(selections) {
            let _ = writeln!(text, "  {name}: {selection}");
        }
        text + "  condition: " + condition
    })
}

fn event() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        4 => "[abAB]{0,4}|\\\\[*]?a|[ab]\\*b".prop_map(Value::from),
        1 => "YWI=|YWE=|YQBiAA==|xhYWF|JhYg|(FiY|FhY)x?".prop_map(Value::from),
    ];
    let number =
        prop_oneof![Just(json!(1)), Just(json!(2.5)), Just(json!("1")), Just(json!(0)), Just(json!("x"))];
    let several = vec(text.clone(), 1..3).prop_map(Value::from);
    let z = prop_oneof![3 => text.clone(), 1 => several];
    let n = text.clone().prop_map(|y| json!({"y": y}));
    let l = vec(text.clone().prop_map(|y| json!({"y": y})), 1..3).prop_map(Value::from);
    let ip = prop_oneof![Just("10.1.2.3"), Just("10.2.2.3"), Just("fd00::1"), Just("x")];
    let time = prop_oneof![
        Just("2026-01-05T03:59:01Z"),
        Just("2025-12-29T01:03:00+02:00"),
        Just("2026-03-01T05:05:05")
    ];
    let members = (
        option::of(text.clone()),
        option::of(prop_oneof![4 => text, 1 => Just(Value::Null)]),
        option::of(z),
        option::of(number),
        option::of(n),
        option::of(l),
        option::of(ip.prop_map(Value::from)),
        option::of(time.prop_map(Value::from)),
    );
    members.prop_map(|(x, y, z, k, n, l, ip, time)| {
        let members =
            [("x", x), ("y", y), ("z", z), ("k", k), ("n", n), ("l", l), ("ip", ip), ("time", time)];
        members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_say_the_same(detection in detection(), events in vec(event(), 12)) {
        let (file, text) = rule(&detection);
        let collection = rsigma_parser::parse_sigma_yaml(&text).unwrap();
        prop_assert!(collection.errors.is_empty(), "{:?}", collection.errors);
        let mut engine = Engine::new();
        engine.add_collection(&collection).unwrap();
        let rules = load(&[(file, text)]);
        for event in events {
            let theirs = !engine.evaluate(&JsonEvent::borrow(&event)).is_empty();
            let ours = !ids(&rules, &cloudtrail(), &event).is_empty();
            prop_assert_eq!(ours, theirs, "{}\n{}", detection, event);
        }
    }
}
