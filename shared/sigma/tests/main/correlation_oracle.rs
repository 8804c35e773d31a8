//! Correlations beside what they must equal: a model that forgets nothing, and another engine.
#![allow(clippy::unwrap_used, clippy::panic)] // Clippy knows only functions marked as tests, not those around them.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rsigma_eval::{CorrelationConfig, CorrelationEngine, JsonEvent};
use serde_json::json;
use sigma::{Correlations, Fired, Observation, Table, Window};

use crate::correlation::{Event, correlation, good, named};

const TIMESPAN: i64 = 10_000;
const LATENESS: i64 = 15_000;

/// All that came, and what the specification says of it.
#[derive(Clone, Default)]
struct Model {
    seen: BTreeSet<(i64, u64)>,
    /// Where a window ended that met the condition, before the last observation.
    reported: BTreeSet<i64>,
}

/// How the model reads a rule.
#[derive(Clone, Copy, Debug)]
enum Reading {
    AtLeast(usize),
    Exactly(usize),
    InOrder(u64),
}

impl Model {
    fn holds(&self, reading: Reading, end: i64) -> bool {
        let window: Vec<_> = self.seen.iter().filter(|(at, _)| (end - TIMESPAN..=end).contains(at)).collect();
        let count = window.iter().map(|(_, token)| token).collect::<BTreeSet<_>>().len();
        match reading {
            Reading::AtLeast(number) => count >= number,
            Reading::Exactly(number) => count == number,
            Reading::InOrder(rules) => {
                // The earliest end of each beginning of the sequence.
                let next = |from: Option<i64>, rule| {
                    window
                        .iter()
                        .filter(|(at, token)| *token == rule && Some(*at) >= from)
                        .map(|(at, _)| *at)
                        .min()
                };
                (0..rules).try_fold(i64::MIN, |from, rule| next(Some(from), rule)).is_some()
            }
        }
    }

    fn ends(&self, reading: Reading) -> BTreeSet<i64> {
        self.seen.iter().map(|(at, _)| *at).filter(|end| self.holds(reading, *end)).collect()
    }

    /// Whether it fires, where its window ends, and whether it is fresh.
    fn add(&mut self, reading: Reading, at: i64, token: u64) -> Option<(i64, bool)> {
        self.seen.insert((at, token));
        let met = self.ends(reading);
        let found: Vec<i64> = met.range(at..=at + TIMESPAN).copied().collect();
        let reported = std::mem::replace(&mut self.reported, met.clone());
        let (&first, &last) = (found.first()?, found.last()?);
        // All that meets the condition without a gap, and what this observation holds together.
        let times: Vec<i64> =
            self.seen.iter().map(|(at, _)| *at).collect::<BTreeSet<_>>().into_iter().collect();
        let mut burst: BTreeSet<i64> = found.into_iter().collect();
        let joins = |a: i64, b: i64| (b - a <= TIMESPAN) && met.contains(&a) && met.contains(&b);
        for pair in times.windows(2).filter(|pair| pair[0] >= last) {
            if burst.contains(&pair[0]) && joins(pair[0], pair[1]) {
                burst.insert(pair[1]);
            }
        }
        for pair in times.windows(2).rev().filter(|pair| pair[1] <= first) {
            if burst.contains(&pair[1]) && joins(pair[0], pair[1]) {
                burst.insert(pair[0]);
            }
        }
        Some((first, burst.is_disjoint(&reported)))
    }
}

fn rules(reading: Reading, kind: &str) -> Correlations {
    let condition = match (reading, kind) {
        (Reading::AtLeast(n), "value_count") => format!("; condition: {{gte: {n}, field: value}}"),
        (Reading::Exactly(n), "value_count") => format!("; condition: {{eq: {n}, field: value}}"),
        (Reading::AtLeast(n), _) => format!("; condition: {{gte: {n}}}"),
        (Reading::Exactly(n), _) => format!("; condition: {{eq: {n}}}"),
        (Reading::InOrder(_), _) => String::new(),
    };
    let body =
        format!("type: {kind}; rules: [a, b, c]; group-by: [user]; timespan: 10s; lateness: 15s{condition}");
    good(&[&correlation(&body)])
}

fn readings() -> impl Strategy<Value = (Reading, &'static str)> {
    prop_oneof![
        (1usize..6).prop_map(|n| (Reading::AtLeast(n), "event_count")),
        (1usize..5).prop_map(|n| (Reading::AtLeast(n), "value_count")),
        (1usize..4).prop_map(|n| (Reading::AtLeast(n), "temporal")),
        (1usize..4).prop_map(|n| (Reading::Exactly(n), "event_count")),
        (1usize..4).prop_map(|n| (Reading::Exactly(n), "value_count")),
        Just((Reading::InOrder(3), "temporal_ordered")),
    ]
}

/// Observations in the order of time, with how late each comes.
fn stream() -> impl Strategy<Value = Vec<(i64, u64, i64)>> {
    let gap = prop_oneof![3 => 0i64..4_000, 1 => Just(0), 1 => 9_990i64..10_010, 1 => 8_000i64..40_000];
    let late = prop_oneof![2 => Just(0), 1 => 0..=LATENESS];
    prop::collection::vec((gap, 0u64..5, late), 1..40).prop_map(|steps| {
        let mut at = 1_700_000_000_000;
        let step = |(gap, token, late)| {
            at += gap;
            (at, token, late)
        };
        steps.into_iter().map(step).collect()
    })
}

fn observation(rules: &Correlations, at: i64, token: u64) -> Observation {
    let event = Event { rules: vec![0], at: 0, fields: vec![("value".into(), "v".into())], id: 0 };
    Observation { at, token, ..event.observations(rules).remove(0) }
}

fn tokens(reading: Reading, kind: &str, stream: Vec<(i64, u64, i64)>) -> Vec<(i64, u64, i64)> {
    let token = |n: usize, token: u64| match (reading, kind) {
        (_, "event_count") => n as u64 + 1000,
        (_, "value_count") => token,
        _ => token % 3,
    };
    stream.into_iter().enumerate().map(|(n, (at, t, late))| (at, token(n, t), late)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// What is answered depends on what came so far, and not on its order.
    #[test]
    fn any_order_within_the_lateness_is_answered_like_the_model((reading, kind) in readings(), stream in stream()) {
        let rules = rules(reading, kind);
        let mut stream = tokens(reading, kind, stream);
        stream.sort_by_key(|(at, _, late)| at + late);
        let (mut model, mut window, mut names) = (Model::default(), Window::default(), BTreeSet::new());
        for (at, token, _) in stream {
            let fired = rules.advance(&observation(&rules, at, token), &mut window);
            let expected = model.add(reading, at, token);
            prop_assert_eq!(fired.map(|fired| fired.until), expected.map(|(until, _)| until));
            if let (Some(fired), Some((until, fresh))) = (fired, expected) {
                // What a late event takes away from a burst was reported all the same.
                if !matches!(reading, Reading::Exactly(_)) {
                    prop_assert_eq!(fired.fresh, fresh, "{:?} {:?}", fired, window);
                }
                prop_assert_eq!(fired.fresh, names.insert(fired.since));
                prop_assert!(!fired.fresh || fired.since == until);
            }
            // It is stored in between.
            window = serde_json::from_str(&serde_json::to_string(&window).unwrap()).unwrap();
        }
    }

    /// In order, a burst is named by where it began.
    #[test]
    fn in_order_a_burst_is_what_the_model_says((reading, kind) in readings(), stream in stream()) {
        let rules = rules(reading, kind);
        let (mut model, mut window, mut since, mut before) = (Model::default(), Window::default(), 0, 0);
        let mut stream = tokens(reading, kind, stream);
        // One observation a time: of several, the last alone sees all.
        stream.dedup_by_key(|(at, _, _)| *at);
        let mut was = false;
        for (at, token, _) in stream {
            let expected = model.add(reading, at, token).is_some();
            let fresh = !was || at - before > TIMESPAN;
            if expected && fresh {
                since = at;
            }
            (was, before) = (expected, at);
            let fired = rules.advance(&observation(&rules, at, token), &mut window);
            prop_assert_eq!(fired.map(|f| Fired { count: 0, ..f }), expected.then_some(Fired { since, until: at, count: 0, fresh }));
        }
    }

    /// A delivery that comes again changes nothing, and is nothing new.
    #[test]
    fn the_same_event_twice_is_harmless(
        (reading, kind) in readings(),
        stream in stream(),
        again in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..20),
    ) {
        let rules = rules(reading, kind);
        let mut stream = tokens(reading, kind, stream);
        stream.sort_by_key(|(at, _, late)| at + late);
        let (mut once, mut twice) = (Window::default(), Window::default());
        for (place, (at, token, _)) in stream.iter().enumerate() {
            let observe = |at, token, window: &mut Window| rules.advance(&observation(&rules, at, token), window);
            let first = observe(*at, *token, &mut once);
            prop_assert_eq!(first, observe(*at, *token, &mut twice));
            for (_, earlier) in again.iter().filter(|(n, _)| n.index(stream.len()) == place) {
                let (at, token, _) = stream[earlier.index(place + 1)];
                let fired = observe(at, token, &mut twice);
                if !matches!(reading, Reading::Exactly(_)) {
                    prop_assert!(fired.is_none_or(|fired| !fired.fresh));
                }
            }
            if !matches!(reading, Reading::Exactly(_)) {
                prop_assert_eq!(&once, &twice);
            }
        }
    }
}

/// The other engine's rules: the same, with detections that can be matched.
fn rsigma(correlations: &[String]) -> CorrelationEngine {
    let detection = |name| {
        format!(
            "title: {name}\nid: id-{name}\nname: {name}\nlogsource: {{product: aws}}\n\
             detection:\n  sel: {{'rule|contains': {name}}}\n  condition: sel\n"
        )
    };
    let mut documents: Vec<String> = ["a", "b", "c"].map(detection).into();
    documents.extend(correlations.iter().map(|text| format!("title: Test\n{text}")));
    let collection = rsigma_parser::parse_sigma_yaml(&documents.join("---\n")).unwrap();
    assert_eq!(collection.errors, Vec::<String>::new());
    let mut engine = CorrelationEngine::new(CorrelationConfig::default());
    engine.add_collection(&collection).unwrap();
    engine
}

/// What it counts in the window of the correlation `outer`, event by event.
fn rsigma_counts(correlations: &[String], events: &[Event]) -> Vec<Option<usize>> {
    let mut engine = rsigma(correlations);
    let count = |event: &Event| {
        let rules: String = event.rules.iter().map(|rule| ["a", "b", "c"][*rule]).collect();
        let mut document = json!({"rule": rules});
        event.fields.iter().for_each(|(field, value)| document[field] = json!(value));
        let results = engine.process_event_at(&JsonEvent::borrow(&document), event.at);
        let outer = results.iter().find(|r| r.header.rule_id.as_deref() == Some("id-outer"));
        outer.and_then(|result| result.as_correlation()).map(|body| body.aggregated_value as usize)
    };
    events.iter().map(count).collect()
}

fn counts(correlations: &[String], events: &[Event]) -> Vec<Option<usize>> {
    let correlations: Vec<&str> = correlations.iter().map(String::as_str).collect();
    let rules = good(&correlations);
    let place = rules.iter().find(|rule| rule.id == "id-outer").unwrap().place;
    let mut table = Table::new(1000);
    let count = |event: &Event| {
        let fired = table.observe(&rules, event.observations(&rules));
        fired.iter().find(|(observation, _)| observation.correlation == place).map(|(_, fired)| fired.count)
    };
    events.iter().map(count).collect()
}

fn event_stream() -> impl Strategy<Value = Vec<Event>> {
    let user = prop::option::of(prop_oneof![Just("u"), Just("v")]);
    let value = prop_oneof![Just("x"), Just("y"), Just("z")];
    let gap = prop_oneof![4 => 0i64..4, 1 => 9i64..12];
    prop::collection::vec((0usize..3, gap, user, value), 1..40).prop_map(|steps| {
        let mut at = 1_700_000_000;
        let event = |(id, (rule, gap, user, value)): (usize, (usize, i64, Option<&str>, &str))| {
            at += gap;
            let user = user.map(|user| ("user".to_owned(), user.to_owned()));
            let fields = user.into_iter().chain([("value".to_owned(), value.to_owned())]).collect();
            Event { rules: vec![rule], at, fields, id: id as u64 }
        };
        steps.into_iter().enumerate().map(event).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn in_order_it_counts_like_rsigma(events in event_stream()) {
        let inner = "type: event_count; rules: [a]; group-by: [user]; timespan: 10s; condition: {gte: 2}";
        for body in [
            "type: event_count; rules: [a, b]; group-by: [user]; timespan: 10s; condition: {gte: 3}",
            "type: event_count; rules: [a, b]; group-by: [user]; timespan: 10s; condition: {gt: 1, lte: 3}",
            "type: event_count; rules: [a, b]; group-by: [user]; timespan: 10s; condition: {neq: 2}",
            "type: event_count; rules: [a]; group-by: []; timespan: 10s; condition: {lt: 3}",
            "type: value_count; rules: [a, c]; group-by: [user]; timespan: 10s; condition: {field: value, gte: 2}",
            "type: value_count; rules: [a, c]; group-by: [user]; timespan: 10s; condition: {field: [value], eq: 2}",
            "type: temporal; rules: [a, b, c]; group-by: [user]; timespan: 10s; condition: {gte: 3}",
            "type: temporal; rules: [a, b, c]; group-by: [user]; timespan: 10s; condition: {eq: 2}",
            "type: temporal_ordered; rules: [a, b, c]; group-by: [user]; timespan: 10s",
            "type: temporal; rules: [b, c]; group-by: [who]; timespan: 10s; condition: {gte: 2}; \
             aliases: {who: {b: user, c: value}}",
            "type: temporal_ordered; rules: [inner, b]; group-by: [user]; timespan: 10s",
            "type: temporal; rules: [inner, c]; group-by: [user]; timespan: 10s; condition: {gte: 2}",
        ] {
            let correlations = [named("inner", inner), correlation(body)];
            prop_assert_eq!(counts(&correlations, &events), rsigma_counts(&correlations, &events), "{}", body);
        }
    }
}

/// Where the two differ on events in order, and what decides it. Quotations are of the Sigma Correlation Rules
/// Specification 2.0.2.
#[test]
fn where_rsigma_reads_it_otherwise() {
    let event = |rules: &[usize], at, fields: &[(&str, &str)], id| Event {
        rules: rules.to_vec(),
        at,
        fields: fields.iter().map(|(f, v)| ((*f).to_owned(), (*v).to_owned())).collect(),
        id,
    };
    let count = |rules: &str| {
        format!("type: event_count; rules: [{rules}]; group-by: [user]; timespan: 10s; condition: {{gte: 2}}")
    };
    let values =
        "type: value_count; rules: [a]; group-by: [user]; timespan: 10s; condition: {field: value, gte: 1}";
    for (clause, rules, events, ours, theirs) in [
        (
            "temporal: \"All events defined by the rules referred by the rule field must occur\"",
            vec![correlation("type: temporal; rules: [a, b]; group-by: [user]; timespan: 10s")],
            vec![event(&[0], 0, &[], 1), event(&[1], 1, &[], 2)],
            vec![None, Some(2)],
            vec![Some(1), Some(2)],
        ),
        (
            "event_count: \"Counts events\", not matches of rules",
            vec![correlation(&count("a, b"))],
            vec![event(&[0, 1], 0, &[], 1)],
            vec![None],
            vec![Some(2)],
        ),
        (
            "event_count: \"Counts events\", not deliveries of them",
            vec![correlation(&count("a"))],
            vec![event(&[0], 0, &[], 1), event(&[0], 0, &[], 1)],
            vec![None, None],
            vec![None, Some(2)],
        ),
        (
            "value_count: \"the count of distinct values contained in the field\"; no field, nothing new to report",
            vec![correlation(values)],
            vec![event(&[0], 0, &[("value", "x")], 1), event(&[0], 1, &[], 2)],
            vec![Some(1), None],
            vec![Some(1), Some(1)],
        ),
        (
            "chains: an event_count counts events that the other rule found; it goes on finding the same one",
            vec![named("inner", &count("a")), correlation(&count("inner"))],
            vec![event(&[0], 0, &[], 1), event(&[0], 1, &[], 2), event(&[0], 2, &[], 3)],
            vec![None, None, None],
            vec![None, None, Some(2)],
        ),
    ] {
        assert_eq!(counts(&rules, &events), ours, "{clause}");
        assert_eq!(rsigma_counts(&rules, &events), theirs, "{clause}");
    }
}
