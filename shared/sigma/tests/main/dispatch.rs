//! An event that is held against few conditions meets all those that it would meet if it were held against each.

use proptest::{collection::vec, option, prelude::*};
use serde_json::{Value, json};

use crate::{cloudtrail, ids, load, rule};

/// A rule's selections and its condition.
type Detection = (String, &'static str);

fn numbered(n: usize, selections: &str, condition: &str) -> (String, String) {
    let text = rule(&format!("{selections}\n  condition: {condition}")).1;
    (format!("{n}.yml"), text.replace("-000000000000", &format!("-{n:012}")))
}

fn detection() -> impl Strategy<Value = Detection> {
    let key = "'([xyz]|x\\.y)(\\|cased|\\|neq)?'";
    let value =
        "'\\*?[abAB]{0,2}\\*?'|'1'|1|2\\.0|true|null|\\[A, 'b\\*', '\\*c'\\]|\\[1, a\\]|\\['a\\?', true\\]";
    let plain = (key, value).prop_map(|(key, value)| format!("{key}: {value}"));
    let part =
        "'[xyz]\\|(contains|startswith|endswith|windash\\|contains)': \\[a, Bb\\]|'[xyz]\\|exists': true";
    let selection = prop_oneof![4 => plain, 1 => part];
    let map = vec(selection, 1..3).prop_map(|mut items| {
        items.dedup_by_key(|item| item.split(':').next().map(str::to_owned));
        format!("{{{}}}", items.join(", "))
    });
    let condition = prop_oneof![
        Just("one and two"),
        Just("one or two"),
        Just("one and not two"),
        Just("not one or two"),
        Just("one and (two or not one)"),
        Just("all of them"),
    ];
    let selections =
        (map.clone(), map.clone(), map).prop_map(|(a, b, c)| format!("  one: [{a}, {b}]\n  two: {c}"));
    (selections, condition)
}

fn event() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        3 => "[abcAB]{0,3}".prop_map(Value::from),
        1 => prop_oneof![
            Just(json!(1)),
            Just(json!(2.0)),
            Just(json!("1.0")),
            Just(json!(true)),
            Just(json!("True")),
            Just(json!(null)),
            Just(json!(["a", ["BB", 2]])),
            Just(json!("{\"y\": \"a\"}")),
        ],
    ];
    let x = prop_oneof![leaf.clone(), leaf.clone().prop_map(|y| json!({"y": y}))];
    (option::of(x), option::of(leaf.clone()), leaf).prop_map(|(x, y, z)| {
        let members = [("x", x), ("y", y), ("z", Some(z))];
        members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_match_is_lost(detections in vec(detection(), 1..12), events in vec(event(), 1..8)) {
        let each = detections.iter().enumerate();
        let files: Vec<_> = each.clone().map(|(n, (selections, condition))| numbered(n, selections, condition)).collect();
        let together = load(&files);
        // A negation has nothing to be looked up by.
        let unguarded: Vec<_> = each
            .map(|(n, (selections, condition))| load(&[numbered(n, selections, &format!("not not ({condition})"))]))
            .collect();
        for event in events {
            let expected: Vec<_> = unguarded.iter().flat_map(|rule| ids(rule, &cloudtrail(), &event)).collect();
            prop_assert_eq!(ids(&together, &cloudtrail(), &event), expected, "{} {:#?}", event, detections);
        }
    }
}
