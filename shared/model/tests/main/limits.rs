//! Money, time, and a provider's patience.

use std::{sync::Arc, time::Duration};

use agent::{Model, ModelError};
use domain::{Opined, Usage};
use model::{Client, Config, Prices, Provider, Spent};
use tokio::task::JoinSet;

use crate::{
    Still, case, client, config, opinion,
    server::{Answer, Server},
};

const PROVIDER: Provider = Provider::Anthropic;

async fn start(answer: Answer) -> (Server, Config) {
    let server = Server::start(PROVIDER, [answer]).await;
    let config = config(&server);
    (server, config)
}

fn good() -> Answer {
    Answer::says(PROVIDER, &opinion().to_string())
}

/// Asks about so many cases at a time.
async fn ask_at_once(client: Client, cases: Vec<String>) -> Vec<Result<Opined, ModelError>> {
    let client = Arc::new(client);
    let mut asked = JoinSet::new();
    for text in cases {
        let client = client.clone();
        asked.spawn(async move { client.opine(&case(&text)).await });
    }
    asked.join_all().await
}

#[tokio::test]
async fn a_days_tokens_are_kept_to() {
    let (server, mut config) = start(good()).await;
    // Each takes 1050; before it is sent it could take 128 and a few thousand bytes.
    config.max_output_tokens = 128;
    config.daily_tokens = 5000;
    let clock = Still::new();
    let client = Client::new(config, clock.clone()).unwrap();
    let mut answered = 0;
    let error = loop {
        match client.opine(&case(&format!("curl/{answered}"))).await {
            Ok(_) => answered += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, ModelError::Budget(_)), "{error}");
    assert_eq!(client.spent(), Spent { tokens: 1050 * answered, micro_dollars: 0 });
    assert!((2..=4).contains(&answered), "{answered}");
    assert_eq!(server.requests().len() as u64, answered, "nothing is sent without budget");

    clock.pass(-24 * 60 * 60);
    assert!(client.opine(&case("a clock set back")).await.is_err());
    clock.pass(2 * 24 * 60 * 60);
    client.opine(&case("the next day")).await.unwrap();
    assert_eq!(client.spent().tokens, 1050);
}

#[tokio::test]
async fn a_days_money_is_kept_to() {
    let (server, mut config) = start(good()).await;
    config.prices = Some(Prices { input: 3_000_000, output: 15_000_000 });
    config.daily_micro_dollars = Some(40_000);
    config.max_output_tokens = 1000;
    let client = client(config);
    let opined = client.opine(&case("first")).await.unwrap();
    let cost = 1000 * 3 + 50 * 15;
    assert_eq!(opined.usage, Usage { input_tokens: 1000, output_tokens: 50, micro_dollars: cost });
    assert_eq!(client.spent(), Spent { tokens: 1050, micro_dollars: cost });
    let mut answered = 1;
    while client.opine(&case(&format!("curl/{answered}"))).await.is_ok() {
        answered += 1;
    }
    assert_eq!(client.spent().micro_dollars, cost * answered);
    assert!(cost * answered <= 40_000 && answered > 3, "{answered}");
    assert_eq!(server.requests().len() as u64, answered);
}

#[tokio::test]
async fn questions_at_one_time_cannot_overdraw() {
    let (server, mut config) = start(good().after(50)).await;
    config.concurrency = 64;
    config.max_output_tokens = 1000;
    config.daily_tokens = 10_000;
    let answers = ask_at_once(client(config), (0..40).map(|n| format!("curl/{n}")).collect()).await;
    let refused = answers.iter().filter(|a| matches!(a, Err(ModelError::Budget(_)))).count();
    // Whoever is sent has its worst case reserved, which is above 1000.
    assert!(server.requests().len() < 10 && refused > 30, "{refused}");
}

#[tokio::test]
async fn what_was_refused_is_free_and_what_nobody_knows_is_spent() {
    let (_server, config_500) = start(Answer::status(500)).await;
    let failing = client(config_500);
    failing.opine(&case("a")).await.unwrap_err();
    assert_eq!(failing.spent(), Spent::default());

    let (_server, mut config) = start(good().after(5000)).await;
    config.timeout = Duration::from_millis(100);
    config.max_output_tokens = 1000;
    let slow = client(config);
    slow.opine(&case("a")).await.unwrap_err();
    assert!(slow.spent().tokens > 1000, "the provider may have done the work");

    let (_server, config) = start(Answer::refuses(PROVIDER)).await;
    let refusing = client(config);
    refusing.opine(&case("a")).await.unwrap_err();
    assert_eq!(refusing.spent().tokens, 1050, "a refusal is paid for");
}

#[tokio::test]
async fn who_stops_asking_has_still_spent() {
    let (server, mut config) = start(good().after(5000)).await;
    config.max_output_tokens = 1000;
    let client = client(config);
    let asked = case("a");
    tokio::select! {
        _ = client.opine(&asked) => panic!("it answered"),
        () = async { while server.requests().is_empty() { tokio::time::sleep(Duration::from_millis(5)).await } } => {}
    }
    assert!(client.spent().tokens > 1000);
}

#[tokio::test]
async fn only_so_many_requests_are_open() {
    let (server, mut config) = start(good().after(30)).await;
    config.concurrency = 3;
    let answers = ask_at_once(client(config), (0..12).map(|n| format!("curl/{n}")).collect()).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(server.most_open(), 3);
}

#[tokio::test]
async fn the_same_case_is_asked_once_and_paid_once() {
    let (server, config) = start(good().after(50)).await;
    let answers = ask_at_once(client(config), vec!["curl/8".to_owned(); 8]).await;
    assert_eq!(server.requests().len(), 1);
    let paid: u64 = answers.iter().map(|a| a.as_ref().unwrap().usage.input_tokens).sum();
    assert_eq!(paid, 1000);
}

#[tokio::test]
async fn an_opinion_is_kept_for_an_hour() {
    let (server, config) = start(good()).await;
    let clock = Still::new();
    let client = Client::new(config, clock.clone()).unwrap();
    let first = client.opine(&case("curl/8")).await.unwrap();
    let mut again = case("curl/8");
    again.finding = "fnd-2".into();
    let kept = client.opine(&again).await.unwrap();
    assert_eq!(
        (kept.opinion, kept.usage),
        (first.opinion, Usage::default()),
        "another finding, the same case"
    );
    assert_eq!(server.requests().len(), 1);
    clock.pass(60 * 60);
    client.opine(&again).await.unwrap();
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn an_error_is_not_kept() {
    let server = Server::start(PROVIDER, [Answer::status(400), good()]).await;
    let client = client(config(&server));
    client.opine(&case("curl/8")).await.unwrap_err();
    client.opine(&case("curl/8")).await.unwrap();
}

#[tokio::test]
async fn a_provider_that_is_down_is_left_alone_and_probed() {
    let (server, config) = start(Answer::status(401)).await;
    let clock = Still::new();
    let client = Client::new(config, clock.clone()).unwrap();
    let ask = async || client.opine(&case("curl/8")).await;
    for _ in 0..5 {
        assert!(matches!(ask().await, Err(ModelError::Refused(_))));
    }
    assert!(matches!(ask().await, Err(ModelError::Unavailable(_))), "it is open");
    assert_eq!(server.requests().len(), 5);

    clock.pass(30);
    assert!(matches!(ask().await, Err(ModelError::Refused(_))), "one probe passes");
    assert!(matches!(ask().await, Err(ModelError::Unavailable(_))), "it failed: open again");
    assert_eq!(server.requests().len(), 6);

    clock.pass(30);
    server.script([good().after(100)]);
    let (first, second) = (case("one"), case("two"));
    let (one, two) = tokio::join!(client.opine(&first), client.opine(&second));
    assert!(one.is_ok() && matches!(two, Err(ModelError::Unavailable(_))), "only one question probes");
    client.opine(&second).await.unwrap();
}

#[tokio::test]
async fn bad_answers_do_not_open_the_breaker() {
    let (server, config) = start(Answer::says(PROVIDER, "{}")).await;
    let client = client(config);
    for n in 0..8 {
        let error = client.opine(&case(&n.to_string())).await.unwrap_err();
        assert!(matches!(error, ModelError::Invalid(_)), "{error}");
    }
    assert_eq!(server.requests().len(), 16);
}
