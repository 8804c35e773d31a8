//! The contract of [`Store`] where much is decided at once, bodies are long, names are odd, or a commit does not come about.
//! Each proof takes an empty store.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use domain::{
    BlastRadius, Checkpoint, Digest, Event, EventId, Finding, FindingId, Incident, IncidentId, Message,
    MessageId, Party, Quarantined, Risk, Time, finding::Level,
};
use serde_json::{Value, json};

use super::store::{event, incident, message, record, state, write};
use crate::{
    Commit, DecisionRecord, Store, Write,
    ports::{IncidentFilter, Logged},
};

/// A finding with this id.
pub fn finding(id: &str) -> Finding {
    Finding {
        id: FindingId::from(id),
        rule: "rule".into(),
        title: format!("title of {id}"),
        description: String::new(),
        level: Level::High,
        risk: Risk::new(70),
        contributions: Vec::new(),
        attack: Vec::new(),
        playbook: None,
        event: EventId::from("e"),
        time: Time::from_millis(0),
        operation: "GetUser".into(),
        actor: None,
        origin: None,
        account: None,
        resources: Vec::new(),
        matched: Vec::new(),
        false_positives: Vec::new(),
        opinion: None,
        drill: false,
    }
}

fn quarantined(position: u64, at: i64) -> Quarantined {
    Quarantined {
        delivery: Digest::zero(),
        name: "name".into(),
        position,
        reason: format!("reason {position}"),
        raw: "{".into(),
        time: Time::from_millis(at),
    }
}

/// A decision may say more than any row or page holds; every message keeps its place, its decision and its correlation.
pub async fn many_messages_keep_their_order(store: &dyn Store) {
    let said: Vec<Message> = (0..130).map(|n| message(&format!("m{n}"), &format!("c{}", n % 3))).collect();
    let many = record("many", b"", vec![]);
    assert_eq!(store.commit(&many, b"", &[], &said[..128]).await.unwrap(), Commit::Committed);
    let few = record("few", b"", vec![]);
    assert_eq!(store.commit(&few, b"", &[], &said[128..]).await.unwrap(), Commit::Committed);

    let all = store.messages(0, 1_000).await.unwrap();
    let told: Vec<&Message> = all.iter().map(|logged| &logged.message).collect();
    assert_eq!(told, said.iter().collect::<Vec<_>>());
    assert_eq!(store.newest_message().await.unwrap(), all[129].seq);
    for (from, limit) in [(0_usize, 1), (0, 50), (48, 3), (49, 1), (50, 70), (120, 100), (129, 5), (130, 5)] {
        let after = from.checked_sub(1).map_or(0, |last| all[last].seq);
        let page = store.messages(after, limit).await.unwrap();
        assert_eq!(page, all[from..(from + limit).min(130)], "{limit} after message {from}");
        let before = all.get(from).map_or(all[129].seq + 1, |logged| logged.seq);
        let page = store.messages_before(before, limit).await.unwrap();
        assert_eq!(page, all[from.saturating_sub(limit)..from], "{limit} before message {from}");
    }
    let third: Vec<Logged> = all.iter().filter(|l| l.message.correlation_id == "c1").cloned().collect();
    assert_eq!(store.correlated("c1", 1_000).await.unwrap(), third);
    assert_eq!(store.correlated("c1", 7).await.unwrap(), third[third.len() - 7..]);
    assert!(store.correlated("c", 7).await.unwrap().is_empty());

    let unsealed = store.unsealed(129).await.unwrap();
    assert_eq!(
        unsealed.iter().map(|u| &u.message).collect::<Vec<_>>(),
        said[..129].iter().collect::<Vec<_>>()
    );
    for (n, decision) in [(0, &many), (49, &many), (50, &many), (127, &many), (128, &few), (129, &few)] {
        let attested = store.attested(&said[n].message_id).await.unwrap().unwrap();
        assert_eq!((&attested.message, attested.decision), (&said[n], decision.digest()));
    }
    assert!(store.attested(&MessageId::from("m130")).await.unwrap().is_none());
}

/// Findings are found by id, the first of an id stays; quarantined records come newest first.
pub async fn findings_and_quarantine_are_found_again(store: &dyn Store) {
    let findings: Vec<Finding> = (0..150).map(|n| finding(&format!("f{n}"))).collect();
    let mut writes: Vec<Write> = findings.iter().map(|f| Write::Finding(Box::new(f.clone()))).collect();
    writes.push(Write::Quarantine((0..12).map(|n| quarantined(n, 500)).collect()));
    assert_eq!(write(store, "one", &writes).await, Commit::Committed);
    let other = Finding { title: "another".into(), ..finding("f0") };
    let again = [Write::Finding(Box::new(other)), Write::Quarantine(vec![quarantined(100, 400)])];
    assert_eq!(write(store, "two", &again).await, Commit::Committed);

    let ids: Vec<FindingId> = ["f149", "unknown", "f0"].map(FindingId::from).to_vec();
    assert_eq!(store.findings(&ids).await.unwrap(), [findings[149].clone(), findings[0].clone()]);
    let newest: Vec<u64> = store.quarantine(3).await.unwrap().iter().map(|r| r.position).collect();
    assert_eq!(newest, [11, 10, 9]);
    assert_eq!(store.quarantine(100).await.unwrap().last(), Some(&quarantined(100, 400)));
}

/// What a commit wrote that did not come about is not there, neither then nor after the next try, which may write less.
pub async fn what_did_not_commit_is_not_seen(store: &dyn Store) {
    let stale = [
        Write::Events(vec![event("lost", 5, "alice"), event("kept", 4, "alice")]),
        Write::Finding(Box::new(finding("lost"))),
        Write::Finding(Box::new(finding("changed"))),
        Write::Quarantine(vec![quarantined(0, 5)]),
        Write::Incident(Box::new(incident("a", 2, 0))),
        Write::State(state("a", 1, json!(1), 9_000)),
    ];
    let said = [message("lost", "c")];
    let first = record("key", b"first", vec![]);
    assert_eq!(store.commit(&first, b"first", &stale, &said).await.unwrap(), Commit::Conflict);
    let shows = |name: &'static str| async move {
        let events = store.history(&["alice".into()], Time::from_millis(0), 1).await.unwrap();
        let sharing = IncidentFilter { keys: vec!["key of a".into()], ..Default::default() };
        assert!(store.incidents(&sharing).await.unwrap().is_empty(), "{name}");
        assert!(store.findings(&[FindingId::from("lost")]).await.unwrap().is_empty(), "{name}");
        assert!(store.quarantine(9).await.unwrap().is_empty(), "{name}");
        assert!(store.attested(&MessageId::from("lost")).await.unwrap().is_none(), "{name}");
        assert!(store.correlated("c", 9).await.unwrap().is_empty(), "{name}");
        assert!(store.states(&["a".into()], Time::from_millis(0)).await.unwrap()[0].is_none(), "{name}");
        events.into_iter().map(|event| event.id.0).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(shows("after the conflict").await, "");
    let second = DecisionRecord { time: Time::from_millis(2_000), ..record("key", b"second", vec![]) };
    let anew = Finding { title: "decided anew".into(), ..finding("changed") };
    let less = [Write::Events(vec![event("kept", 4, "alice")]), Write::Finding(Box::new(anew.clone()))];
    assert_eq!(store.commit(&second, b"second", &less, &[]).await.unwrap(), Commit::Committed);
    assert_eq!(shows("after the next try").await, "kept");
    let findings = store.findings(&[FindingId::from("changed")]).await.unwrap();
    assert_eq!(findings, [anew], "as it was committed");
    let known = store.known_events(&["lost", "kept"].map(EventId::from)).await.unwrap();
    assert_eq!(known.into_iter().map(|id| id.0).collect::<Vec<_>>(), ["kept"]);
}

/// Bodies are kept whole, however long.
pub async fn long_bodies_are_kept(store: &dyn Store) {
    let long = "é\"".repeat(150_000);
    let told = Message { correlation_id: "c".into(), ..message("m", &long) };
    let big_event = Event { raw: json!({ "long": long }), ..event("e", 0, "alice") };
    let big_incident = Incident { title: long.clone(), ..incident("a", 1, 0) };
    let big_state = state("a", 1, json!(long), 9_000);
    let radius = |distance: &str| BlastRadius {
        incident: IncidentId::from("a"),
        as_of: Time::from_millis(0),
        nodes: Vec::new(),
        edges: Vec::new(),
        totals: BTreeMap::from([(distance.to_owned(), 1)]),
        reachable_after_plan: None,
        counterfactuals: Vec::new(),
        path: Vec::new(),
        blind_spots: vec![long.clone()],
    };
    let writes = [
        Write::Events(vec![big_event.clone()]),
        Write::Incident(Box::new(big_incident.clone())),
        Write::State(big_state.clone()),
        Write::BlastRadius(Box::new(radius("first"))),
    ];
    let big = DecisionRecord { input: Value::String(long.clone()), ..record("big", b"", vec![]) };
    let said = [told.clone(), Message { message_id: MessageId::from("m2"), ..told.clone() }];
    assert_eq!(store.commit(&big, b"", &writes, &said).await.unwrap(), Commit::Committed);
    assert_eq!(
        write(store, "again", &[Write::BlastRadius(Box::new(radius("second")))]).await,
        Commit::Committed
    );

    let read = store.decision(Party::Console, "big").await.unwrap().unwrap();
    assert_eq!(read.digest(), big.digest());
    assert!(store.events(&[EventId::from("e")]).await.unwrap() == [big_event]);
    assert!(store.incident(&IncidentId::from("a")).await.unwrap() == Some(big_incident));
    assert!(store.states(&["a".into()], Time::from_millis(0)).await.unwrap() == [Some(big_state)]);
    assert!(
        store.blast_radius(&IncidentId::from("a")).await.unwrap() == Some(radius("second")),
        "the latest"
    );
    let messages = store.messages(0, 9).await.unwrap();
    assert!(messages.iter().map(|l| &l.message).collect::<Vec<_>>() == [&said[0], &said[1]]);
}

/// Names come from logs: they may be empty, long, or look like anything, and stay apart.
pub async fn odd_names_are_kept(store: &dyn Store) {
    let names =
        ["", " ", "a#b", "a/b", "sha256:", "é🦀", &"x".repeat(5_000), &format!("{}y", "x".repeat(4_999))];
    for (n, name) in (0..).zip(names) {
        let acted = event(&format!("event {name}"), n, name);
        let writes = [
            Write::Events(vec![acted.clone()]),
            Write::Incident(Box::new(Incident { keys: vec![name.into()], ..incident(&n.to_string(), 1, n) })),
            Write::State(state(name, 1, json!(n), 9_000)),
            Write::Finding(Box::new(finding(name))),
        ];
        let said = [message(&format!("message {name}"), name)];
        let commit = store.commit(&record(name, b"", vec![]), b"", &writes, &said).await.unwrap();
        assert_eq!(commit, Commit::Committed, "{name:.20}");
        assert!(
            store.events(std::slice::from_ref(&acted.id)).await.unwrap() == [acted.clone()],
            "{name:.20}"
        );
        store.put_refusal(name, name).await.unwrap();
    }
    for (n, name) in (0..).zip(names) {
        let acted = store.history(&[name.to_owned()], Time::from_millis(0), 9).await.unwrap();
        assert_eq!(acted.iter().map(|e| e.time.millis()).collect::<Vec<_>>(), [n], "{name:.20}");
        let sharing = IncidentFilter { keys: vec![name.into()], ..Default::default() };
        let found = store.incidents(&sharing).await.unwrap();
        assert_eq!(found.iter().map(|i| i.opened.millis()).collect::<Vec<_>>(), [n]);
        let kept = store.states(&[name.to_owned()], Time::from_millis(0)).await.unwrap();
        assert!(kept == [Some(state(name, 1, json!(n), 9_000))], "{name:.20}");
        assert!(store.findings(&[FindingId::from(name)]).await.unwrap() == [finding(name)], "{name:.20}");
        assert_eq!(store.correlated(name, 9).await.unwrap().len(), 1, "{name:.20}");
        assert!(store.refusal(name).await.unwrap().as_deref() == Some(name), "{name:.20}");
        assert!(store.decision(Party::Console, name).await.unwrap().is_some());
    }
}

/// Checkpoints are kept in order; the first of a number stays. Blobs are found by digest.
pub async fn checkpoints_and_blobs_are_kept(store: &dyn Store) {
    let checkpoint = |seq: u64, key: &str| Checkpoint {
        seq,
        hash: Digest::zero(),
        time: Time::from_millis(0),
        key: key.into(),
        signature: String::new(),
    };
    assert_eq!(store.newest_checkpoint().await.unwrap(), None);
    for (seq, key) in [(20, "a"), (3, "b"), (20, "c"), (100, "d")] {
        store.put_checkpoint(&checkpoint(seq, key)).await.unwrap();
    }
    let kept = [checkpoint(3, "b"), checkpoint(20, "a"), checkpoint(100, "d")];
    assert_eq!(store.checkpoints().await.unwrap(), kept);
    assert_eq!(store.newest_checkpoint().await.unwrap().as_ref(), kept.last());

    for bytes in [b"".as_slice(), b"\x00\xff", &vec![7; 3_000_000]] {
        let digest = store.put_blob(bytes).await.unwrap();
        assert_eq!(store.put_blob(bytes).await.unwrap(), digest, "twice is as once");
        assert_eq!(
            (digest.clone(), store.blob(&digest).await.unwrap().as_deref()),
            (Digest::of(bytes), Some(bytes))
        );
    }
    assert!(store.blob(&Digest::of(b"unknown")).await.unwrap().is_none());
}
