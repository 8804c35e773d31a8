//! Rules as the Sigma specification reads them.

mod correlation;
mod correlation_oracle;

use proptest::prelude::*;
use serde_json::{Value, json};
use sigma::{LogSource, RuleSet};

/// A rule with this `detection`, indented as it stands below that key.
fn rule(detection: &str) -> (String, String) {
    let text = format!(
        "title: Test\nid: 00000000-0000-4000-8000-000000000000\nlevel: high\ntags: [attack.persistence, attack.t1098.001]\n\
         logsource: {{product: aws, service: cloudtrail}}\ndetection:\n{detection}\n"
    );
    ("test.yml".into(), text)
}

fn cloudtrail() -> LogSource {
    LogSource::new("aws", "cloudtrail")
}

fn is_match(detection: &str, event: &Value) -> bool {
    let (rules, errors) = RuleSet::load(&[rule(detection)]);
    assert_eq!(errors, [], "{detection}");
    !rules.matches(&cloudtrail(), event).is_empty()
}

/// Whether `field`, compared so, matches an event.
fn fits(item: &str, event: &Value) -> bool {
    is_match(&format!("  sel:\n    {item}\n  condition: sel"), event)
}

#[test]
fn modifiers() {
    for (item, event, expected) in [
        ("a: x", json!({"a": "X"}), true),
        ("a: x", json!({"a": ["y", "x"]}), true),
        ("a: x", json!({}), false),
        ("a: [x, y]", json!({"a": "y"}), true),
        ("a|contains: ell", json!({"a": "Hello"}), true),
        ("a|contains|all: [he, lo]", json!({"a": "hello"}), true),
        ("a|contains|all: [he, xx]", json!({"a": "hello"}), false),
        ("a|startswith: he", json!({"a": "hello"}), true),
        ("a|endswith: [lo, x]", json!({"a": "hello"}), true),
        ("a|cased: Hello", json!({"a": "hello"}), false),
        ("a|contains|cased: ell", json!({"a": "hello"}), true),
        ("a|re: ^h.l+o$", json!({"a": "hello"}), true),
        ("a|re: ^H", json!({"a": "hello"}), false),
        ("a|re|i: ^H", json!({"a": "hello"}), true),
        ("a|cidr: 10.0.0.0/8", json!({"a": "10.1.2.3"}), true),
        ("a|cidr: 10.0.0.0/8", json!({"a": "::ffff:10.1.2.3"}), true),
        ("a|cidr: [10.0.0.0/8, 'fc00::/7']", json!({"a": "fd00::1"}), true),
        ("a|cidr: 10.0.0.0/8", json!({"a": "ec2.amazonaws.com"}), false),
        ("a|exists: true", json!({"a": null}), true),
        ("a|exists: true", json!({"a": []}), true),
        ("a|exists: false", json!({"b": 1}), true),
        ("a|exists: false", json!({"a": 1}), false),
        ("a: null", json!({}), true),
        ("a: null", json!({"a": null}), true),
        ("a: null", json!({"a": ""}), false),
        ("a: ''", json!({"a": ""}), true),
        ("a: ''", json!({"a": null}), false),
        ("a: [null, x]", json!({"a": "x"}), true),
        ("a: '*'", json!({"a": null}), false),
        ("a: 22", json!({"a": 22}), true),
        ("a: 22", json!({"a": 22.0}), true),
        ("a: 22", json!({"a": "22"}), true),
        ("a: '22'", json!({"a": 22}), true),
        ("a: 22", json!({"a": 220}), false),
        ("a: true", json!({"a": true}), true),
        ("a: true", json!({"a": "True"}), true),
        ("a: 'false'", json!({"a": false}), true),
        ("a|fieldref: b.c", json!({"a": "x", "b": {"c": ["y", "X"]}}), true),
        ("a|fieldref: b", json!({"a": "x", "b": "y"}), false),
        ("a|fieldref: b", json!({"a": null, "b": null}), false),
        ("a|fieldref: b", json!({"a": "x"}), false),
        ("a.b.c: 1", json!({"a": [{"b": {"c": 2}}, {"b": {"c": 1}}]}), true),
        ("a.Effect: Allow", json!({"a": "{\"Effect\":\"Allow\"}"}), true),
        (r#"a|re: '^\{"Action":"\*",'"#, json!({"a": {"Resource": "*", "Action": "*"}}), true),
        (r"a: 'C:\Windows\\*'", json!({"a": r"c:\windows\system32"}), true),
        (r"a: '\*'", json!({"a": "x"}), false),
        (r"a: '\*'", json!({"a": "*"}), true),
    ] {
        assert_eq!(fits(item, &event), expected, "{item} {event}");
    }
}

#[test]
fn conditions() {
    let selections = "  sel_a: {a: 1}\n  sel_b: {b: 1}\n  other: [{c: 1}, {d: 1, e: 1}]\n  _hidden: {z: 1}\n";
    for (condition, event, expected) in [
        ("sel_a and sel_b", json!({"a": 1}), false),
        ("sel_a or sel_b and other", json!({"a": 1}), true),
        ("(sel_a or sel_b) and other", json!({"a": 1}), false),
        ("not sel_a and sel_b", json!({"b": 1}), true),
        ("not (sel_a and sel_b)", json!({"b": 1}), true),
        ("not not sel_a", json!({"a": 1}), true),
        ("1 of sel_*", json!({"b": 1}), true),
        ("any of sel_*", json!({"b": 1}), true),
        ("all of sel_*", json!({"b": 1}), false),
        ("all of sel_* and not other", json!({"a": 1, "b": 1}), true),
        ("1 of them", json!({"z": 1}), false),
        ("all of them", json!({"a": 1, "b": 1, "c": 1}), true),
        ("other", json!({"d": 1}), false),
        ("other", json!({"d": 1, "e": 1}), true),
        ("[sel_a, sel_b]", json!({"b": 1}), true),
        ("sel_a AND NOT sel_b", json!({"a": 1}), true),
    ] {
        let detection = format!("{selections}  condition: {condition}");
        assert_eq!(is_match(&detection, &event), expected, "{condition} {event}");
    }
}

#[test]
fn what_is_not_supported_is_refused_by_name_and_place() {
    let sel = |item: &str| format!("  sel:\n    {item}\n  condition: sel");
    for (detection, problem, line) in [
        (sel("a|base64offset: x"), "`base64offset`", Some(8)),
        (sel("a|i: x"), "`i`", Some(8)),
        (sel("a|contains|re: x"), "do not go together", Some(8)),
        (sel("a|re: '(?=x)'"), "regular expression", Some(8)),
        (sel("a|cidr: here"), "CIDR", Some(8)),
        (sel("a|exists: maybe"), "true or false", Some(8)),
        (sel("a|contains: null"), "must be text", Some(8)),
        (sel("a|contains: ''"), "empty value", Some(8)),
        (sel("a: []"), "empty list", Some(8)),
        (sel("a: {b: c}"), "must be text", Some(8)),
        (sel("'|contains': x"), "keyword", Some(8)),
        ("  sel: [x, y]\n  condition: sel".into(), "keywords", Some(7)),
        ("  sel: {a: 1}\n  condition: sal".into(), "`sal`", Some(8)),
        ("  sel: {a: 1}\n  condition: sel and".into(), "ends too early", Some(8)),
        ("  sel: {a: 1}\n  condition: (sel".into(), "not closed", Some(8)),
        ("  sel: {a: 1}\n  condition: sel sel".into(), "does not belong", Some(8)),
        ("  sel: {a: 1}\n  condition: sel | count() > 5".into(), "aggregation", Some(8)),
        ("  sel: {a: 1}\n  condition: 2 of them".into(), "`2 of`", Some(8)),
        ("  sel: {a: 1}\n  condition: 1 of x*".into(), "`x*`", Some(8)),
        ("  sel: {a: 1}\n  timeframe: 5m\n  condition: sel".into(), "timeframe", Some(8)),
        ("  sel: {a: 1}".into(), "`condition` is missing", Some(6)),
        (format!("  sel: {{a: 1}}\n  condition: {}sel", "not ".repeat(100)), "nested deeper", Some(8)),
        ("  sel: {a: 1\n  condition: sel".into(), "YAML", Some(8)),
    ] {
        let (rules, errors) = RuleSet::load(&[rule(&detection)]);
        assert!(rules.rules().is_empty(), "{detection}");
        assert!(errors[0].problem.contains(problem), "{detection}: {}", errors[0]);
        assert_eq!(
            (errors[0].file.as_str(), errors[0].line),
            ("test.yml", line),
            "{detection}: {}",
            errors[0]
        );
    }
    let good = rule("  sel: {a: 1}\n  condition: sel").1;
    for (old, new, problem) in [
        ("level: high", "level: huge", "`huge`"),
        ("title: Test", "name: Test", "`title` is missing"),
        ("service: cloudtrail", "category: cloud", "`category`"),
        ("attack.persistence", "attack.persistance", "attack.persistance"),
        ("attack.persistence, ", "", "needs its tactic"),
        ("title: Test", "title: Test\ncorrelation: {}", "`correlation`"),
    ] {
        let (_, errors) = RuleSet::load(&[("test.yml".into(), good.replace(old, new))]);
        assert!(errors[0].problem.contains(problem), "{new}: {}", errors[0]);
    }
}

#[test]
fn good_rules_load_beside_bad_ones() {
    let good = rule("  sel: {a: 1}\n  condition: sel");
    let bad = ("bad.yml".to_owned(), "title: [".to_owned());
    let tests = ("test.tests.json".to_owned(), "{}".to_owned());
    let (rules, errors) = RuleSet::load(&[bad, good.clone(), tests, ("copy.yaml".into(), good.1)]);
    assert_eq!(rules.rules().len(), 1);
    let files: Vec<_> = errors.iter().map(|e| e.file.as_str()).collect();
    assert_eq!(files, ["bad.yml", "copy.yaml"]);
    let technique = &rules.rules()[0].attack[0];
    assert_eq!((technique.id.as_str(), technique.tactic.as_str()), ("T1098.001", "persistence"));
}

#[test]
fn a_match_tells_which_fields_and_values() {
    let detection =
        "  sel: {eventName: [a, 'b*'], 'x.y|contains': z}\n  filter: {u: 1}\n  condition: sel and not filter";
    let (rules, _) = RuleSet::load(&[rule(detection)]);
    let event = json!({"eventName": "Bee", "x": [{"y": "no"}, {"y": "Zoo"}], "u": 2});
    let found = rules.matches(&cloudtrail(), &event);
    assert_eq!(found[0].fields, [("eventName".into(), "Bee".into()), ("x.y".into(), "Zoo".into())]);
    assert!(rules.matches(&LogSource::new("aws", "guardduty"), &event).is_empty());
}

#[test]
fn the_index_loses_no_match() {
    let detections = [
        "  sel: {eventName: A}\n  condition: sel",
        "  sel: {eventName: [A, B], eventSource: s}\n  condition: sel",
        "  sel: {eventSource: s}\n  condition: sel",
        "  sel: {eventName: 'A*'}\n  condition: sel",
        "  sel: {eventName: A}\n  condition: not sel",
        "  one: {eventName: A}\n  two: {eventSource: s}\n  condition: one or two",
        "  one: [{eventName: A}, {eventName: B}]\n  two: {x: 1}\n  condition: one and not two",
        "  sel: {eventName|cased: A}\n  condition: sel",
    ];
    let files: Vec<_> = detections
        .iter()
        .enumerate()
        .map(|(n, detection)| {
            (format!("{n}.yml"), rule(detection).1.replace("-000000000000", &format!("-{n:012}")))
        })
        .collect();
    let (rules, errors) = RuleSet::load(&files);
    assert_eq!(errors, []);
    for name in ["A", "a", "B", "C", "AA"] {
        for source in ["s", "S", "t"] {
            let event = json!({"eventName": name, "eventSource": source});
            let together: Vec<_> =
                rules.matches(&cloudtrail(), &event).iter().map(|m| m.rule.id.clone()).collect();
            let alone: Vec<_> = files
                .iter()
                .filter(|(_, text)| {
                    // The same rule with nothing to be looked up by.
                    let text =
                        text.replace("eventName", "x.eventName").replace("eventSource", "x.eventSource");
                    let (rule, _) = RuleSet::load(&[("x.yml".into(), text)]);
                    !rule.matches(&cloudtrail(), &json!({"x": event})).is_empty()
                })
                .map(|(file, _)| format!("00000000-0000-4000-8000-{:0>12}", file.trim_end_matches(".yml")))
                .collect();
            assert_eq!(together, alone, "{event}");
        }
    }
}

proptest! {
    #[test]
    fn no_rule_text_panics(text in "[ -~\n]{0,200}") {
        RuleSet::load(&[("x.yml".into(), text)]);
    }

    #[test]
    fn no_condition_panics(condition in "((not|and|or|of|them|all|1|sel|se\\*|\\(|\\)|x) ){0,12}") {
        RuleSet::load(&[rule(&format!("  sel: {{a: 1}}\n  condition: '{condition}'"))]);
    }

    #[test]
    fn no_value_or_event_panics(value in "[*?\\\\a.]{0,12}", text in "\\PC{0,40}") {
        let item = format!("a|contains: '{value}'");
        let detection = format!("  sel:\n    {item}\n  condition: sel");
        let (rules, _) = RuleSet::load(&[rule(&detection)]);
        rules.matches(&cloudtrail(), &json!({"a": text}));
    }
}
