use domain::{EventClass, EventOutcome, Source};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const LIST: &str = "
# A remark.
198.51.100.0/24   scans for open databases
198.51.100.64/26  level=high  # the worst of them
2001:db8:bad::/48
Evil.Example.     until=2026-01-31  serves the second stage
*.wild.example
44D88612FEA8A8F36DE82E1278ABB02F  EICAR
275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f
";

fn load(text: &str) -> (Indicators, Vec<IndicatorError>) {
    Indicators::load(&[("iocs.txt".into(), text.into())])
}

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

#[test]
fn indicators_are_found_in_any_spelling() {
    let (indicators, errors) = load(LIST);
    assert_eq!((errors, indicators.len()), (vec![], 7));
    let january = at("2026-01-31T23:59:59Z");
    for (text, expected) in [
        ("198.51.100.7", Some("198.51.100.0/24")),
        ("198.51.100.65", Some("198.51.100.64/26")),
        ("::ffff:198.51.100.7", Some("198.51.100.0/24")),
        ("198.51.101.7", None),
        ("2001:DB8:BAD:1::7", Some("2001:db8:bad::/48")),
        ("2001:db8:bae::7", None),
        ("evil.example", Some("evil.example.")),
        ("A.B.EVIL.example.", Some("evil.example.")),
        ("notevil.example", None),
        ("evil.example.org", None),
        ("x.wild.example", Some("*.wild.example")),
        ("44d88612fea8a8f36de82e1278abb02F", Some("44d88612fea8a8f36de82e1278abb02f")),
        (
            "275A021BBFB6489E54D471899F7DB9D1663FC695EC2FE2A2C4538AABF651FD0F",
            Some("275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"),
        ),
        ("example", None),
        ("", None),
    ] {
        assert_eq!(indicators.text(text, january).map(|e| e.value.as_str()), expected, "{text}");
    }
    let high = indicators.text("198.51.100.65", january).unwrap();
    assert_eq!(
        (high.level, high.note.as_str(), high.place.as_str()),
        (Level::High, "the worst of them", "iocs.txt:4")
    );
    assert!(indicators.text("evil.example", at("2026-02-01T00:00:00Z")).is_none(), "the day after the last");
}

#[test]
fn lines_that_cannot_be_read_are_refused_alone() {
    for (line, reason) in [
        ("10.1.2.0/24", "private or reserved"),
        ("192.168.1.1", "private or reserved"),
        ("172.16.0.0/15", "private or reserved"),
        ("100.64.1.1", "private or reserved"),
        ("169.254.169.254", "private or reserved"),
        ("::ffff:10.0.0.1", "private or reserved"),
        ("fd00::1", "private or reserved"),
        ("fe80::/10", "private or reserved"),
        ("::1", "private or reserved"),
        ("0.0.0.0/0", "too wide"),
        ("::/0", "too wide"),
        ("198.51.100.0/33", "no address"),
        ("198.51.100", "no address"),
        ("com", "top-level domain"),
        ("amazonaws.com", "AWS's own"),
        ("ip-10-0-0-1.ec2.internal", "AWS's own or private"),
        ("bücher.example", "no address"),
        ("evil..example", "no address"),
        ("abcdef", "top-level domain"),
        ("evil.example level=awful", "a level is"),
        ("evil.example until=soon", "a day is"),
    ] {
        let (indicators, errors) = load(&format!("good.example\n{line}\n203.0.113.7"));
        assert_eq!(indicators.len(), 2, "{line}");
        let [error] = errors.as_slice() else { panic!("{line}: {errors:?}") };
        assert!(error.line == 2 && error.reason.contains(reason), "{error}");
    }
    let (_, errors) = load(&"x".repeat(2_000));
    assert!(errors[0].reason.contains("at most"));
}

fn event(source: Source, origin: Option<&str>, raw: Value) -> Event {
    Event {
        id: "e".into(),
        class: EventClass::ApiActivity,
        source,
        time: at("2026-01-06T00:00:00Z"),
        account: None,
        region: None,
        service: "s".into(),
        operation: "o".into(),
        actor: None,
        origin: origin.map(str::to_owned),
        user_agent: None,
        outcome: EventOutcome::Success,
        resources: vec![],
        raw,
    }
}

#[test]
fn ends_are_met_and_all_else_is_mentioned() {
    let (indicators, _) = load(LIST);
    for (event, met, mentioned) in [
        (event(Source::Cloudtrail, Some("198.51.100.7"), json!({})), true, 1),
        (
            event(
                Source::Cloudtrail,
                Some("203.0.113.7"),
                json!({"a": ["see https://x.evil.example:8443/y"]}),
            ),
            false,
            1,
        ),
        (
            event(Source::Cloudtrail, None, json!({"a": {"b": "198.51.100.7:22 and 198.51.100.65."}})),
            false,
            2,
        ),
        (
            event(Source::Cloudtrail, None, json!({"a": {"md5": "44d88612fea8a8f36de82e1278abb02f"}})),
            false,
            1,
        ),
        (event(Source::VpcFlow, None, json!({"srcaddr": "10.0.0.1", "dstaddr": "198.51.100.7"})), true, 1),
        (event(Source::Cloudtrail, None, json!({"dstaddr": "198.51.100.7"})), false, 1),
        (event(Source::Cloudtrail, None, json!({"evil.example": 1, "a": 198.51})), false, 0),
    ] {
        assert_eq!(indicators.met(&event).is_some(), met, "{}", event.raw);
        assert_eq!(indicators.mentioned(&event).len(), mentioned, "{}", event.raw);
    }
}

/// A record that is built to hide something behind a lot is searched only so far, and one long text hides nothing.
#[test]
fn looking_is_bounded() {
    let (indicators, _) = load(LIST);
    let long = json!({"a": "x ".repeat(1_000_000), "b": "evil.example"});
    assert_eq!(indicators.mentioned(&event(Source::Cloudtrail, None, long)).len(), 1);
    let wide = Value::Array((0..100_000).map(|n| json!(format!("w{n}.example"))).collect());
    assert!(mention::words(&wide).count() < 10_000);
}

proptest! {
    #[test]
    fn nothing_that_is_given_panics(line in "\\PC{0,80}", text in "\\PC{0,80}") {
        let (indicators, _) = load(&line);
        let _ = indicators.text(&text, at("2026-01-06T00:00:00Z"));
        let _ = indicators.mentioned(&event(Source::Cloudtrail, Some(&text), json!({"a": line})));
    }

    #[test]
    fn an_address_is_in_the_range_that_it_was_taken_from(bits in 0x0b00_0000_u32..0x6000_0000, prefix in 8_u8..=32) {
        let address = std::net::Ipv4Addr::from(bits);
        let (indicators, errors) = load(&format!("{address}/{prefix}"));
        prop_assume!(errors.is_empty());
        prop_assert!(indicators.address(address.into(), at("2026-01-06T00:00:00Z")).is_some());
        let outside = std::net::Ipv4Addr::from(bits ^ (1 << (32 - u32::from(prefix)).min(31)));
        prop_assume!(prefix > 1 && outside != address);
        prop_assert!(indicators.address(outside.into(), at("2026-01-06T00:00:00Z")).is_none());
    }
}
