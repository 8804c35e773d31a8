//! Rules and events that mean harm.

use json::Document;
use proptest::prelude::*;
use serde_json::json;
use sigma::RuleSet;

use crate::{cloudtrail, ids, is_match, load, of_item, rule};

proptest! {
    #[test]
    fn no_rule_text_panics(text in "[ -~\n]{0,200}|(---|title: a|filter:|rules: any|detection:|  a|: |\n|[a-z*|]{1,4}){0,40}") {
        RuleSet::load(&[("x.yml".into(), text)]);
    }

    #[test]
    fn no_key_panics(key in "[a-c.|]{0,3}(\\|(all|re|i|cidr|cased|expand|windash|wide|base64offset|fieldref|neq|lt|hour|contains)){0,4}", value in "[*?%\\\\a1.]{0,6}") {
        RuleSet::load(&[rule(&of_item(&format!("'{key}': '{value}'")))]);
        RuleSet::load(&[rule(&of_item(&format!("'{key}': ['{value}', 2, null, x]")))]);
    }

    #[test]
    fn no_condition_panics(condition in "((not|and|or|of|them|all|1|sel|se\\*|\\(|\\)|x) ){0,12}") {
        RuleSet::load(&[rule(&format!("  sel: {{a: 1}}\n  condition: '{condition}'"))]);
    }

    #[test]
    fn no_value_or_event_panics(value in "[*?\\\\a.]{0,12}", text in "\\PC{0,40}") {
        let (rules, _) = RuleSet::load(&[rule(&of_item(&format!("a|contains: '{value}'")))]);
        let event = json!({"a": text}).to_string();
        rules.matches(&cloudtrail(), &Document::parse(event.as_bytes()).unwrap());
    }
}

#[test]
fn what_is_large_is_refused_or_bounded() {
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let laughs = "  a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned()
        + &(0..12)
            .map(|n| {
                format!(
                    "  a{n}: &a{n} [{}]\n",
                    vec![if n == 0 { "*a".into() } else { format!("*a{}", n - 1) }; 9].join(", ")
                )
            })
            .collect::<String>();
    for detection in [
        of_item("a|re: '(?:[a-z0-9]{1000}){1000}'"),
        of_item(&format!("a: {nested}")),
        format!("{laughs}  condition: 1 of a*"),
        format!("  sel: {{a: 1}}\n  condition: {}sel", "not ".repeat(10_000)),
        format!("  sel: {{a: 1}}\n  condition: {}sel", "(".repeat(10_000)),
    ] {
        let (rules, errors) = RuleSet::load(&[rule(&detection)]);
        assert!(rules.rules().is_empty() && errors.len() == 1, "{}", detection.len());
    }
    // A text full of what a rule looks for, and a long value.
    let rules: Vec<_> = (0..300)
        .map(|n| {
            (
                format!("{n}.yml"),
                rule(&of_item(&format!("a|contains: [aaa{n}, aa]")))
                    .1
                    .replace("-000000000000", &format!("-{n:012}")),
            )
        })
        .collect();
    let (rules, event) = (load(&rules), json!({"a": "a".repeat(300_000)}));
    assert_eq!(ids(&rules, &cloudtrail(), &event).len(), 300);
    let text = event.to_string();
    let found = rules.matches(&cloudtrail(), &Document::parse(text.as_bytes()).unwrap()).remove(0);
    assert_eq!(found.fields, [("a".to_owned(), "a".repeat(512))]);
    assert!(!is_match(&of_item("a: '*b*b*b*b*b*b*b'"), &json!({"a": "b".repeat(6)})));
}

#[test]
fn threads_share_the_rules() {
    let rules = load(&[rule(&of_item("a: x"))]);
    std::thread::scope(|scope| {
        for n in 0..4 {
            let rules = &rules;
            scope.spawn(move || {
                for round in 0..500 {
                    let is_x = (n + round) % 2 == 0;
                    let found = ids(rules, &cloudtrail(), &json!({"a": if is_x { "x" } else { "y" }}));
                    assert_eq!(found.len(), usize::from(is_x));
                }
            });
        }
    });
}
