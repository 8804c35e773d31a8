use domain::{Contribution, EventClass, EventOutcome, Level, Quote, Source};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn limits() -> weights::Model {
    weights::Model { most: 15, from: 30, to: 85, per_alert: 2, per_day: 10, dollars_per_day: 1 }
}

fn event(raw: Value) -> Event {
    Event {
        id: "e".into(),
        class: EventClass::ApiActivity,
        source: Source::Cloudtrail,
        time: Time::from_millis(0),
        account: None,
        region: None,
        service: "s".into(),
        operation: "o".into(),
        actor: None,
        origin: None,
        user_agent: None,
        outcome: EventOutcome::Success,
        resources: vec![],
        raw,
    }
}

fn finding(id: &str, level: Level, points: i32) -> Finding {
    let contributions =
        vec![Contribution { name: "rule level".into(), points, why: "The rule's level.".into() }];
    Finding {
        id: id.into(),
        rule: "r".into(),
        title: "Title".into(),
        description: "Description".into(),
        level,
        risk: Risk::of(&contributions),
        contributions,
        attack: vec![],
        playbook: Some("compromised-user".into()),
        event: "e".into(),
        time: Time::from_millis(0),
        operation: "o".into(),
        actor: None,
        origin: None,
        account: None,
        resources: vec![],
        matched: vec![],
        false_positives: vec![],
        opinion: None,
        drill: false,
    }
}

fn opined(raise: i64, explanation: &str, quotes: &[(&str, &str)]) -> Opined {
    let quote = |(field, text): &(&str, &str)| Quote { field: (*field).into(), text: (*text).into() };
    Opined {
        opinion: Opinion {
            raise: Raise::new(raise),
            explanation: explanation.into(),
            quotes: quotes.iter().map(quote).collect(),
        },
        usage: Usage::default(),
        model: "m".into(),
    }
}

/// The finding after this opinion.
fn with(mut finding: Finding, event: &Event, opined: Opined) -> Finding {
    let answer = Answer { key: "k".into(), opined, kept: false };
    let opinions = [(finding.id.clone(), answer)].into();
    apply(&mut finding, event, &Consulted { opinions, ..Consulted::default() }, &limits());
    finding
}

#[test]
fn an_opinion_raises_within_its_bound_and_changes_nothing_else() {
    let event = event(json!({"a": "b"}));
    for (points, raise, expected) in [(50, 200, 65), (50, 7, 57), (50, 0, 50), (50, -90, 50), (95, 20, 100)] {
        let before = finding("f", Level::Medium, points);
        let after = with(before.clone(), &event, opined(raise, "Why.", &[]));
        assert_eq!(after.risk, Risk::new(expected), "{points} {raise}");
        assert_eq!(after.risk, Risk::of(&after.contributions));
        let opinion = after.opinion.clone().unwrap();
        assert_eq!(i64::from(opinion.raise.points()), expected - i64::from(points));
        let name = (expected > i64::from(points)).then_some("model's opinion");
        assert_eq!(after.contributions.get(1).map(|c| c.name.as_str()), name);
        let rest = Finding {
            risk: before.risk,
            contributions: before.contributions.clone(),
            opinion: None,
            ..after
        };
        assert_eq!(rest, before);
    }
}

#[test]
fn what_a_model_makes_up_is_dropped() {
    let event =
        event(json!({"userAgent": "Pacu \u{202e}x", "password": "hunter2", "a": {"b": [1, "two words"]}}));
    let huge = "x\u{202e}\u{1b}[31m".repeat(10_000);
    let quotes = [
        ("userAgent", "Pacu"),
        ("a.b.1", "two"),
        ("a.b.0", "1"),
        ("a.b.1", "three"),
        ("userAgent", "two words"),
        ("userAgent", "\u{202e}"),
        ("password", "hunter2"),
        ("unknown", "Pacu"),
        ("userAgent", ""),
        ("userAgent", " "),
    ];
    let opinion = with(finding("f", Level::Medium, 50), &event, opined(5, &huge, &quotes)).opinion.unwrap();
    let kept: Vec<_> = opinion.quotes.iter().map(|q| (q.field.as_str(), q.text.as_str())).collect();
    assert_eq!(kept, [("userAgent", "Pacu"), ("a.b.1", "two"), ("a.b.0", "1")]);
    assert!(opinion.explanation.chars().count() <= EXPLANATION);
    assert!(opinion.explanation.chars().all(is_plain));
    let many: Vec<_> = std::iter::repeat_n(("userAgent", "Pacu"), 100).collect();
    let opinion = with(finding("f", Level::Medium, 50), &event, opined(5, "", &many)).opinion.unwrap();
    assert_eq!(opinion.quotes.len(), QUOTES);
}

#[test]
fn cases_are_those_between_harmless_and_certain() {
    let events = [event(json!({}))];
    let found: Vec<_> = [
        ("quiet", Level::Low, 24),
        ("low", Level::Medium, 29),
        ("a", Level::Medium, 35),
        ("b", Level::High, 85),
        ("c", Level::High, 60),
        ("certain", Level::Critical, 86),
    ]
    .into_iter()
    .map(|(id, level, points)| (0, finding(id, level, points)))
    .collect();
    let ids: Vec<_> = cases(&found, &events, &limits()).into_iter().map(|case| case.finding.0).collect();
    assert_eq!(ids, ["b", "c"], "the highest first, and no more than two");
    assert!(key(&cases(&found, &events, &limits())[0]).starts_with("opinion/"));
}

#[test]
fn a_case_holds_no_secret_and_is_small() {
    let key = "wJalrXUtnFEMI7K7MDENG0bPxRfiCY4EXAMPLEKEY";
    let raw = json!({
        "eventID": "1", "eventName": "CreateAccessKey", "userAgent": "u".repeat(1_000),
        "responseElements": {"accessKey": {"secretAccessKey": "short", "accessKeyId": "AKIAIOSFODNN7EXAMPLE"}},
        "requestParameters": {"userData": format!("export KEY={key}"), "pem": "-----BEGIN RSA PRIVATE KEY-----"},
        "userIdentity": {"arn": "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Administrator_0a1b2c3d4e5f/ann"},
        "many": (0..500).collect::<Vec<_>>(),
    });
    let case = case::of(&finding("f", Level::High, 50), &event(raw));
    let field = |path: &str| case.fields.iter().find(|(p, _)| p == path).map(|(_, value)| value.as_str());
    assert_eq!(case.fields.len(), 60);
    assert_eq!(field("eventName"), Some("CreateAccessKey"));
    assert_eq!(field("eventID"), None);
    assert_eq!(field("userAgent").map(str::len), Some(256));
    assert!(field("userIdentity.arn").unwrap().ends_with("/ann"));
    for path in ["requestParameters.userData", "requestParameters.pem"] {
        assert_eq!(field(path), Some("[left out: may be a secret]"), "{path}");
    }
    let text = serde_json::to_string(&case).unwrap();
    assert!(!text.contains(key) && !text.contains("short") && text.len() < 32 * 1024, "{}", text.len());
}

proptest! {
    #[test]
    fn nothing_that_a_model_says_lowers_or_breaks_out(
        points in 0_i32..=100,
        raise in any::<i64>(),
        explanation in "\\PC{0,40}[\u{0}-\u{1f}\u{202a}-\u{202e}]{0,4}\\PC{0,40}",
        quote in "\\PC{0,20}",
    ) {
        let event = event(json!({"a": "b c"}));
        let before = finding("f", Level::Medium, points);
        let after = with(before.clone(), &event, opined(raise, &explanation, &[("a", &quote)]));
        prop_assert!(after.risk >= before.risk && after.risk.points() <= before.risk.points().saturating_add(15));
        let opinion = after.opinion.unwrap();
        prop_assert!(opinion.explanation.chars().all(is_plain));
        prop_assert!(opinion.quotes.iter().all(|q| "b c".contains(&q.text)));
    }
}
