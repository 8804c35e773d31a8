use agent::{State, Write};
use domain::{EventClass, Principal};
use proptest::prelude::*;
use serde_json::json;

use super::*;

/// 2026-01-01T00:00:00Z.
const BEGIN: i64 = 1_767_225_600_000;

/// An event by ann, so many hours after the beginning.
fn act(hours: i64, operation: &str, origin: &str) -> Event {
    Event {
        id: format!("{hours} {operation}").into(),
        class: EventClass::ApiActivity,
        source: Source::Cloudtrail,
        time: Time::from_millis(BEGIN + hours * 3_600_000),
        account: None,
        region: Some("eu-west-1".into()),
        service: "iam.amazonaws.com".into(),
        operation: operation.into(),
        actor: Some(Principal {
            kind: PrincipalKind::User,
            arn: "arn:aws:iam::999988887777:user/ann".into(),
            name: "ann".into(),
            account: None,
            session: None,
            access_key: None,
        }),
        origin: Some(origin.into()),
        user_agent: Some("[aws-cli/2.27.41 md/awscrt#0.26]".into()),
        outcome: EventOutcome::Success,
        resources: vec![],
        raw: json!({}),
    }
}

/// What is new in these events after what is remembered, and what is remembered then.
fn after(states: &[State], events: &[Event], now: Time) -> (Vec<Option<Novel>>, Vec<State>) {
    let mut memory = Memory::new(states);
    let novel = fold(events, &mut memory, now);
    let written = memory.writes().map(|write| match write {
        Write::State(state) => state,
        other => panic!("{other:?}"),
    });
    (novel, written.collect())
}

fn now(hours: i64) -> Time {
    Time::from_millis(BEGIN + hours * 3_600_000)
}

/// A principal that has done the same thing for twenty days.
fn learned() -> Vec<State> {
    let events: Vec<Event> = (0..480).map(|hour| act(hour, "ListUsers", "198.51.100.7")).collect();
    after(&[], &events, now(480)).1
}

fn why(states: &[State], event: Event) -> Option<String> {
    let at = event.time;
    after(states, &[event], at).0.remove(0).and_then(|novel| novel.why())
}

#[test]
fn what_was_never_seen_is_named() {
    let known = learned();
    let origin = "198.51.7.7";
    for (event, expected) in [
        (act(720, "ListUsers", origin), None),
        (act(720, "CreateAccessKey", origin), Some("first use of iam:CreateAccessKey by ann in 30 days.")),
        (act(720, "ListUsers", "203.0.113.7"), Some("first seen from 203.0.0.0/16 by ann in 30 days.")),
        (act(720, "ListUsers", "2001:db8:1::1"), Some("first seen from 2001:db8::/32 by ann in 30 days.")),
        (
            act(720, "ListUsers", "cloudformation.amazonaws.com"),
            Some("first seen from cloudformation.amazonaws.com by ann in 30 days."),
        ),
        (
            Event { region: Some("ap-east-1".into()), ..act(720, "ListUsers", origin) },
            Some("first use of region ap-east-1 by ann in 30 days."),
        ),
        (Event { user_agent: Some("aws-cli/3.0".into()), ..act(720, "ListUsers", origin) }, None),
        (
            Event { user_agent: Some("Pacu".into()), ..act(720, "PutUserPolicy", origin) },
            Some("first use of iam:PutUserPolicy, first use of client pacu by ann in 30 days."),
        ),
    ] {
        assert_eq!(why(&known, event.clone()).as_deref(), expected, "{event:?}");
    }
}

#[test]
fn nothing_is_new_while_learning() {
    let often: Vec<Event> = (0..200).map(|_| act(1, "ListUsers", "198.51.100.7")).collect();
    let long: Vec<Event> = (0..50).map(|day| act(day * 24, "ListUsers", "198.51.100.7")).collect();
    for (events, hours) in [(often, 24 * 13), (long, 24 * 60)] {
        let (novel, states) = after(&[], &events, now(hours));
        assert!(novel.iter().all(Option::is_none));
        assert_eq!(why(&states, act(hours, "CreateAccessKey", "203.0.113.7")), None);
    }
}

#[test]
fn what_was_seen_is_known_from_then_on() {
    let twice = [act(720, "CreateAccessKey", "198.51.100.7"), act(719, "CreateAccessKey", "198.51.100.7")];
    let (novel, _) = after(&learned(), &twice, now(720));
    let whys: Vec<bool> =
        novel.iter().map(|novel| novel.as_ref().is_some_and(|n| n.why().is_some())).collect();
    assert_eq!(whys, [false, true], "the earlier one was first, wherever it stands");
}

#[test]
fn knocking_makes_nothing_usual() {
    let refused = Event {
        outcome: EventOutcome::Failure("AccessDenied".into()),
        ..act(720, "CreateAccessKey", "203.0.113.7")
    };
    let (novel, written) = after(&learned(), &vec![refused.clone(); 300], now(720));
    assert!(novel.iter().all(|novel| novel.as_ref().is_some_and(|n| n.why().is_some())));
    assert_eq!(written, [], "nothing was learned");
    assert_eq!(after(&[], &vec![refused; 300], now(720)).1, [], "nor does it begin a baseline");
}

/// Whoever may act a lot can fill a baseline, and it stays small; then it says that it cannot tell any more.
#[test]
fn a_baseline_is_bounded_and_says_when_it_is_full() {
    let flood: Vec<Event> = (0..5_000)
        .map(|n| Event {
            region: Some(format!("region {n}")),
            user_agent: Some(format!("agent{n}/1")),
            ..act(n % 700, &format!("Operation{n}"), &format!("{}.{}.0.1", 11 + n / 250, n % 250))
        })
        .collect();
    let (_, states) = after(&learned(), &flood, now(720));
    let [state] = states.as_slice() else { panic!("{states:?}") };
    assert!(state.value.to_string().len() <= 8 * 1024, "{}", state.value.to_string().len());
    let novel = after(&states, &[act(721, "CreateAccessKey", "203.0.113.7")], now(721)).0.remove(0).unwrap();
    let weights = weights::Novelty { api: 6, network: 5, region: 4, agent: 3, most: 10 };
    assert_eq!(novel.points(&weights), 0);
    assert_eq!(novel.why().unwrap(), "Not known for operations, networks: ann has used too many to tell.");
}

#[test]
fn points_are_capped() {
    let event = Event {
        region: Some("ap-east-1".into()),
        user_agent: Some("Pacu".into()),
        ..act(720, "CreateAccessKey", "203.0.113.7")
    };
    let novel = after(&learned(), &[event], now(720)).0.remove(0).unwrap();
    let weights = weights::Novelty { api: 6, network: 5, region: 4, agent: 3, most: 10 };
    assert_eq!(novel.points(&weights), 10);
    assert_eq!(novel.points(&weights::Novelty { most: 100, ..weights }), 18);
}

#[test]
fn a_baseline_is_written_only_if_it_changed_or_grows_old() {
    let known = learned();
    let same = |hours| after(&known, &[act(hours, "ListUsers", "198.51.100.7")], now(hours)).1;
    assert_eq!(same(481), []);
    let renewed = same(480 + 8 * 24);
    assert_eq!((renewed.len(), renewed[0].version), (1, 2));
    assert_eq!(renewed[0].expires, now(480 + 8 * 24).plus_seconds(REMEMBERED_SECONDS));
}

#[test]
fn only_identities_in_cloudtrail_have_a_baseline() {
    let of = |kind| {
        let mut event = act(1, "o", "198.51.100.7");
        event.actor.as_mut().unwrap().kind = kind;
        key(&event)
    };
    for kind in [PrincipalKind::Root, PrincipalKind::User, PrincipalKind::Role, PrincipalKind::Federated] {
        assert_eq!(of(kind).as_deref(), Some("baseline/arn:aws:iam::999988887777:user/ann"));
    }
    for kind in
        [PrincipalKind::Service, PrincipalKind::Account, PrincipalKind::Kubernetes, PrincipalKind::Unknown]
    {
        assert_eq!(of(kind), None, "{kind:?}");
    }
    assert_eq!(key(&Event { source: Source::Guardduty, ..act(1, "o", "198.51.100.7") }), None);
    let mut long = act(1, "o", "198.51.100.7");
    long.actor.as_mut().unwrap().arn = "a".repeat(2_000);
    assert_eq!(key(&long), None);
}

/// A state that another version wrote, or that somebody bent, begins anew, one version on.
#[test]
fn what_cannot_be_read_is_learned_anew() {
    let bent = State {
        key: "baseline/arn:aws:iam::999988887777:user/ann".into(),
        version: 7,
        value: json!({"api": "all"}),
        expires: now(9_999),
    };
    let (novel, written) = after(&[bent], &[act(720, "ListUsers", "198.51.100.7")], now(720));
    assert_eq!((novel, written[0].version), (vec![None], 8));
}

proptest! {
    #[test]
    fn order_of_delivery_does_not_matter(
        operations in prop::collection::vec((0_i64..1_000, 0_u8..20), 1..200),
        cut in any::<prop::sample::Index>(),
    ) {
        let events: Vec<Event> =
            operations.iter().map(|(hour, n)| act(*hour, &format!("O{n}"), "198.51.100.7")).collect();
        let mut turned = events.clone();
        turned.rotate_left(cut.index(events.len()));
        let values = |events: &[Event]| -> Vec<_> {
            after(&[], events, now(1_000)).1.into_iter().map(|state| state.value).collect()
        };
        prop_assert_eq!(values(&events), values(&turned));
    }
}
