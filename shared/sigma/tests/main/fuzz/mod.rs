//! Any rules and any events: nothing panics, and what is known to hold does. Quick here; as long as wanted by `make fuzz`.

mod draw;

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use json::Document;
use sigma::{LogSource, Observation, Placeholders, RuleSet, Table, Window};

use crate::cloudtrail;
use draw::{Draw, changed};

const WRITTEN: &str = "title: A\nid: one\nname: first\nlevel: high\ntags: [attack.persistence, attack.t1098]\n\
    logsource: {product: aws}\ndetection:\n  sel: {a|contains: [x, 'y*'], 'b|re|i': '^a.c$', c: null}\n  keys: [evil, b]\n  \
    condition: sel and not 1 of k*\n---\ntitle: F\nlogsource: {product: aws}\nfilter:\n  rules: [one]\n  s: {u|cidr: 10.0.0.0/8}\n  \
    condition: not s\n---\ntitle: C\nid: two\ncorrelation:\n  type: value_count\n  rules: [first]\n  group-by: [u]\n  timespan: 5m\n  \
    condition: {gte: 3, field: v}\n";

fn load(text: &str) -> RuleSet {
    let who = Placeholders::from([("who".to_owned(), vec!["ann".to_owned(), "b*".to_owned()])]);
    let (rules, errors) = RuleSet::load_with(&[("x.yml".into(), text.to_owned())], &who);
    for error in &errors {
        assert!(!error.problem.is_empty());
        assert!(error.line.is_none_or(|line| (1..=text.lines().count()).contains(&line)), "{error}");
    }
    rules
}

/// What matches, with the fields that say why.
fn found(rules: &RuleSet, source: &LogSource, text: &str) -> Vec<(String, Vec<(String, String)>)> {
    let event = Document::parse(text.as_bytes()).unwrap();
    rules.matches(source, &event).into_iter().map(|found| (found.rule.id.clone(), found.fields)).collect()
}

#[test]
fn fuzz_rule_text() {
    assert_eq!(RuleSet::load(&[("x.yml".into(), WRITTEN.into())]).1, []);
    bolero::check!().for_each(|bytes| {
        load(&String::from_utf8_lossy(bytes));
        load(&changed(WRITTEN, bytes));
    });
}

/// Each rule says the same alone, among others and when it is asked again.
#[test]
fn fuzz_matching() {
    bolero::check!().for_each(|bytes| {
        let mut draw = Draw(bytes);
        let texts = [draw.rule("one"), draw.rule("two"), draw.rule("three")];
        let alone: Vec<_> = texts.iter().map(|text| load(text)).collect();
        let together = load(&texts.concat());
        for _ in 0..2 {
            let event = draw.event();
            for source in [cloudtrail(), LogSource::new("kubernetes", "audit").of_category("application")] {
                let each: Vec<_> = alone.iter().flat_map(|rules| found(rules, &source, &event)).collect();
                assert_eq!(found(&together, &source, &event), each, "{event}");
                assert_eq!(found(&together, &source, &event), each, "{event}");
            }
        }
    });
}

/// What a filter lets through, the rule finds without it.
#[test]
fn fuzz_filters() {
    bolero::check!().for_each(|bytes| {
        let mut draw = Draw(bytes);
        let (rule, filter, event) = (draw.rule("one"), draw.filter(), draw.event());
        let names = |text: &str| -> Vec<_> {
            found(&load(text), &cloudtrail(), &event).into_iter().map(|(id, _)| id).collect()
        };
        let (plain, filtered) = (names(&rule), names(&(rule.clone() + &filter)));
        assert!(filtered.is_empty() || filtered == plain, "{rule}{filter}{event}");
    });
}

#[test]
fn fuzz_correlations() {
    bolero::check!().for_each(|bytes| {
        let mut draw = Draw(bytes);
        let mut text = draw.rule("one") + &draw.rule("two");
        text += &(draw.correlation("three") + &draw.correlation("four"));
        let rules = load(&text);
        let correlations = rules.correlations();
        let (mut table, mut windows) = (Table::new(8), BTreeMap::<_, Window>::new());
        for id in 0..8 {
            let (text, at) = (draw.event(), draw.time());
            let event = Document::parse(text.as_bytes()).unwrap();
            let matches = rules.matches(&cloudtrail(), &event);
            let observations = rules.observations(&matches, &cloudtrail(), &event, at, id);
            for observation in &observations {
                let window = windows.entry((observation.correlation, observation.key.id())).or_default();
                if let Some(fired) = correlations.advance(observation, window) {
                    correlations.chain(observation, &fired);
                }
                let kept = serde_json::to_vec(window).unwrap();
                assert_eq!(serde_json::from_slice::<Window>(&kept).unwrap(), *window);
            }
            table.observe(correlations, observations);
            assert!(table.len() <= 8);
        }
    });
}

/// A window that somebody else wrote into the store.
#[test]
fn fuzz_windows() {
    let text = ["event_count", "temporal_ordered"].map(|kind| {
        let condition = if kind == "event_count" { ", condition: {gte: 2}" } else { "" };
        format!(
            "title: x\nid: {kind}\ncorrelation: {{type: {kind}, rules: [one, two], group-by: [a], timespan: 1h{condition}}}\n---\n"
        )
    });
    let rule = |name| {
        format!(
            "title: x\nid: {name}\nlogsource: {{product: aws}}\ndetection: {{s: {{a: 1}}, condition: s}}\n---\n"
        )
    };
    let rules = load(&(rule("one") + &rule("two") + &text.concat()));
    let event = Document::parse(br#"{"a": 1}"#).unwrap();
    let matches = rules.matches(&cloudtrail(), &event);
    let observations = rules.observations(&matches, &cloudtrail(), &event, 0, 7);
    assert_eq!(observations.len(), 4);
    bolero::check!().for_each(|bytes: &[u8]| {
        let mut draw = Draw(bytes);
        let at = draw.time();
        let packed = [&[2 | (draw.byte() as u8 & 1)], draw.0].concat();
        let texts = [serde_json::to_vec(&BASE64_STANDARD_NO_PAD.encode(packed)).unwrap(), bytes.to_vec()];
        for mut window in texts.iter().filter_map(|text| serde_json::from_slice::<Window>(text).ok()) {
            for observation in &observations {
                let known = window.len();
                let observation = Observation { at, ..observation.clone() };
                rules.correlations().advance(&observation, &mut window);
                assert!(window.len() <= known + 1);
            }
        }
    });
}
