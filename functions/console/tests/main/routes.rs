//! What is shown, and to whom.

use ::agent::proofs::store::{message, record};
use axum::http::StatusCode;
use console::api::{ApprovalCard, Feed, IncidentDetail, IncidentRow, LedgerPage, LedgerReport};
use domain::{Incident, Outcome, Role, Status, Time};

use super::{World, approver, contained, person, problem, waiting};

fn viewer() -> domain::Person {
    person("v", Role::Viewer)
}

#[tokio::test]
async fn a_person_is_told_who_they_are() {
    let world = World::with(&[]).await;
    let (status, body) = world.fetch(&approver("zoe"), "/v1/me").await;
    assert_eq!((status, serde_json::from_value(body).unwrap()), (StatusCode::OK, approver("zoe")));
}

#[tokio::test]
async fn what_only_analysts_see() {
    let world = World::with(&[]).await;
    for path in ["/v1/quarantine", "/v1/account"] {
        let message = problem(world.fetch(&viewer(), path).await, StatusCode::FORBIDDEN, "forbidden");
        assert!(message.contains("viewer") && message.contains("analyst"), "{message}");
        for role in [Role::Analyst, Role::Approver, Role::Admin] {
            assert_eq!(world.fetch(&person("x", role), path).await.0, StatusCode::OK, "{path} for {role:?}");
        }
    }
}

#[tokio::test]
async fn the_feed_is_paged_backwards() {
    let world = World::with(&[]).await;
    for n in 1..=7 {
        let said = [message(&format!("m{n}"), "c")];
        world.ctx.store.commit(&record(&n.to_string(), b"", vec![]), b"", &[], &said).await.unwrap();
    }
    for (query, expected) in [
        ("", "m1 m2 m3 m4 m5 m6 m7"),
        ("?limit=3", "m5 m6 m7"),
        ("?limit=3&before=5", "m2 m3 m4"),
        ("?limit=3&before=2", "m1"),
        ("?before=1", ""),
        ("?before=0", ""),
        ("?limit=0", ""),
        ("?before=18446744073709551615&limit=2", "m6 m7"),
        ("?limit=99999999", "m1 m2 m3 m4 m5 m6 m7"),
    ] {
        let (_, body) = world.fetch(&viewer(), &format!("/v1/feed{query}")).await;
        let feed: Feed = serde_json::from_value(body).unwrap();
        let ids: Vec<_> = feed.messages.iter().map(|logged| logged.message.message_id.as_str()).collect();
        assert_eq!((ids.join(" ").as_str(), feed.newest), (expected, 7), "{query}");
        assert!(feed.messages.windows(2).all(|pair| pair[0].seq < pair[1].seq));
    }
    for query in ["?limit=-1", "?before=soon"] {
        let answer = world.fetch(&viewer(), &format!("/v1/feed{query}")).await;
        problem(answer, StatusCode::BAD_REQUEST, "invalid");
    }
}

#[tokio::test]
async fn approvals_are_what_waits_the_most_urgent_first() {
    let until = |id: &str, expires: i64| {
        let mut incident = waiting(id, 1);
        incident.approval.as_mut().unwrap().request.expires = Time::from_millis(expires);
        incident
    };
    let mut expired = until("e", super::EXPIRES);
    expired.approval.as_mut().unwrap().outcome = Some(Outcome::Expired { actions: vec![] });
    expired.status = Status::Expired;
    let mut all = vec![
        contained("c"),
        Incident { status: Status::Open, approval: None, ..waiting("o", 1) },
        Incident { status: Status::Failed, ..waiting("f", 1) },
        expired,
    ];
    // More than the store shows unasked: the most urgent ones are not the newest.
    let base = super::EXPIRES;
    all.extend((0..120).map(|n| {
        let incident = until(&format!("w{n:03}"), base + (n * 77) % 120);
        Incident { opened: Time::from_millis(base + (n * 77) % 120), ..incident }
    }));
    let world = World::with(&all).await;
    let (_, body) = world.fetch(&approver("zoe"), "/v1/approvals").await;
    let cards: Vec<ApprovalCard> = serde_json::from_value(body).unwrap();
    assert_eq!(cards.len(), 120);
    let times: Vec<_> = cards.iter().map(|card| card.approval.request.expires.millis()).collect();
    assert_eq!(times, (base..base + 120).collect::<Vec<_>>());
    assert!(cards.iter().all(|card| card.may.vote && card.may.why_not.is_none()));

    for (who, why_not) in [(viewer(), "role"), (person("ann", Role::Admin), "subject")] {
        let (_, body) = world.fetch(&who, "/v1/approvals").await;
        let cards: Vec<ApprovalCard> = serde_json::from_value(body).unwrap();
        assert!(cards.iter().all(|c| !c.may.vote && c.may.why_not.as_ref().unwrap().contains(why_not)));
    }
}

#[tokio::test]
async fn incidents_are_listed_newest_first_and_shown_in_full() {
    let at = |id: &str, opened| Incident { opened: Time::from_millis(opened), ..waiting(id, 1) };
    let world =
        World::with(&[at("a", 1), at("c", 3), Incident { status: Status::Denied, ..at("b", 2) }]).await;
    let (_, body) = world.fetch(&viewer(), "/v1/incidents").await;
    let rows: Vec<IncidentRow> = serde_json::from_value(body).unwrap();
    assert_eq!(rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["c", "b", "a"]);
    assert_eq!(rows.iter().map(|row| row.expires.is_some()).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(rows[0].principals, ["ann"]);

    let (_, body) = world.fetch(&viewer(), "/v1/incidents/c").await;
    let detail: IncidentDetail = serde_json::from_value(body).unwrap();
    assert_eq!(detail.incident, at("c", 3));
    assert!(!detail.may.vote && detail.may.undo.is_empty());
    for path in ["/v1/incidents/zzz", "/v1/incidents/zzz/events"] {
        problem(world.fetch(&viewer(), path).await, StatusCode::NOT_FOUND, "not_found");
    }
}

#[tokio::test]
async fn the_ledger_is_paged_and_examined() {
    let world = World::with(&[]).await;
    let (_, body) = world.fetch(&viewer(), "/v1/ledger").await;
    let empty: LedgerPage = serde_json::from_value(body).unwrap();
    assert_eq!((empty.entries.len(), empty.newest), (0, 0));

    let said: Vec<_> = (0..5).map(|n| message(&format!("m{n}"), "c")).collect();
    world.ctx.store.commit(&record("k", b"", vec![]), b"", &[], &said).await.unwrap();
    let sealed =
        ::agent::invoke(&compliance::Compliance, &world.ctx, "s", None, compliance::Input::Seal).await;
    sealed.unwrap();
    for (query, expected) in [
        ("", vec![1, 2, 3, 4, 5]),
        ("?limit=2", vec![4, 5]),
        ("?after=1&limit=2", vec![2, 3]),
        ("?after=5", vec![]),
    ] {
        let (_, body) = world.fetch(&viewer(), &format!("/v1/ledger{query}")).await;
        let page: LedgerPage = serde_json::from_value(body).unwrap();
        assert_eq!(page.entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), expected, "{query}");
        assert_eq!(page.newest, 5);
    }
    let (_, body) = world.fetch(&viewer(), "/v1/ledger/verify").await;
    let report: LedgerReport = serde_json::from_value(body).unwrap();
    assert!(report.ok && report.entries == 5 && report.unsealed == 0, "{report:?}");
}
