//! Correlations as the Sigma Correlation Rules Specification reads them.
#![allow(clippy::unwrap_used, clippy::panic)] // Clippy knows only functions marked as tests, not those around them.

use sigma::{Correlations, Fired, Kind, Observation, RuleError, Table, Window};

/// Detections `a`, `b` and `c` in the places 0 to 2, and these correlations from place 3 on.
pub(crate) fn read(correlations: &[&str]) -> (Correlations, Vec<RuleError>) {
    let mut documents: Vec<String> =
        ["a", "b", "c"].map(|name| format!("id: id-{name}\nname: {name}\n")).into();
    documents.extend(correlations.iter().map(|body| (*body).to_owned()));
    let has =
        |document: &String, key: &str, value: &str| document.lines().any(|l| l == format!("{key}: {value}"));
    let lookup = |rule: &str| {
        documents.iter().position(|document| has(document, "name", rule) || has(document, "id", rule))
    };
    Correlations::read("test.yml", &documents.join("---\n"), &lookup)
}

/// A correlation named `outer`, with this in its mapping.
pub(crate) fn correlation(body: &str) -> String {
    named("outer", body)
}

pub(crate) fn named(name: &str, body: &str) -> String {
    format!("id: id-{name}\nname: {name}\ncorrelation:\n  {}\n", body.replace("; ", "\n  "))
}

pub(crate) fn good(correlations: &[&str]) -> Correlations {
    let (read, errors) = read(correlations);
    assert_eq!(errors, [], "{correlations:?}");
    read
}

/// An event: the rules that it matches, its time in seconds, and its fields.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) rules: Vec<usize>,
    pub(crate) at: i64,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) id: u64,
}

impl Event {
    /// `ab@5 user=u value=v`; user is `u` if it is not named, and absent where it is `-`.
    fn read(text: &str, id: u64) -> Self {
        let mut words = text.split_whitespace();
        let (rules, at) = words.next().unwrap().split_once('@').unwrap();
        let mut fields: Vec<_> = words.map(|word| word.split_once('=').unwrap()).collect();
        if fields.iter().all(|(field, _)| *field != "user") {
            fields.push(("user", "u"));
        }
        fields.retain(|(_, value)| *value != "-");
        Self {
            rules: rules.chars().map(|rule| "abc".find(rule).unwrap()).collect(),
            at: at.parse().unwrap(),
            fields: fields.into_iter().map(|(f, v)| (f.to_owned(), v.to_owned())).collect(),
            id,
        }
    }

    pub(crate) fn observations(&self, correlations: &Correlations) -> Vec<Observation> {
        let field = |path: &str| {
            let values = self.fields.iter().filter(|(field, _)| field == path);
            values.map(|(_, value)| value.clone()).collect()
        };
        correlations.observations(&self.rules, &field, self.at * 1000, self.id)
    }
}

/// What the last correlation says to each event: `.` nothing, `F` a new burst, `f` more of one.
fn told(correlations: &Correlations, events: &[Event]) -> String {
    let mut table = Table::new(1000);
    let last = correlations.iter().last().unwrap().place;
    let tell = |event: &Event| {
        let fired = table.observe(correlations, event.observations(correlations));
        let mut fired = fired.into_iter().filter(|(observation, _)| observation.correlation == last);
        fired.next().map_or('.', |(_, fired)| if fired.fresh { 'F' } else { 'f' })
    };
    events.iter().map(tell).collect()
}

fn events(text: &str) -> Vec<Event> {
    text.split(", ").enumerate().map(|(id, text)| Event::read(text, id as u64)).collect()
}

#[test]
fn types_and_conditions() {
    let count = "type: event_count; rules: [a, b]; group-by: [user]; timespan: 10s; condition:";
    let values = "type: value_count; rules: [a]; group-by: [user]; timespan: 10s; condition:";
    let temporal = "type: temporal; rules: [a, b, c]; group-by: [user]; timespan: 10s";
    let ordered = "type: temporal_ordered; rules: [a, b, c]; group-by: [user]; timespan: 10s";
    for (head, tail, text, expected) in [
        (count, " {gte: 3}", "a@0, a@1, a@2, a@3", "..Ff"),
        (count, " {gt: 3}", "a@0, a@1, a@2, a@3", "...F"),
        (count, " {eq: 2}", "a@0, a@1, a@2, a@20, a@21", ".F..F"),
        (count, " {neq: 2}", "a@0, a@1, a@2", "F.F"),
        (count, " {lt: 3}", "a@0, a@1, a@2, a@12", "Ff.F"),
        (count, " {lte: 2}", "a@0, a@1, a@2, a@12", "Ff.F"),
        (count, " {gt: 1, lte: 3}", "a@0, a@1, a@2, a@3", ".Ff."),
        (count, " {gt: 1, lte: 3, neq: 2}", "a@0, a@1, a@2, a@3", "..F."),
        // Other rules and groups, and a rule that it does not name.
        (count, " {gte: 2}", "a@0, b@1, c@2", ".F."),
        (count, " {gte: 2}", "a@0, a@1 user=v, b@2 user=v, b@3", "..FF"),
        // One event that matches two rules is one event.
        (count, " {gte: 2}", "ab@0, ab@1", ".F"),
        // Exactly as far apart as the timespan is in it.
        (count, " {gte: 2}", "a@0, a@10, a@21", ".F."),
        // A burst ends with a window that does not meet the condition, or is empty.
        (count, " {gte: 2}", "a@0, a@1, a@30, a@31, a@32", ".F.Ff"),
        (count, " {gte: 1}", "a@0, a@10, a@21", "FfF"),
        // Later by less than 15 minutes; and by more.
        (count, " {gte: 2}", "a@900, a@0, a@1", "..F"),
        (count, " {gte: 2}", "a@1000, a@0, a@1, a@99", "...."),
        // An absent field is a group, and not that of an empty text.
        (count, " {gte: 2}", "a@0 user=-, a@1 user=, a@2 user=-", "..F"),
        // Several values are several groups.
        (count, " {gte: 2}", "a@0 user=v, a@1 user=w, a@2 user=v user=w, a@3 user=w", "..Ff"),
        (values, " {field: value, gte: 2}", "a@0 value=x, a@1 value=x, a@2 value=y", "..F"),
        (values, " {field: value, gte: 2}", "a@0 value=x, a@1, a@2 value=X", "..F"),
        (values, " {field: value, lt: 2}", "a@0, a@1 value=x, a@2 value=y", ".F."),
        (values, " {field: [value], gte: 2}", "a@0 value=x value=y", "F"),
        (values, " {field: [value, ip], gte: 2}", "a@0 value=x ip=1, a@1 value=x ip=2, a@2 value=x", ".F."),
        (values, " {field: [value, ip], gte: 2}", "a@0 value=x1 ip=1, a@1 value=x ip=11", ".F"),
        (temporal, "", "a@0, b@1, c@2", "..F"),
        (temporal, "", "c@0, a@9, b@10, b@11", "..F."),
        (temporal, "", "a@0, b@1 user=v, c@2", "..."),
        (temporal, "", "abc@0", "F"),
        (temporal, "; condition: {gte: 2}", "a@0, a@1, b@2", "..F"),
        (temporal, "; condition: {lt: 3}", "a@0, b@1, c@2", "Ff."),
        (ordered, "", "a@0, b@1, c@2, a@3", "..Ff"),
        (ordered, "", "b@0, a@1, c@2, b@3, c@4", "....F"),
        (ordered, "", "a@0, b@1, c@11", "..."),
        (ordered, "", "a@0, b@0, c@0", "..F"),
        (ordered, "", "c@0, b@0, a@0", "..F"),
        (ordered, "", "c@2, b@1, a@0", "..F"),
        (ordered, "; condition: {gte: 3}", "a@0, b@1, c@2", "..F"),
    ] {
        let rules = good(&[&correlation(&format!("{head}{tail}"))]);
        assert_eq!(told(&rules, &events(text)), expected, "{head}{tail}: {text}");
    }
}

#[test]
fn aliases_name_the_field_of_each_rule() {
    let rules = good(&[&correlation(
        "type: temporal; rules: [a, id-b]; group-by: [inner, outer]; timespan: 10s; \
         aliases: {inner: {a: dst, b: src}, outer: {id-a: src, b: dst}}",
    )]);
    assert_eq!(told(&rules, &events("a@0 src=1 dst=2, b@1 src=1 dst=2, b@2 src=2 dst=1")), "..F");
}

#[test]
fn one_correlation_feeds_another() {
    let failed = named(
        "failed",
        "type: event_count; rules: [a]; group-by: [user, ip]; timespan: 10s; condition: {gte: 2}",
    );
    let follow = "type: temporal_ordered; rules: [failed, b]; group-by: [user]; timespan: 10s";
    let bursts = "type: event_count; rules: [failed]; group-by: [who]; timespan: 1h; condition: {gte: 2}; \
                  aliases: {who: {failed: user}}";
    let ips =
        "type: value_count; rules: [failed]; group-by: [user]; timespan: 1h; condition: {field: ip, gte: 2}";
    for (outer, text, expected) in [
        (follow, "a@0, a@1, b@2", "..F"),
        (follow, "b@0, a@1, a@2", "..."),
        (follow, "a@0 ip=1, a@1 ip=2, b@2", "..."),
        // A burst counts as long as it goes on.
        (follow, "a@0, a@1, a@9, a@18, b@28", "....F"),
        (follow, "a@0, a@1, b@12", "..."),
        (bursts, "a@0, a@1, a@2, a@3", "...."),
        (bursts, "a@0, a@1, a@30, a@31", "...F"),
        (bursts, "a@0 ip=1, a@1 ip=1, a@2 ip=2, a@3 ip=2", "...F"),
        (ips, "a@0 ip=1, a@1 ip=1, a@30 ip=1, a@31 ip=1, a@32 ip=2, a@33 ip=2", ".....F"),
    ] {
        for order in [[0, 1], [1, 0]] {
            // Wherever they stand in their file, the outer one is asked.
            let documents = [failed.clone(), correlation(outer)];
            let rules = good(&order.map(|n: usize| documents[n].as_str()));
            let place = rules.iter().find(|rule| rule.id == "id-outer").unwrap().place;
            let mut table = Table::new(9);
            let told: String = events(text)
                .iter()
                .map(|event| {
                    let fired = table.observe(&rules, event.observations(&rules));
                    let of = |fresh| {
                        fired.iter().any(|(o, fired): &(Observation, Fired)| {
                            o.correlation == place && fired.fresh == fresh
                        })
                    };
                    if of(true) { 'F' } else { '.' }
                })
                .collect();
            assert_eq!(told, expected, "{outer}: {text}");
        }
    }
}

#[test]
fn what_is_not_supported_is_refused_by_name_and_place() {
    let count = "type: event_count; rules: [a]; group-by: [user]; timespan: 10s; condition: {gte: 2}";
    let temporal = "type: temporal_ordered; rules: [a, b]; group-by: [user]; timespan: 10s";
    for (body, old, new, problem, line) in [
        (count, "event_count", "value_sum", "the type `value_sum`", 13),
        (count, "event_count", "value_percentile", "the type `value_percentile`", 13),
        (count, "type: event_count; ", "", "`type` is missing", 12),
        (count, "rules: [a]; ", "", "`rules` is missing", 12),
        (count, "[a]", "[]", "1 to 32", 14),
        (count, "[a]", "[a, nowhere]", "no rule `nowhere`", 14),
        (count, "[a]", "[a, id-a]", "`id-a` is named twice", 14),
        (count, "[a]", "[outer]", "lead back", 14),
        (count, "group-by: [user]; ", "", "`group-by` is missing", 12),
        (count, "[user]", "[{a: b}]", "list of texts", 15),
        (count, "timespan: 10s; ", "", "`timespan` is missing", 12),
        (count, "10s", "10", "a number and one of", 16),
        (count, "10s", "0s", "a number and one of", 16),
        (count, "10s", "10S", "a number and one of", 16),
        (count, "10s", "-1s", "a number and one of", 16),
        (count, "10s", "s", "a number and one of", 16),
        (count, "10s", "10µ", "a number and one of", 16),
        (count, "10s", "9223372036854775807y", "a number and one of", 16),
        (count, "timespan", "timeframe", "`timeframe` is not supported", 16),
        (count, "; condition: {gte: 2}", "", "`condition` is missing", 12),
        (count, "{gte: 2}", "{ge: 2}", "`ge` is not supported", 17),
        (count, "{gte: 2}", "{gte: 2, field: a}", "`field` is not supported", 17),
        (count, "{gte: 2}", "{}", "needs a comparison", 17),
        (count, "{gte: 2}", "{gte: two}", "whole number", 17),
        (count, "{gte: 2}", "{gte: -2}", "whole number", 17),
        (count, "{gte: 2}", "{gte: 1001}", "up to 1000", 17),
        (count, "{gte: 2}", "{gt: 2, lt: 3}", "never hold", 17),
        (count, "{gte: 2}", "{lt: 1}", "never hold", 17),
        (count, "{gte: 2}", "a and b", "is an expression", 17),
        (count, "event_count", "value_count", "`field` is missing", 17),
        (count, "timespan", "window: sliding; timespan", "`window` is not supported", 16),
        (count, "timespan", "generate: 1; timespan", "true or false", 16),
        (count, "timespan", "lateness: soon; timespan", "`lateness` must be", 16),
        (count, "timespan", "aliases: [x]; timespan", "`aliases` must map", 16),
        (count, "timespan", "aliases: {x: {b: y}}; timespan", "`b` is not among", 16),
        (temporal, "[user]", "[x]; aliases: {x: {a: y}}", "names no field of `b`", 15),
        (temporal, "10s", "10s; condition: {gte: 1}", "other than all", 17),
        (temporal, "10s", "10s; condition: {gt: 2}", "never hold", 17),
    ] {
        assert!(body.contains(old), "{body} {old}");
        let (rules, errors) = read(&[&correlation(&body.replace(old, new))]);
        assert_eq!(rules.iter().count(), 0, "{new}");
        assert!(errors[0].problem.contains(problem), "{new}: {}", errors[0]);
        // The alias's name stands in `group-by` too, and the text is searched for the first.
        if !problem.contains("`b`") {
            assert_eq!(errors[0].line, Some(line), "{new}: {}", errors[0]);
        }
    }
}

#[test]
fn chains_have_no_circles_and_no_broken_links() {
    let body = |rule: &str, field: &str| {
        format!(
            "type: event_count; rules: [{rule}]; group-by: [{field}]; timespan: 10s; condition: {{gte: 2}}"
        )
    };
    let rule = |name: &str, of: &str, field: &str| named(name, &body(of, field));
    for (rules, expected) in [
        (vec![rule("x", "y", "u"), rule("y", "x", "u")], "x back, y back"),
        (
            vec![rule("x", "y", "u"), rule("y", "x", "u"), rule("z", "x", "u"), rule("w", "a", "u")],
            "x back, y back, z refused",
        ),
        (vec![rule("x", "y", "u"), rule("y", "z", "v"), rule("z", "a", "u")], "x refused, y `v`"),
        (vec![rule("x", "y", "u"), rule("y", "a", "u").replace("10s", "10")], "x refused, y number"),
    ] {
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        let (read, errors) = read(&rules);
        let expected: Vec<_> = expected.split(", ").map(|e| e.split_once(' ').unwrap().1).collect();
        assert_eq!(errors.len(), expected.len(), "{errors:?}");
        assert_eq!(read.iter().count(), rules.len() - errors.len());
        for (error, expected) in errors.iter().zip(expected) {
            assert!(error.problem.contains(expected), "{error} {expected}");
        }
    }
}

#[test]
fn what_a_rule_says_can_be_read() {
    let rules = good(&[&format!(
        "generate: true\n{}",
        correlation(
            "type: value_count; rules: [b, id-a]; group-by: user; timespan: 2w; lateness: 30m; condition: {field: x, gt: 9}"
        )
    )]);
    let rule = rules.get(3).unwrap();
    assert_eq!(
        (rule.id.as_str(), rule.kind, rule.rules.as_slice()),
        ("id-outer", Kind::ValueCount, [1, 0].as_slice())
    );
    assert_eq!((rule.timespan, rule.lateness, rule.generate), (14 * 86_400_000, 1_800_000, true));
    assert_eq!(rule.retention(), 14 * 86_400_000 + 1_800_000);
    for (span, expected) in
        [("15s", 15), ("30m", 1800), ("1h", 3600), ("7d", 604_800), ("1M", 2_629_746), ("1y", 31_556_952)]
    {
        let body = format!("type: temporal; rules: [a]; group-by: []; timespan: {span}");
        assert_eq!(good(&[&correlation(&body)]).get(3).unwrap().timespan, expected * 1000);
    }
}

#[test]
fn a_key_is_all_of_its_values_and_shows_a_part() {
    let body = "type: event_count; rules: [a]; group-by: [user, ip]; timespan: 10s; condition: {gte: 2}";
    let rules = good(&[&correlation(body)]);
    let huge = "ü".repeat(1_000_000);
    let observe = |fields: &str| Event::read(&format!("a@0 {fields}"), 0).observations(&rules).remove(0);
    let (one, other) = (observe(&format!("user={huge}x")), observe(&format!("user={huge}y")));
    assert_eq!(one.key.values()[0].text.as_ref().unwrap().chars().count(), 200);
    assert_eq!(one.key.values()[1].text, None);
    let keys = [
        one.key,
        other.key,
        observe("user=a ip=bc").key,
        observe("user=ab ip=c").key,
        observe("user=abc ip=").key,
        observe("user=abc").key,
        observe("user=- ip=abc").key,
    ];
    let ids: std::collections::BTreeSet<_> = keys.iter().map(|key| key.id()).collect();
    assert_eq!(ids.len(), keys.len());
    // Stored windows are found again by it.
    assert_eq!(keys[2].to_string(), "5b8a900182fa60a0f8275b6fc5ba965b");
    // Another meaning, other windows.
    let renamed = good(&[&correlation(&body.replace("ip", "src"))]);
    assert_ne!(Event::read("a@0 user=a src=bc", 0).observations(&renamed)[0].key.id(), keys[2].id());
}

#[test]
fn one_event_is_observed_a_bounded_number_of_times() {
    let rules = good(&[&correlation(
        "type: value_count; rules: [a]; group-by: [user, ip]; timespan: 10s; condition: {field: value, gte: 2}",
    )]);
    let mut event = Event::read("a@0", 0);
    for field in ["user", "ip", "value"] {
        event.fields.extend((0..100_000).map(|n| (field.to_owned(), n.to_string())));
    }
    assert_eq!(event.observations(&rules).len(), 64);
}

#[test]
fn hostile_times_do_no_harm() {
    let rules = good(&[&correlation(
        "type: event_count; rules: [a]; group-by: [user]; timespan: 10s; condition: {gte: 2}",
    )]);
    let mut table = Table::new(9);
    for at in [0, i64::MIN, i64::MAX, i64::MIN + 1, i64::MAX - 1] {
        let mut observation = Event::read("a@0", at as u64).observations(&rules).remove(0);
        observation.at = at;
        table.observe(&rules, vec![observation]);
    }
}

/// Under a flood a window stays small, and what it looks for is still found.
#[test]
fn a_flood_fills_no_window() {
    let count = "type: event_count; rules: [a]; group-by: [user]; timespan: 1h; condition: {gte: 100}";
    let values =
        "type: value_count; rules: [a]; group-by: [user]; timespan: 1h; condition: {field: value, gte: 100}";
    let ordered = "type: temporal_ordered; rules: [a, b, c]; group-by: [user]; timespan: 1h";
    type At = fn(u64) -> i64;
    let times: [At; 4] = [|n| n as i64 / 10, |_| 0, |n| 900 - (n as i64) / 10, |n| (n as i64 * 7919) % 900];
    for (n, at) in times.into_iter().enumerate() {
        for body in [count, values, ordered] {
            let rules = good(&[&correlation(body)]);
            let mut window = Window::default();
            let mut fired = 0;
            let mut observe = |rule: char, at: i64, id: u64| {
                let event = Event::read(&format!("{rule}@{at} value={id}"), id);
                let observation = event.observations(&rules).remove(0);
                fired += usize::from(rules.advance(&observation, &mut window).is_some());
                assert!(window.len() <= 264, "{body}");
                assert!(serde_json::to_string(&window).unwrap().len() < 4500, "{body}");
            };
            if body == ordered {
                observe('a', -1, 0);
                (1..9000).for_each(|id| observe(if id % 3 == 0 { 'c' } else { 'b' }, at(id), id));
                observe('c', 901, 9000);
                assert!(fired > 0, "{n}");
            } else {
                (0..9000).for_each(|id| observe('a', at(id), id));
                assert!(fired > 8800, "{body} {n}: {fired}");
            }
        }
    }
}

#[test]
fn a_full_table_gives_up_what_is_over_then_what_is_idle() {
    let body =
        "type: event_count; rules: [a]; group-by: [user]; timespan: 10s; lateness: 10s; condition: {gte: 2}";
    let rules = good(&[&correlation(body)]);
    let mut table = Table::new(100);
    let mut observe = |user: &str, at: i64, id: u64| {
        let event = Event::read(&format!("a@{at} user={user}"), id);
        let fired = table.observe(&rules, event.observations(&rules));
        (fired.len(), table.len(), table.evicted())
    };
    // One who keeps coming is not pushed out by many who come once.
    for n in 0..1000 {
        let (fired, len, evicted) = observe("busy", 0, n);
        assert_eq!(fired, usize::from(n > 0));
        let once = observe(&format!("once-{n}"), 0, n);
        assert!(once.1 <= 100 && len <= 100);
        assert_eq!(once.2, (n + 2).saturating_sub(100), "{n} {evicted}");
    }
    // What is over is no loss.
    for n in 0..100 {
        assert_eq!(observe(&format!("later-{n}"), 100, n), (0, 100, 901));
    }
}
