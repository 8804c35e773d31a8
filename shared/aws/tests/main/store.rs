//! The store keeps the contract, also where requests fail and others write at the same time.

use agent::{
    Commit, DecisionRecord, State, Store, StoreError, Write,
    proofs::{bulk, store as contract},
};
use aws::store::DynamoStore;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use cloud::{Gate, Moto};
use domain::{Digest, EventId, FindingId, Incident, IncidentId, MessageId, Party, Quarantined, Time};
use futures::future::join_all;
use serde_json::json;

const TABLES: &str = include_str!("../../../../infra/tables.yaml");
const ARCHIVE: &str = "archive";

/// An endpoint with an archive.
struct Endpoint {
    moto: Moto,
    gate: Gate,
}

impl Endpoint {
    async fn start() -> Self {
        let moto = Moto::start().await.unwrap();
        let gate = Gate::before(&moto).await.unwrap();
        let (_, s3) = clients(gate.url(), RetryConfig::standard()).await;
        s3.create_bucket().bucket(ARCHIVE).send().await.unwrap();
        Self { moto, gate }
    }

    /// The store of a new stack.
    async fn stack(&self, name: &str) -> DynamoStore {
        let name = name.replace('_', "-");
        self.moto.deploy(&name, TABLES, &[("Stack", &name), ("Protect", "false")]).await.unwrap();
        self.store(&name, RetryConfig::standard()).await
    }

    /// The store of a stack that is there.
    async fn store(&self, name: &str, retry: RetryConfig) -> DynamoStore {
        let (dynamodb, s3) = clients(self.gate.url(), retry).await;
        DynamoStore::new(name, dynamodb, s3, ARCHIVE)
    }
}

async fn clients(url: &str, retry: RetryConfig) -> (aws_sdk_dynamodb::Client, aws_sdk_s3::Client) {
    let credentials = aws_sdk_dynamodb::config::Credentials::new("test", "test", None, None, "test");
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .endpoint_url(url)
        .region("us-east-1")
        .credentials_provider(credentials)
        .retry_config(retry)
        .load()
        .await;
    (aws_sdk_dynamodb::Client::new(&config), aws_sdk_s3::Client::new(&config))
}

macro_rules! keep {
    ($endpoint:ident, $($part:ident::$proof:ident),* $(,)?) => {$(
        let begin = std::time::Instant::now();
        $part::$proof(&$endpoint.stack(stringify!($proof)).await).await;
        println!("{} in {:.1?}", stringify!($proof), begin.elapsed());
    )*};
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_kept() {
    let endpoint = Endpoint::start().await;
    agent::store_proofs!(keep, endpoint);
}

/// A decision that writes everything there is.
fn everything(key: &str, at: i64, version: u64) -> (DecisionRecord, Vec<Write>, Vec<domain::Message>) {
    let call = agent::Call::Settle { execution: "x".into(), output: json!(null) };
    let record =
        DecisionRecord { time: Time::from_millis(at), ..contract::record(key, b"facts", vec![call]) };
    let quarantined = Quarantined {
        delivery: Digest::zero(),
        name: "name".into(),
        position: 0,
        reason: "reason".into(),
        raw: "{".into(),
        time: Time::from_millis(0),
    };
    let state = State { key: "s".into(), version, value: json!(at), expires: Time::from_millis(90_000) };
    let long = Incident { title: "t".repeat(300_000), ..contract::incident("i", version, 0) };
    let writes = vec![
        Write::Events(vec![contract::event(&format!("e {key}"), 1, "alice")]),
        Write::Quarantine(vec![quarantined]),
        Write::Finding(Box::new(bulk::finding("f"))),
        Write::Incident(Box::new(long)),
        Write::State(state),
    ];
    (record, writes, vec![contract::message(&format!("m {key}"), "c")])
}

async fn counts(store: &DynamoStore) -> [usize; 8] {
    let ids = ["e key".into(), "e other".into()];
    let sharing = agent::ports::IncidentFilter { keys: vec!["shared key".into()], ..Default::default() };
    [
        store.known_events(&ids).await.unwrap().len(),
        store.history(&["alice".into()], Time::from_millis(0), 9).await.unwrap().len(),
        store.quarantine(9).await.unwrap().len(),
        store.findings(&[FindingId::from("f")]).await.unwrap().len(),
        store.incidents(&sharing).await.unwrap().len(),
        store.states(&["s".into()], Time::from_millis(0)).await.unwrap().iter().flatten().count(),
        store.messages(0, 9).await.unwrap().len(),
        store.unfinished().await.unwrap().len(),
    ]
}

/// The process is killed at each request of a commit in turn, before or after AWS hears it. Either all is there or nothing,
/// and the next process brings it to the same end.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_cut_off_is_there_or_not() {
    let endpoint = Endpoint::start().await;
    let mut committed_unheard = 0;
    let mut cuts = 0;
    for is_last_heard in [false, true] {
        for after in 0.. {
            let name = format!("cut-{after}-{is_last_heard}");
            let store = endpoint.stack(&name).await;
            let hasty = endpoint.store(&name, RetryConfig::disabled()).await;
            let (record, writes, said) = everything("key", 1_000, 1);
            endpoint.gate.cut(after, is_last_heard);
            let first = hasty.commit(&record, b"facts", &writes, &said).await;
            if !endpoint.gate.mend() {
                assert_eq!(first.unwrap(), Commit::Committed, "all requests were made");
                break;
            }
            cuts += 1;
            assert!(matches!(first, Err(StoreError::Unavailable(_))), "{name}: {first:?}");
            let seen = counts(&store).await;
            assert!(seen == [0; 8] || seen == [1; 8], "{name}: {seen:?}");

            // What `agent::invoke` does when it is asked again, a second later.
            if store.decision(Party::Console, "key").await.unwrap().is_some() {
                assert_eq!(seen, [1; 8], "{name}");
                committed_unheard += 1;
            } else {
                assert_eq!(seen, [0; 8], "{name}");
                let (record, writes, said) = everything("key", 2_000, 1);
                let again = store.commit(&record, b"facts", &writes, &said).await.unwrap();
                assert_eq!(again, Commit::Committed, "{name}");
            }
            assert_eq!(counts(&store).await, [1; 8], "{name}");
            let (record, writes, said) = everything("key", 3_000, 1);
            assert_eq!(store.commit(&record, b"facts", &writes, &said).await.unwrap(), Commit::Decided);
            assert_eq!(counts(&store).await, [1; 8], "{name}");
            let attested = store.attested(&MessageId::from("m key")).await.unwrap().unwrap();
            assert!(store.decided(&attested.decision).await.unwrap().is_some());
        }
    }
    assert_eq!(committed_unheard, 1, "one cut is between the transaction and its answer");
    assert_eq!(cuts, 26, "each of thirteen requests was cut off twice");
}

/// Functions that commit at the same time wait for each other, and nobody hears of it.
#[tokio::test(flavor = "multi_thread")]
async fn one_log_takes_commits_from_everywhere() {
    let endpoint = Endpoint::start().await;
    endpoint.stack("shared").await;
    let stores = [
        endpoint.store("shared", RetryConfig::standard()).await,
        endpoint.store("shared", RetryConfig::standard()).await,
    ];
    let commits = (0..12).map(|n| {
        let store = &stores[n % 2];
        async move {
            let said: Vec<_> = (0..3).map(|m| contract::message(&format!("{n}-{m}"), "c")).collect();
            store.commit(&contract::record(&n.to_string(), b"", vec![]), b"", &[], &said).await.unwrap()
        }
    });
    assert_eq!(join_all(commits).await, [Commit::Committed; 12]);

    let log = stores[0].messages(0, 100).await.unwrap();
    assert_eq!(log.iter().map(|l| l.seq).collect::<Vec<_>>(), (1..=36).collect::<Vec<_>>(), "without a gap");
    let ids: Vec<&str> = log.iter().map(|l| l.message.message_id.as_str()).collect();
    for said in ids.chunks(3) {
        let decision = said[0].split('-').next().unwrap();
        assert_eq!(said, [0, 1, 2].map(|m| format!("{decision}-{m}")), "a decision's messages stay together");
    }
    let (known, told) = (ids.iter().collect::<std::collections::BTreeSet<_>>(), ids.len());
    assert_eq!((known.len(), told), (36, 36), "none is lost or told twice");
    assert_eq!(stores[1].newest_message().await.unwrap(), 36);
}

/// One key decided twice at the same time counts once.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_decide_one_thing_one_counts() {
    let endpoint = Endpoint::start().await;
    let store = endpoint.stack("twice").await;
    let tries = (0..6).map(|n| {
        let store = &store;
        async move {
            let (record, writes, said) = everything("key", 1_000 + n, 1);
            store.commit(&record, b"facts", &writes, &said).await.unwrap()
        }
    });
    let commits = join_all(tries).await;
    assert_eq!(commits.iter().filter(|c| **c == Commit::Committed).count(), 1, "{commits:?}");
    assert_eq!(counts(&store).await, [1; 8]);
    let (record, writes, said) = everything("other", 5_000, 2);
    assert_eq!(store.commit(&record, b"facts", &writes, &said).await.unwrap(), Commit::Committed);
    assert_eq!(store.incident(&IncidentId::from("i")).await.unwrap().unwrap().version, 2);
}

/// What does not fit into a transaction is refused for good, and before anything is written.
#[tokio::test(flavor = "multi_thread")]
async fn too_much_at_once_is_refused_for_good() {
    let endpoint = Endpoint::start().await;
    let store = endpoint.stack("large").await;
    let state =
        |n: usize, value| State { key: n.to_string(), version: 1, value, expires: Time::from_millis(9_000) };
    let many: Vec<Write> = (0..100).map(|n| Write::State(state(n, json!(n)))).collect();
    let long: Vec<Write> = (0..25).map(|n| Write::State(state(n, json!("x".repeat(190_000))))).collect();
    for (name, writes) in [("many", &many), ("long", &long)] {
        let commit = store.commit(&contract::record(name, b"", vec![]), b"", writes, &[]).await;
        let Err(error @ StoreError::TooLarge(_)) = commit else { panic!("{name}: {commit:?}") };
        assert!(!agent::is_transient(&error.into()));
        assert!(store.decision(Party::Console, name).await.unwrap().is_none());
    }
    let fits = store.commit(&contract::record("fits", b"", vec![]), b"", &many[..99], &[]).await.unwrap();
    assert_eq!(fits, Commit::Committed);
}

/// What is missing is told apart from what does not answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_table_is_not_waited_for() {
    let endpoint = Endpoint::start().await;
    let store = endpoint.store("nowhere", RetryConfig::standard()).await;
    let missing = store.incident(&IncidentId::from("i")).await;
    assert!(matches!(missing, Err(StoreError::Refused(_))), "{missing:?}");
    let store = endpoint.stack("silent").await;
    endpoint.gate.cut(0, false);
    let silent = store.events(&[EventId::from("e")]).await;
    assert!(matches!(silent, Err(StoreError::Unavailable(_))), "{silent:?}");
}
