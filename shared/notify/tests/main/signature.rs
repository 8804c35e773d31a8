//! Slack's signature.

use domain::Time;
use notify::{
    proofs::{SIGNING_SECRET, Service},
    slack::{SignatureError, sign},
};
use serde_json::json;

/// Slack's own example ("Verifying requests from Slack"), made with [`SIGNING_SECRET`].
const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
const TAG: &str = "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
const AT: i64 = 1_531_420_618;

#[tokio::test]
async fn only_what_slack_signed_just_now_passes() {
    use SignatureError::{Malformed, Mismatch, OutOfTime};
    let slack = Service::start().await.slack(json!({}));
    let signed = format!("v0={TAG}");
    assert_eq!(sign(SIGNING_SECRET, "1531420618", BODY.as_bytes()), signed);
    let upper = format!("v0={}", TAG.to_uppercase());
    let short = format!("v0={}", &TAG[..62]);
    let other = format!("v1={TAG}");
    for (timestamp, signature, body, now, expected) in [
        ("1531420618", signed.as_str(), BODY, AT, Ok(TAG.to_owned())),
        ("1531420618", &signed, BODY, AT + 300, Ok(TAG.to_owned())),
        ("1531420618", &signed, BODY, AT - 300, Ok(TAG.to_owned())),
        ("1531420618", &upper, BODY, AT, Ok(TAG.to_owned())),
        ("1531420618", &signed, BODY, AT + 301, Err(OutOfTime { off_seconds: 301 })),
        ("1531420618", &signed, BODY, AT - 301, Err(OutOfTime { off_seconds: 301 })),
        ("1531420619", &signed, BODY, AT, Err(Mismatch)),
        ("01531420618", &signed, BODY, AT, Err(Mismatch)),
        ("1531420618", &signed, "token=other", AT, Err(Mismatch)),
        ("1531420618", &short, BODY, AT, Err(Mismatch)),
        ("1531420618", "v0=", BODY, AT, Err(Mismatch)),
        ("1531420618", &other, BODY, AT, Err(Malformed)),
        ("1531420618", "v0=zz", BODY, AT, Err(Malformed)),
        ("1531420618", "", BODY, AT, Err(Malformed)),
        ("", &signed, BODY, AT, Err(Malformed)),
        ("+1531420618", &signed, BODY, AT, Err(Malformed)),
        ("99999999999999999999", &signed, BODY, AT, Err(Malformed)),
    ] {
        let now = Time::from_millis(now * 1000);
        assert_eq!(
            slack.verify(timestamp, signature, body.as_bytes(), now),
            expected,
            "{timestamp} {signature}"
        );
    }
    let secret = notify::proofs::TOKEN;
    assert!(!format!("{slack:?}").contains(secret) && !format!("{slack:?}").contains(SIGNING_SECRET));
}
