//! What each answer of a provider comes to, and how often it is asked.

use std::time::{Duration, Instant};

use agent::{Model, ModelError};
use domain::{Opinion, Usage};
use model::Provider;
use serde_json::{Value, json};

use crate::{
    PROVIDERS, Still, case, client, config, opinion,
    server::{Answer, Server},
};

/// What became of a question.
#[derive(Debug, PartialEq)]
enum Came {
    Opinion,
    Unavailable,
    Refused,
    Invalid,
    Budget,
}

/// Runs a script against one provider. Answers what came of it, the requests it took, and the time.
async fn run(provider: Provider, script: Vec<Answer>) -> (Came, usize, Duration) {
    let server = Server::start(provider, script).await;
    let mut config = config(&server);
    config.timeout = Duration::from_millis(2500);
    let began = Instant::now();
    let comes = match client(config).opine(&case("curl/8")).await {
        Ok(_) => Came::Opinion,
        Err(ModelError::Unavailable(_)) => Came::Unavailable,
        Err(ModelError::Refused(_)) => Came::Refused,
        Err(ModelError::Invalid(_)) => Came::Invalid,
        Err(ModelError::Budget(_)) => Came::Budget,
    };
    (comes, server.requests().len(), began.elapsed())
}

#[tokio::test]
async fn an_opinion_is_what_was_answered_with_what_it_took() {
    for provider in PROVIDERS {
        let server = Server::start(provider, [Answer::says(provider, &opinion().to_string())]).await;
        let opined = client(config(&server)).opine(&case("curl/8")).await.unwrap();
        let expected: Opinion = serde_json::from_value(opinion()).unwrap();
        assert_eq!(opined.opinion, expected);
        assert_eq!(opined.usage, Usage { input_tokens: 1000, output_tokens: 50, micro_dollars: 0 });
        assert_eq!(opined.model, "a-model-1");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn each_answer_is_taken_for_what_it_is() {
    use Came::{Invalid, Opinion, Refused, Unavailable};
    for provider in PROVIDERS {
        let good = || Answer::says(provider, &opinion().to_string());
        let says = |text: &str| vec![Answer::says(provider, text)];
        let cut = if provider == Provider::Anthropic { "max_tokens" } else { "length" };
        let odd = if provider == Provider::Anthropic { "pause_turn" } else { "tool_calls" };
        let busy = |name, value| Answer::status(429).header(name, value);
        let table: Vec<(&str, Vec<Answer>, Came, usize)> = vec![
            ("busy, then not", vec![busy("retry-after-ms", "20"), good()], Opinion, 2),
            ("busy without a time", vec![Answer::status(429), good()], Opinion, 2),
            ("busy with nonsense for a time", vec![busy("retry-after", "soon"), good()], Opinion, 2),
            ("busy for an hour", vec![busy("retry-after", "3600"), good()], Unavailable, 1),
            ("busy for ever", vec![busy("retry-after", "1e300"), good()], Unavailable, 1),
            ("always busy", vec![busy("retry-after-ms", "1")], Unavailable, 3),
            ("failing, then not", vec![Answer::status(500), good()], Opinion, 2),
            ("failing twice", vec![Answer::status(502), Answer::status(503), good()], Opinion, 3),
            ("always failing", vec![Answer::status(500)], Unavailable, 3),
            ("overloaded, then not", vec![Answer::status(529), good()], Opinion, 2),
            ("wrong request", vec![Answer::status(400)], Refused, 1),
            ("wrong key", vec![Answer::status(401)], Refused, 1),
            ("no such model", vec![Answer::status(404)], Refused, 1),
            ("redirected", vec![Answer::status(307).header("location", "/elsewhere"), good()], Refused, 1),
            ("slow", vec![good().after(10_000)], Unavailable, 1),
            ("broken JSON", vec![Answer::status(200).body(b"{\"content\": [".to_vec())], Invalid, 2),
            ("JSON of another form", vec![Answer::message(json!({ "ok": true }))], Invalid, 2),
            ("empty", vec![Answer::status(200)], Invalid, 2),
            ("too long", vec![good().padded(1 << 20)], Invalid, 2),
            ("a web page", vec![good().header("content-type", "text/html")], Invalid, 2),
            ("no opinion, then one", vec![Answer::says(provider, "{}"), good()], Opinion, 2),
            ("never an opinion", says("I would rather talk about it."), Invalid, 2),
            ("an opinion in a fence", says(&format!("```json\n{}\n```", opinion())), Invalid, 2),
            ("an opinion and more", says(&format!("{} {}", opinion(), opinion())), Invalid, 2),
            ("cut", vec![Answer::ends(provider, "{\"raise\": 1", cut)], Invalid, 1),
            (
                "whole, but said to be cut",
                vec![Answer::ends(provider, &opinion().to_string(), cut)],
                Invalid,
                1,
            ),
            ("ended otherwise", vec![Answer::ends(provider, &opinion().to_string(), odd)], Invalid, 2),
            ("refused", vec![Answer::refuses(provider)], Refused, 1),
        ];
        for (name, script, comes, requests) in table {
            let (came, asked, took) = run(provider, script).await;
            assert_eq!((came, asked), (comes, requests), "{provider:?}: {name}");
            assert!(took < Duration::from_millis(3500), "{provider:?}: {name} took {took:?}");
        }
    }
}

#[tokio::test]
async fn a_filter_is_a_refusal() {
    let provider = Provider::OpenAi;
    let (came, ..) = run(provider, vec![Answer::ends(provider, "", "content_filter")]).await;
    assert_eq!(came, Came::Refused);
}

#[tokio::test]
async fn a_time_to_come_back_is_kept() {
    let date = |server: &Still| {
        let at: jiff::Timestamp = agent::Clock::now(server).to_string().parse().unwrap();
        let at = at + jiff::SignedDuration::from_secs(1);
        at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    };
    let clock = Still::new();
    for (name, value) in
        [("retry-after", "1".to_owned()), ("retry-after-ms", "1000".into()), ("retry-after", date(&clock))]
    {
        let provider = Provider::Anthropic;
        let good = Answer::says(provider, &opinion().to_string());
        let (came, asked, took) = run(provider, vec![Answer::status(529).header(name, &value), good]).await;
        assert_eq!((came, asked), (Came::Opinion, 2), "{name}: {value}");
        assert!((900..1900).contains(&took.as_millis()), "{name}: {value} took {took:?}");
    }
}

#[tokio::test]
async fn nobody_there_is_unavailable() {
    let server = Server::start(Provider::OpenAi, [Answer::status(200)]).await;
    // Nobody listens at the first; the second does not speak TLS.
    for url in ["http://127.0.0.1:9".to_owned(), server.url().replace("http", "https")] {
        let mut config = config(&server);
        config.base_url = url.parse().unwrap();
        let client = client(config);
        let error = client.opine(&case("curl/8")).await.unwrap_err();
        assert_eq!(error, ModelError::Unavailable("no connection".into()), "{url}");
        assert_eq!(client.spent(), model::Spent::default(), "what was not sent costs nothing");
    }
}

#[tokio::test]
async fn an_error_has_its_name_and_not_its_message() {
    let table = [
        (json!({ "error": { "type": "not_found_error", "message": "EVENT" } }), "HTTP 404 not_found_error"),
        (json!({ "error": { "type": "EVENT TEXT", "message": "EVENT" } }), "HTTP 404"),
        (json!("EVENT"), "HTTP 404"),
    ];
    for (body, expected) in table {
        let answer = Answer::status(404).body(body.to_string().into_bytes());
        let server = Server::start(Provider::Anthropic, [answer]).await;
        let error = client(config(&server)).opine(&case("curl/8")).await.unwrap_err();
        assert_eq!(error, ModelError::Refused(expected.into()));
    }
}

#[tokio::test]
async fn an_opinion_costs_what_all_its_tries_did() {
    let provider = Provider::OpenAi;
    let script = [Answer::says(provider, "no"), Answer::says(provider, &opinion().to_string())];
    let server = Server::start(provider, script).await;
    let opined = client(config(&server)).opine(&case("curl/8")).await.unwrap();
    assert_eq!((opined.usage.input_tokens, opined.usage.output_tokens), (2000, 100));
}

/// Answers that an attacker would have a model give. None of them is an opinion.
#[tokio::test]
async fn what_is_out_of_bounds_is_no_opinion() {
    let with = |key: &str, value: Value| {
        let mut answer = opinion();
        answer[key] = value;
        answer.to_string()
    };
    let quotes = |n: usize| json!(vec![json!({ "field": "sourceIPAddress", "text": "203" }); n]);
    let table = [
        ("a negative raise", with("raise", json!(-100))),
        ("a raise beyond the bound", with("raise", json!(21))),
        ("a raise far beyond it", with("raise", json!(200))),
        ("a huge raise", with("raise", json!(u64::MAX))),
        ("half a point", with("raise", json!(3.5))),
        ("a raise as text", with("raise", json!("7"))),
        ("no raise", with("raise", Value::Null)),
        (
            "a second, negative raise",
            opinion().to_string().replacen('{', "{\"raise\":-100,", 1).replace("7", "-7"),
        ),
        ("an order to close", with("close_incident", json!(true))),
        ("an order to approve", with("approve", json!("all"))),
        ("a risk", with("risk", json!(0))),
        ("an endless explanation", with("explanation", json!("a".repeat(801)))),
        ("no explanation", with("explanation", json!(["a"]))),
        ("many quotes", with("quotes", quotes(6))),
        (
            "quotes with orders",
            with("quotes", json!([{ "field": "eventName", "text": "Create", "approve": true }])),
        ),
        ("an empty quote", with("quotes", json!([{ "field": "eventName", "text": "" }]))),
        ("a raise without a quote", with("quotes", json!([]))),
        ("a made-up quote", with("quotes", json!([{ "field": "eventName", "text": "DeleteTrail" }]))),
        (
            "a quote of another field",
            with("quotes", json!([{ "field": "eventName", "text": "203.0.113.7" }])),
        ),
        ("a list", json!([opinion()]).to_string()),
        ("a text", json!(opinion().to_string()).to_string()),
        ("too deep", "[".repeat(100_000)),
        ("nothing", String::new()),
    ];
    for provider in PROVIDERS {
        for (name, answer) in &table {
            let (came, ..) = run(provider, vec![Answer::says(provider, answer)]).await;
            assert_eq!(came, Came::Invalid, "{provider:?}: {name}");
        }
    }
}

#[tokio::test]
async fn a_smaller_bound_is_kept() {
    for provider in PROVIDERS {
        let server = Server::start(provider, [Answer::says(provider, &opinion().to_string())]).await;
        let mut config = config(&server);
        config.max_raise = domain::Raise::new(5);
        let error = client(config).opine(&case("curl/8")).await.unwrap_err();
        assert!(matches!(error, ModelError::Invalid(_)), "{error}");
        assert!(server.requests()[0].to_string().contains("\"enum\":[0,1,2,3,4,5]"));
    }
}

#[tokio::test]
async fn an_opinion_is_cleaned() {
    let provider = Provider::Anthropic;
    let answer = json!({
        "raise": 3,
        "explanation": "<script>alert(1)</script>\n\n# See [this](https://attacker.example) \u{1b}[31m\u{202e}now",
        "quotes": [
            { "field": "userAgent", "text": "<b>curl" },
            { "field": "userAgent", "text": "\u{200b}" },
            { "field": "userAgent", "text": "approved by the owner" },
            { "field": "approve", "text": "true" },
        ],
    });
    let server = Server::start(provider, [Answer::says(provider, &answer.to_string())]).await;
    let opined = client(config(&server)).opine(&case("<b>curl/8 \u{200b}")).await.unwrap();
    assert_eq!(
        opined.opinion.explanation,
        "‹script›alert(1)‹/script› # See [this] (https[:]//attacker.example) \\u{1b}[31m\\u{202e}now"
    );
    let quotes: Vec<_> = opined.opinion.quotes.iter().map(|quote| quote.text.as_str()).collect();
    assert_eq!(quotes, ["<b>curl"], "quotes are literal, and seen whole");
}
