//! What an attacker writes into an event: how it is shown to a model, and what becomes of a model that obeys.

use agent::Model;
use domain::{Case, Opined, Raise};
use model::{Provider, proofs, visible};
use serde_json::{Value, json};

use crate::{
    PROVIDERS, case, case_with, client, config,
    server::{Answer, Server},
};

/// A request, taken apart.
struct Shown {
    system: String,
    fence: String,
    data: Vec<Value>,
    after: String,
    user: String,
}

impl Shown {
    fn of(provider: Provider, request: &Value) -> Self {
        let (system, user) = match provider {
            Provider::Anthropic => (&request["system"], &request["messages"][0]["content"]),
            Provider::OpenAi => (&request["messages"][0]["content"], &request["messages"][1]["content"]),
        };
        let (system, user) = (system.as_str().unwrap().to_owned(), user.as_str().unwrap().to_owned());
        let (fence, rest) = user.split_once('\n').unwrap();
        let (data, after) = rest.split_once(&format!("\n{fence}\n")).unwrap();
        Self {
            fence: fence.to_owned(),
            data: data.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
            after: after.to_owned(),
            system,
            user,
        }
    }

    /// The task, whatever the fence is.
    fn task(&self) -> String {
        self.system.replace(&self.fence, "FENCE")
    }
}

/// Every place of a case that an attacker may have written to.
fn cases(field: &str, text: &str) -> Vec<Case> {
    let mut everywhere = case_with(text, text);
    everywhere.title = text.into();
    everywhere.description = text.into();
    everywhere.contributions[0].name = text.into();
    everywhere.contributions[0].why = text.into();
    vec![case_with(field, text), everywhere]
}

#[test]
fn the_list_is_long_and_each_entry_has_a_name() {
    let list = proofs::injections();
    let mut names: Vec<_> = list.iter().map(|injection| injection.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() == list.len() && list.len() >= 40, "{}", list.len());
}

#[tokio::test]
async fn what_an_attacker_wrote_stays_between_the_fences() {
    for provider in PROVIDERS {
        let answer = json!({ "raise": 0, "explanation": "", "quotes": [] }).to_string();
        let server = Server::start(provider, [Answer::says(provider, &answer)]).await;
        let client = client(config(&server));
        client.opine(&case("curl/8")).await.unwrap();
        let plain = Shown::of(provider, &server.requests()[0]);

        let mut fences = vec![plain.fence.clone()];
        for injection in proofs::injections() {
            for case in cases(&injection.field, &injection.payload()) {
                client.opine(&case).await.unwrap();
                // The server has checked that the request keeps to the provider's form.
                let request = server.requests().pop().unwrap();
                let shown = Shown::of(provider, &request);
                let name = format!("{provider:?}: {}", injection.name);

                assert_eq!(shown.task(), plain.task(), "{name}: the task is the same");
                assert_eq!(shown.after, plain.after, "{name}: nothing follows the data but the question");
                let mut settings = request.clone();
                settings["messages"] = Value::Null;
                settings["system"] = Value::Null;
                let mut usual = server.requests()[0].clone();
                usual["messages"] = Value::Null;
                usual["system"] = Value::Null;
                assert_eq!(settings, usual, "{name}: the rest of the request is the same");

                assert!(
                    shown.fence.len() == 32 && shown.fence.bytes().all(|b| b.is_ascii_hexdigit()),
                    "{name}"
                );
                assert_eq!(shown.user.matches(&shown.fence).count(), 2, "{name}: two fences");
                assert_eq!(shown.system.matches(&shown.fence).count(), 2, "{name}: named twice");
                assert!(shown.user.len() < 20_000, "{name}: {} bytes", shown.user.len());
                for line in shown.user.lines() {
                    assert_eq!(visible(line), line, "{name}: nothing hidden");
                }

                let (field, value) = case.fields.last().unwrap();
                let cut = |text: &str, limit| match text.char_indices().nth(limit) {
                    Some((end, _)) => visible(&text[..end]) + "…",
                    None => visible(text),
                };
                let expected = json!({ "field": cut(field, 128), "value": cut(value, 256) });
                let is_left_out = shown.data.iter().any(|line| line.get("left_out").is_some());
                assert!(is_left_out || shown.data.contains(&expected), "{name}: {expected}");
                for line in &shown.data {
                    let keys: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
                    let known: [&[&str]; 4] = [
                        &["description", "finding", "level", "risk"],
                        &["contribution", "points", "why"],
                        &["field", "value"],
                        &["left_out"],
                    ];
                    assert!(known.contains(&keys.as_slice()), "{name}: {keys:?}");
                }
                fences.push(shown.fence);
            }
        }
        let asked = fences.len();
        fences.sort_unstable();
        fences.dedup();
        assert_eq!(fences.len(), asked, "each request has a fence of its own");
    }
}

/// What a model answers that does what the payload says, and whether any of it may count: what is below zero, beyond the
/// bound, without a literal quote, with other keys, or no JSON is refused as a whole.
fn obedient(field: &str, payload: &str) -> Vec<(bool, String)> {
    let payload: String = payload.chars().take(200).collect();
    let answer = |raise: i64, explanation: &str, quote: &str| {
        let quotes = json!([{ "field": field, "text": quote }]);
        json!({ "raise": raise, "explanation": explanation, "quotes": quotes })
    };
    let mut orders = answer(0, &payload, &payload);
    orders["close_incident"] = json!(true);
    orders["approve"] = json!("all");
    vec![
        (false, answer(-100, &payload, &payload).to_string()),
        (false, answer(200, &payload, &payload).to_string()),
        (false, answer(20, &payload, "approved by the owner").to_string()),
        (false, orders.to_string()),
        (true, answer(20, &format!("<b>{payload}</b>"), &payload).to_string()),
        (true, answer(0, &payload, "approved by the owner").to_string()),
        (false, payload),
    ]
}

#[tokio::test]
async fn a_model_that_obeys_has_no_say() {
    for provider in PROVIDERS {
        let server = Server::start(provider, [Answer::status(400)]).await;
        let mut config = config(&server);
        config.daily_tokens = u64::MAX;
        let client = client(config);
        for injection in proofs::injections() {
            let payload = injection.payload();
            let mut case = case_with(&injection.field, &payload);
            for (place, (may_count, answer)) in obedient(&injection.field, &payload).into_iter().enumerate() {
                server.script([Answer::says(provider, &answer)]);
                // Another case each time, or its opinion would be known.
                case.title = format!("{}, {place}", injection.name);
                let name = format!("{provider:?}: {}: {answer}", injection.name);
                match client.opine(&case).await {
                    Ok(opined) if may_count => check(&case, &opined, &name),
                    Ok(opined) => panic!("{name}: {opined:?}"),
                    Err(error) => assert!(matches!(error, agent::ModelError::Invalid(_)), "{name}: {error}"),
                }
            }
        }
        server.requests();
    }
}

fn check(case: &Case, opined: &Opined, name: &str) {
    let opinion = &opined.opinion;
    assert!(opinion.raise <= Raise::MAX, "{name}");
    let explanation = &opinion.explanation;
    assert_eq!(&visible(explanation), explanation, "{name}: nothing hidden");
    for markup in ["<", ">", "](", "://"] {
        assert!(!explanation.contains(markup), "{name}: {explanation}");
    }
    assert!(explanation.len() < 10_000 && opinion.quotes.len() <= 5, "{name}");
    assert!(opinion.raise == Raise::default() || !opinion.quotes.is_empty(), "{name}: a raise has a quote");
    for quote in &opinion.quotes {
        let (_, value) = case.fields.iter().find(|(field, _)| *field == quote.field).unwrap();
        assert!(value.contains(&quote.text) && visible(&quote.text) == quote.text, "{name}: {quote:?}");
    }
}
