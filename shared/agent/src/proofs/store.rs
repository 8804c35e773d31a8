//! The contract of [`Store`]: what every implementation must keep. Each proof takes an empty store.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use domain::{
    Digest, Event, EventClass, EventId, EventOutcome, Incident, IncidentId, LedgerEntry, Message, MessageId,
    Party, Payload, Principal, PrincipalKind, Risk, Source, Status, Time,
    incident::Receipt,
    message::{Notice, Severity},
};
use serde_json::{Value, json};

use crate::{Call, Commit, DecisionRecord, State, Store, Write, ports::IncidentFilter};

/// A decision record of the console's with this key and these calls.
pub fn record(key: &str, evidence: &[u8], calls: Vec<Call>) -> DecisionRecord {
    DecisionRecord {
        agent: Party::Console,
        key: key.into(),
        time: Time::from_millis(1_000),
        input: Value::Null,
        evidence: Digest::of(evidence),
        output: json!("done"),
        decision: Digest::of(key.as_bytes()),
        calls,
        carried_out: false,
        policies: Digest::zero(),
    }
}

/// A message with this id.
pub fn message(id: &str, correlation: &str) -> Message {
    Message {
        message_id: MessageId::from(id),
        correlation_id: correlation.into(),
        causation_id: None,
        sender: Party::Console,
        receiver: Party::Dashboard,
        time: Time::from_millis(1_000),
        risk_score: Some(0.5),
        payload: Payload::Notice(Notice { severity: Severity::Info, text: format!("text of {id}") }),
    }
}

/// An incident at a version, opened at so many milliseconds.
pub fn incident(id: &str, version: u64, opened: i64) -> Incident {
    Incident {
        id: IncidentId::from(id),
        version,
        title: "title".into(),
        status: Status::Open,
        risk: Risk::new(70),
        began: Time::from_millis(opened),
        opened: Time::from_millis(opened),
        updated: Time::from_millis(opened),
        account: None,
        principals: Vec::new(),
        resources: Vec::new(),
        origins: Vec::new(),
        findings: Vec::new(),
        attack: Vec::new(),
        keys: vec![format!("key of {id}"), "shared key".into()],
        plan: None,
        verdict: None,
        approval: None,
        actions: Vec::new(),
        follows: None,
        execution: id.into(),
        receipt: Receipt::default(),
        drill: false,
    }
}

/// An event with this id, at so many milliseconds, by this actor.
pub fn event(id: &str, at: i64, actor: &str) -> Event {
    Event {
        id: EventId::from(id),
        class: EventClass::ApiActivity,
        source: Source::Cloudtrail,
        time: Time::from_millis(at),
        account: None,
        region: None,
        service: "iam.amazonaws.com".into(),
        operation: "GetUser".into(),
        actor: Some(Principal {
            kind: PrincipalKind::User,
            arn: actor.into(),
            name: actor.into(),
            account: None,
            session: None,
            access_key: Some(format!("key of {actor}")),
        }),
        origin: Some("198.51.100.7".into()),
        user_agent: None,
        outcome: EventOutcome::Success,
        resources: Vec::new(),
        raw: json!({"quote": "\"", "null": null, "nested": [{"é": 1.5}]}),
    }
}

pub(crate) async fn write(store: &dyn Store, key: &str, writes: &[Write]) -> Commit {
    store.commit(&record(key, b"", Vec::new()), b"", writes, &[]).await.unwrap()
}

/// A decision counts once, and nothing of a second one under its key is kept.
pub async fn a_decision_commits_once(store: &dyn Store) {
    let first = record("one", b"facts", vec![]);
    assert_eq!(store.commit(&first, b"facts", &[], &[message("m1", "c")]).await.unwrap(), Commit::Committed);
    let second = store.commit(&first, b"facts", &[], &[message("m2", "c")]).await.unwrap();
    assert_eq!(second, Commit::Decided);
    assert_eq!(store.messages(0, 10).await.unwrap().len(), 1);
    assert_eq!(store.blob(&first.evidence).await.unwrap().as_deref(), Some(b"facts".as_slice()));
    assert_eq!(store.decided(&first.digest()).await.unwrap().map(|r| r.key), Some("one".into()));
    let other = DecisionRecord { agent: Party::Response, ..first };
    assert_eq!(
        store.commit(&other, b"facts", &[], &[]).await.unwrap(),
        Commit::Committed,
        "keys are per agent"
    );
}

/// A write that does not fit takes everything else of its commit with it.
pub async fn a_conflict_changes_nothing(store: &dyn Store) {
    assert_eq!(
        write(store, "open", &[Write::Incident(Box::new(incident("a", 1, 0)))]).await,
        Commit::Committed
    );
    let late = [Write::Events(vec![event("e", 0, "x")]), Write::Incident(Box::new(incident("a", 3, 0)))];
    let commit = store.commit(&record("late", b"", vec![]), b"", &late, &[message("m", "a")]).await.unwrap();
    assert_eq!(commit, Commit::Conflict);
    assert!(store.known_events(&[EventId::from("e")]).await.unwrap().is_empty());
    assert!(store.decision(Party::Console, "late").await.unwrap().is_none());
    assert_eq!(store.newest_message().await.unwrap(), 0);
    assert_eq!(store.incident(&IncidentId::from("a")).await.unwrap().unwrap().version, 1);
    assert_eq!(
        write(store, "again", &[Write::Incident(Box::new(incident("a", 1, 0)))]).await,
        Commit::Conflict
    );
}

/// Of many who change one incident at once, one wins.
pub async fn one_of_many_writers_wins(store: &dyn Store) {
    write(store, "open", &[Write::Incident(Box::new(incident("a", 1, 0)))]).await;
    let tries = (0..8).map(|n| async move {
        write(store, &format!("try {n}"), &[Write::Incident(Box::new(incident("a", 2, 0)))]).await
    });
    let commits = futures::future::join_all(tries).await;
    assert_eq!(commits.iter().filter(|c| **c == Commit::Committed).count(), 1, "{commits:?}");
}

pub(crate) fn state(key: &str, version: u64, value: Value, expires: i64) -> State {
    State { key: key.into(), version, value, expires: Time::from_millis(expires) }
}

/// A state is written on the version that was read, is absent from when it expires, and then begins anew. A commit happens at
/// 1000 ms here.
pub async fn states_are_kept_until_they_expire(store: &dyn Store) {
    let long = state("a", 1, json!({"seen": [1, 2]}), 9_000);
    let short = state("b", 1, json!("short"), 1_500);
    let both = [Write::State(long.clone()), Write::State(short.clone())];
    assert_eq!(write(store, "begin", &both).await, Commit::Committed);
    let keys = ["b".to_owned(), "unknown".to_owned(), "a".to_owned(), "b".to_owned()];
    let read = |at: i64| store.states(&keys, Time::from_millis(at));
    let shown = [Some(short.clone()), None, Some(long.clone()), Some(short)];
    assert_eq!(read(1_499).await.unwrap(), shown, "in the order asked");
    assert_eq!(read(1_500).await.unwrap(), [None, None, Some(long), None]);
    assert!(store.states(&[], Time::from_millis(0)).await.unwrap().is_empty());

    for (key, version) in [("begun already", 1), ("skips one", 3)] {
        let writes = [
            Write::State(state("c", 1, json!(0), 9_000)),
            Write::State(state("a", version, json!(0), 9_000)),
        ];
        assert_eq!(write(store, key, &writes).await, Commit::Conflict, "{key}");
    }
    assert!(store.states(&["c".to_owned()], Time::from_millis(0)).await.unwrap()[0].is_none());
    let next = state("a", 2, json!("next"), 1_000);
    assert_eq!(write(store, "next", &[Write::State(next)]).await, Commit::Committed);
    let on = [Write::State(state("a", 3, json!("on"), 9_000))];
    assert_eq!(write(store, "on what has expired", &on).await, Commit::Conflict);
    let anew = state("a", 1, json!("anew"), 9_000);
    assert_eq!(write(store, "anew", &[Write::State(anew.clone())]).await, Commit::Committed);
    assert_eq!(store.states(&["a".to_owned()], Time::from_millis(0)).await.unwrap(), [Some(anew)]);
}

/// Of many who change one state at once, one wins: the first write of a key as any later one.
pub async fn one_of_many_writers_of_a_state_wins(store: &dyn Store) {
    for version in [1, 2] {
        let tries = (0..8).map(|n| async move {
            let writes = [Write::State(state("a", version, json!(n), 9_000))];
            write(store, &format!("try {version} {n}"), &writes).await
        });
        let commits = futures::future::join_all(tries).await;
        assert_eq!(commits.iter().filter(|c| **c == Commit::Committed).count(), 1, "{commits:?}");
    }
}

/// Calls are unfinished until they are noted as made; a refusal stays the first one.
pub async fn calls_and_refusals_are_kept(store: &dyn Store) {
    let call = Call::Settle { execution: "x".into(), output: Value::Null };
    store.commit(&record("with", b"", vec![call]), b"", &[], &[]).await.unwrap();
    store.commit(&record("without", b"", vec![]), b"", &[], &[]).await.unwrap();
    let unfinished = store.unfinished().await.unwrap();
    assert_eq!(unfinished.iter().map(|r| r.key.as_str()).collect::<Vec<_>>(), ["with"]);
    store.carried_out(Party::Console, "with").await.unwrap();
    assert!(store.unfinished().await.unwrap().is_empty());
    assert!(store.decision(Party::Console, "with").await.unwrap().unwrap().carried_out);
    assert_eq!(store.refusal("step").await.unwrap(), None);
    store.put_refusal("step", "first").await.unwrap();
    store.put_refusal("step", "second").await.unwrap();
    assert_eq!(store.refusal("step").await.unwrap().as_deref(), Some("first"));
}

/// Events are found by id and by subject, raw records unchanged.
pub async fn events_are_found_again(store: &dyn Store) {
    let events: Vec<Event> = (0..700).map(|n| event(&format!("e{n:03}"), n, "alice")).collect();
    assert_eq!(write(store, "one", &[Write::Events(events.clone())]).await, Commit::Committed);
    let again = [Write::Events(vec![event("e000", 99_999, "mallory"), event("other", 5, "bob")])];
    assert_eq!(write(store, "two", &again).await, Commit::Committed);
    let ids: Vec<EventId> = events.iter().map(|e| e.id.clone()).chain([EventId::from("unknown")]).collect();
    assert_eq!(store.known_events(&ids).await.unwrap().len(), 700);
    assert_eq!(store.events(&ids).await.unwrap(), events, "in the order asked; the first of an id stays");
    let newest =
        store.history(&["alice".into(), "key of bob".into()], Time::from_millis(3), 4).await.unwrap();
    assert_eq!(newest.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), ["e696", "e697", "e698", "e699"]);
    let since = store.history(&["bob".into()], Time::from_millis(6), 4).await.unwrap();
    assert!(since.is_empty());
    assert!(store.history(&[], Time::from_millis(0), 4).await.unwrap().is_empty());
}

/// Incidents are found by key, status and time, newest first.
pub async fn incidents_are_found_again(store: &dyn Store) {
    for (n, id) in ["a", "b", "c"].into_iter().enumerate() {
        let at = i64::try_from(n).unwrap();
        write(store, id, &[Write::Incident(Box::new(incident(id, 1, at)))]).await;
    }
    let closed = Incident { status: Status::Contained, ..incident("b", 2, 1) };
    assert_eq!(write(store, "close", &[Write::Incident(Box::new(closed))]).await, Commit::Committed);
    let ids = |filter: IncidentFilter| async move {
        store.incidents(&filter).await.unwrap().into_iter().map(|i| i.id.0).collect::<Vec<_>>().join(" ")
    };
    let any = IncidentFilter::default();
    assert_eq!(ids(any.clone()).await, "c b a");
    assert_eq!(ids(IncidentFilter { limit: 1, ..any.clone() }).await, "c");
    assert_eq!(
        ids(IncidentFilter { keys: vec!["key of a".into(), "key of b".into()], ..any.clone() }).await,
        "b a"
    );
    assert_eq!(ids(IncidentFilter { statuses: vec![Status::Open], ..any.clone() }).await, "c a");
    let both = IncidentFilter {
        keys: vec!["shared key".into()],
        statuses: vec![Status::Contained],
        since: Some(Time::from_millis(1)),
        limit: 5,
    };
    assert_eq!(ids(both).await, "b");
    assert_eq!(ids(IncidentFilter { since: Some(Time::from_millis(2)), ..any }).await, "c");
}

/// The log keeps its order, and can be read from any place, both ways.
pub async fn the_log_keeps_its_order(store: &dyn Store) {
    for n in 0..5 {
        let messages = [message(&format!("m{n}a"), "odd"), message(&format!("m{n}b"), "even")];
        store.commit(&record(&n.to_string(), b"", vec![]), b"", &[], &messages).await.unwrap();
    }
    let all = store.messages(0, 100).await.unwrap();
    let names = |messages: &[crate::ports::Logged]| {
        messages.iter().map(|l| l.message.message_id.0.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&all), "m0a m0b m1a m1b m2a m2b m3a m3b m4a m4b");
    assert!(all.windows(2).all(|w| w[0].seq < w[1].seq));
    assert_eq!(names(&store.messages(all[6].seq, 2).await.unwrap()), "m3b m4a");
    assert_eq!(names(&store.messages_before(all[2].seq, 1).await.unwrap()), "m0b");
    assert_eq!(names(&store.correlated("even", 2).await.unwrap()), "m3b m4b");
    assert_eq!(store.newest_message().await.unwrap(), all[9].seq);
    assert_eq!(all[0].message, message("m0a", "odd"));
}

/// What is sealed is no longer unsealed, and only what follows the head is appended.
pub async fn the_ledger_only_grows(store: &dyn Store) {
    let commit = [message("m1", "c"), message("m2", "c"), message("m3", "c")];
    store.commit(&record("say", b"", vec![]), b"", &[], &commit).await.unwrap();
    let entry = |seq: u64, message: &str| {
        let mut entry = LedgerEntry {
            seq,
            time: Time::from_millis(0),
            message: MessageId::from(message),
            kind: "NOTICE".into(),
            correlation: "c".into(),
            sender: "console".into(),
            content: Digest::zero(),
            decision: Digest::zero(),
            policies: Digest::zero(),
            previous: Digest::zero(),
            hash: Digest::zero(),
        };
        entry.hash = entry.expected_hash();
        entry
    };
    let two = [Write::Ledger(vec![entry(1, "m1"), entry(2, "m2")])];
    assert_eq!(write(store, "seal", &two).await, Commit::Committed);
    let unsealed = store.unsealed(10).await.unwrap();
    assert_eq!(unsealed.iter().map(|u| u.message.message_id.as_str()).collect::<Vec<_>>(), ["m3"]);
    for (key, seq) in [("gap", 4), ("again", 2)] {
        assert_eq!(write(store, key, &[Write::Ledger(vec![entry(seq, "m3")])]).await, Commit::Conflict);
    }
    assert_eq!(store.ledger_head().await.unwrap().map(|e| e.seq), Some(2));
    assert_eq!(store.ledger(1, 10).await.unwrap(), vec![entry(2, "m2")]);
    let attested = store.attested(&MessageId::from("m2")).await.unwrap().unwrap();
    assert_eq!(attested.decision, record("say", b"", vec![]).digest());
}
