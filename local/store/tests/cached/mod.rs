//! The contract holds with Redis before the store: there, away from the beginning, lost and emptied in the middle, or holding what
//! is long over.

use std::{
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use agent::{
    Commit, State, Store, Write,
    proofs::{bulk, store as contract},
};
use cache::{Cache, Limit, Limits};
use domain::{Digest, Person, Role, Time};
use redis::Commands;
use serde_json::{Value, json};
use servers::Server;
use store::{Credential, SqlStore};

/// How long Redis may take to come back, and the cache to notice.
const PATIENCE: Duration = Duration::from_secs(30);

fn cache(redis: &Server) -> Cache {
    Cache::new(&format!("redis://127.0.0.1:{}", redis.port())).unwrap()
}

async fn store(cache: &Cache) -> SqlStore {
    SqlStore::open_in_memory().await.unwrap().cached_by(cache.clone())
}

fn client(redis: &Server) -> redis::Connection {
    redis::Client::open(("127.0.0.1", redis.port())).unwrap().get_connection().unwrap()
}

fn keys(redis: &Server, pattern: &str) -> Vec<String> {
    let mut client = client(redis);
    client.scan_match(pattern).unwrap().map(Result::unwrap).collect()
}

/// Whatever is kept there goes away by itself.
fn every_key_expires(redis: &Server) -> usize {
    let keys = keys(redis, "*");
    let mut client = client(redis);
    for key in &keys {
        let left: i64 = client.pttl(key).unwrap();
        assert!((0..=3_600_000).contains(&left), "{key} is kept for {left} ms");
    }
    keys.len()
}

/// Empties Redis again and again, then stops it, while something else goes on.
fn break_soon(mut redis: Server) -> JoinHandle<Server> {
    thread::spawn(move || {
        let mut client = client(&redis);
        for _ in 0..20 {
            redis::cmd("FLUSHALL").exec(&mut client).unwrap();
            thread::sleep(Duration::from_millis(1));
        }
        redis.stop().unwrap();
        redis
    })
}

macro_rules! keeps {
    ($($part:ident::$proof:ident),* $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $proof() {
            let redis = servers::redis().unwrap();
            let there = cache(&redis);
            there.probe().await;
            $part::$proof(&store(&there).await).await;
            assert_eq!(there.degraded(), None);
            every_key_expires(&redis);
            let breaking = break_soon(redis);
            $part::$proof(&store(&there).await).await;
            let redis = breaking.join().unwrap();
            $part::$proof(&store(&cache(&redis)).await).await;
        }
    )*};
}

agent::store_proofs!(keeps);

fn now() -> Time {
    Time::from_millis(0)
}

fn later() -> Time {
    Time::from_millis(600_000)
}

fn keys_of_states() -> Vec<String> {
    (0..8).map(|n| format!("window/{n}")).collect()
}

/// One round of what an agent does: read, count up, write; again on a conflict, as the host does.
async fn count_up(store: &SqlStore, decision: &str) {
    for attempt in 0..16 {
        let keys = keys_of_states();
        let read = store.states(&keys, now()).await.unwrap();
        let next = keys.into_iter().zip(&read).map(|(key, read)| {
            let count = read.as_ref().map_or(0, |state| state.value.as_u64().unwrap());
            Write::State(State::after(read.as_ref(), key, json!(count + 1), later()))
        });
        let record = contract::record(&format!("{decision} {attempt}"), b"", vec![]);
        match store.commit(&record, b"", &next.collect::<Vec<_>>(), &[]).await.unwrap() {
            Commit::Committed => return,
            Commit::Conflict => {}
            Commit::Decided => panic!("{decision} was decided already"),
        }
    }
    panic!("{decision} met a conflict each time");
}

async fn counts(store: &SqlStore) -> Vec<Value> {
    let states = store.states(&keys_of_states(), now()).await.unwrap();
    states.into_iter().map(|state| state.unwrap().value).collect()
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let begin = Instant::now();
    while !holds().await {
        assert!(begin.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn until_back(cache: &Cache) {
    until("Redis is back, and nobody noticed", async || {
        cache.probe().await;
        cache.degraded().is_none()
    })
    .await;
}

/// Stopped, killed, paused and emptied while states are counted up: not one count is lost or made twice.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_redis_no_count_is_lost() {
    let mut redis = servers::redis().unwrap();
    let cache = cache(&redis);
    let store = store(&cache).await;
    let mut expected = 0;
    for round in 0..8 {
        for n in 0..10 {
            if n == 5 {
                match round {
                    0 | 7 => {}
                    1 => redis.stop().unwrap(),
                    2 => redis.kill().unwrap(),
                    3 => redis.pause().unwrap(),
                    _ => redis::cmd("FLUSHALL").exec(&mut client(&redis)).unwrap(),
                }
            }
            let begin = Instant::now();
            count_up(&store, &format!("{round} {n}")).await;
            assert!(begin.elapsed() < Duration::from_secs(5), "waiting is bounded");
            expected += 1;
        }
        let is_away = (1..=3).contains(&round);
        assert_eq!(cache.degraded().is_some(), is_away, "round {round}");
        assert_eq!(counts(&store).await, vec![json!(expected); 8], "round {round}");
        redis.go_on().unwrap();
        redis.start().unwrap();
        until_back(&cache).await;
        assert_eq!(counts(&store).await, vec![json!(expected); 8], "round {round}, back");
    }
    assert!(every_key_expires(&redis) >= 8);
}

/// While it cannot be asked it is not asked: requests do not wait for it one by one.
#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_stands_still_costs_one_wait() {
    let redis = servers::redis().unwrap();
    let cache = cache(&redis);
    let store = store(&cache).await;
    count_up(&store, "before").await;
    redis.pause().unwrap();
    count_up(&store, "notices").await;
    let begin = Instant::now();
    for n in 0..20 {
        count_up(&store, &format!("after {n}")).await;
    }
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}

/// What stands in Redis and not in the store decides nothing, even if it claims a version.
#[tokio::test(flavor = "multi_thread")]
async fn a_stale_state_is_found_out() {
    let redis = servers::redis().unwrap();
    let cache = cache(&redis);
    let store = store(&cache).await;
    for n in 0..3 {
        count_up(&store, &n.to_string()).await;
    }
    let kept = keys(&redis, "*:state:*");
    assert_eq!(kept.len(), 8);
    let mut client = client(&redis);
    for (key, stale) in kept.iter().zip(
        [json!([1, later().millis(), 1]), json!([9, later().millis(), 70]), json!("nonsense"), json!([])]
            .iter()
            .cycle(),
    ) {
        let () = client.pset_ex(key, stale.to_string(), 60_000).unwrap();
    }
    count_up(&store, "on what is stale").await;
    assert_eq!(counts(&store).await, vec![json!(4); 8]);
}

/// It is the cache that answers, not always the store: without this all the rest would prove nothing.
#[tokio::test(flavor = "multi_thread")]
async fn states_are_read_from_redis() {
    let redis = servers::redis().unwrap();
    let cache = cache(&redis);
    let store = store(&cache).await;
    count_up(&store, "once").await;
    let mut client = client(&redis);
    for key in keys(&redis, "*:state:*") {
        let () = client.pset_ex(key, json!([1, later().millis(), 42]).to_string(), 60_000).unwrap();
    }
    assert_eq!(counts(&store).await, vec![json!(42); 8]);
    assert!(store.states(&keys_of_states(), later()).await.unwrap().iter().all(Option::is_none), "expired");
    // After a gap nothing of before is read, though it is still there.
    redis::cmd("CLIENT")
        .arg("KILL")
        .arg("TYPE")
        .arg("normal")
        .arg("SKIPME")
        .arg("yes")
        .exec(&mut client)
        .unwrap();
    until_back(&cache).await;
    until("a gap begins a new generation", async || counts(&store).await == vec![json!(1); 8]).await;
}

async fn signed_in(store: &SqlStore, name: &str, secret: &Digest) {
    let person = Person { name: name.to_owned(), role: Role::Analyst, principals: vec![] };
    store.put_person(&person).await.unwrap();
    store.put_credential(Credential::Session, secret, name, now(), later()).await.unwrap();
}

async fn who(store: &SqlStore, secret: &Digest, now: Time) -> Option<(String, Role)> {
    let person = store.redeem(Credential::Session, secret, now).await.unwrap();
    person.map(|person| (person.name, person.role))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ended_is_not_honoured() {
    let mut redis = servers::redis().unwrap();
    let cache = cache(&redis);
    let store = store(&cache).await;
    let secrets = [Digest::of(b"a"), Digest::of(b"b"), Digest::of(b"c")];
    for (name, secret) in ["ann", "bob", "cleo"].into_iter().zip(&secrets) {
        signed_in(&store, name, secret).await;
    }
    let [ann, bob, cleo] = &secrets;
    for _ in 0..2 {
        assert_eq!(who(&store, ann, now()).await, Some(("ann".into(), Role::Analyst)));
        assert_eq!(who(&store, bob, now()).await, Some(("bob".into(), Role::Analyst)));
    }
    assert_eq!(keys(&redis, "*:session:*").len(), 2, "looked up once each");
    assert_eq!(who(&store, ann, later()).await, None, "a session ends when it ends");
    store.end_session(ann).await.unwrap();
    assert_eq!(who(&store, ann, now()).await, None, "signed out");
    let promoted = Person { name: "bob".into(), role: Role::Admin, principals: vec![] };
    store.put_person(&promoted).await.unwrap();
    assert_eq!(
        who(&store, bob, now()).await,
        Some(("bob".into(), Role::Admin)),
        "another role counts at once"
    );
    store.remove_person("bob").await.unwrap();
    assert_eq!(who(&store, bob, now()).await, None, "removed");

    assert!(who(&store, cleo, now()).await.is_some());
    redis.pause().unwrap();
    store.remove_person("cleo").await.unwrap();
    assert_eq!(who(&store, cleo, now()).await, None, "removed while Redis was away");
    redis.go_on().unwrap();
    until_back(&cache).await;
    assert_eq!(who(&store, cleo, now()).await, None, "and not back with it");
    every_key_expires(&redis);
    redis.stop().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_with_redis_and_without() {
    let mut redis = servers::redis().unwrap();
    let cache = cache(&redis);
    let limits = Limits::new(Some(cache.clone()));
    let limit = Limit { name: "try", requests: 3, window: Duration::from_secs(60) };
    let three_pass = async |who: &str| {
        for _ in 0..3 {
            assert_eq!(limits.count(&limit, who).await, Ok(()));
        }
        let left = limits.count(&limit, who).await.unwrap_err();
        assert!(left <= limit.window && left > Duration::from_secs(30), "{left:?}");
    };
    three_pass("ann").await;
    three_pass("bob").await;
    assert_eq!(keys(&redis, "*:limit:*").len(), 2);
    every_key_expires(&redis);
    redis.kill().unwrap();
    three_pass("ann").await;
    assert!(cache.degraded().is_some());
}
