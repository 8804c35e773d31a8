//! What Slack is told.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use domain::{
    ActionState, BlastRadius, IncidentId, Outcome, Status, Time, Vote,
    approval::Answer,
    graph::{Breakage, Counterfactual},
    message::Severity,
};
use notify::{Remembered, Sent, Thread};
use serde_json::{Value, json};

use super::{
    START, World, ann, arn, button, cast, logged, names, notice, record, required, says, settled, texts,
    update,
};

#[tokio::test]
async fn a_request_has_the_facts_for_a_decision() {
    let incident = ann();
    let world = World::with(&incident).await;
    let taken = world.tell("m1", required(&incident)).await;
    assert_eq!(names(&taken), ["chat.postMessage", "trigger"]);
    let card = &taken[0].1;
    for fact in [
        "Approval needed: Access key used from two places",
        "87 of 100",
        "waiting for approval",
        "15 min after it was asked",
        "2 more of 2",
        "nothing is applied",
        &arn("ann"),
        "1. Attach a deny-all policy to IAM user ann",
        "2. Attach a deny-all policy to IAM user bob",
        "Undo: Reactivate the keys of ann",
        "Would break: not known yet",
    ] {
        assert!(says(card, fact), "{fact}: {card:#}");
    }
    let expires = (START + 900_000) / 1000;
    assert!(says(card, &format!("<!date^{expires}^")), "{card:#}");
    assert_eq!(card["metadata"]["event_payload"]["message_id"], "m1");
    let value: Value =
        serde_json::from_str(button(card, "asoc_approve").unwrap()["value"].as_str().unwrap()).unwrap();
    let plan = incident.plan.as_ref().unwrap();
    assert_eq!(value, json!({ "incident": incident.id, "plan": plan.hash, "revision": 1 }));
    assert_eq!(button(card, "asoc_reject").unwrap()["value"], button(card, "asoc_approve").unwrap()["value"]);
    let link = "https://soc.example/incident/?id=inc-0123456789abcdef";
    assert_eq!(button(card, "asoc_open").unwrap()["url"], link);

    assert!(world.tell("m1", required(&incident)).await.is_empty(), "what comes twice is posted once");
}

#[tokio::test]
async fn what_is_only_observed_is_said_plainly() {
    for (observed, headline) in [(2, "The account is only observed"), (1, "1 of 2 actions are only observed")]
    {
        let mut incident = ann();
        let actions = incident.plan.as_ref().unwrap().actions.clone();
        let observe = actions.iter().take(observed).map(|action| action.id.clone()).collect();
        incident.verdict.as_mut().unwrap().observe = observe;
        let world = World::with(&incident).await;
        let taken = world.tell("m1", required(&incident)).await;
        assert!(says(&taken[0].1, headline), "{:#}", taken[0].1);
        let marked =
            texts(&taken[0].1).iter().filter(|text| text.contains("Only observed: nothing is sent.")).count();
        assert_eq!(marked, observed);
    }
}

#[tokio::test]
async fn the_message_follows_the_incident_and_its_thread_says_what_is_new() {
    let incident = ann();
    let world = World::with(&incident).await;
    let begun = world.tell("m1", required(&incident)).await;
    let thread = json!("1.000000");
    assert_eq!(begun[0].0, "chat.postMessage");

    let hashes: Vec<_> = incident.approval.as_ref().unwrap().request.actions.clone();
    let vote = |by: &str| Vote {
        by: by.into(),
        principals: vec![],
        at: incident.updated,
        answer: Answer::Approve { actions: hashes.clone() },
    };
    let voted = world.becomes(|incident| incident.approval.as_mut().unwrap().votes.push(vote("zoe"))).await;
    let taken = world.tell("m2", cast(&voted, "zoe")).await;
    assert_eq!(names(&taken), ["chat.update", "chat.postMessage", "acknowledge"]);
    assert_eq!((&taken[0].1["ts"], &taken[1].1["thread_ts"]), (&thread, &thread));
    assert!(says(&taken[0].1, "zoe approved 2 of 2") && says(&taken[0].1, "1 more of 2"), "{:#}", taken[0].1);
    assert!(button(&taken[0].1, "asoc_approve").is_some(), "another must agree");
    assert!(says(&taken[1].1, "zoe approved 2 actions."));
    assert_eq!(taken[1].1["reply_broadcast"], Value::Null);

    let outcome = Outcome::Approved { actions: hashes.clone(), by: vec!["zoe".into(), "yan".into()] };
    let settled_now = world
        .becomes(|incident| {
            let approval = incident.approval.as_mut().unwrap();
            approval.votes.push(vote("yan"));
            approval.outcome = Some(outcome.clone());
            incident.status = Status::Responding;
        })
        .await;
    let row = [logged("m3", cast(&settled_now, "yan")), logged("m4", settled(&settled_now, outcome))];
    world.try_tell(&row).await.unwrap();
    let taken = world.service.taken();
    assert_eq!(
        names(&taken),
        ["chat.update", "chat.postMessage", "acknowledge"],
        "one reply for all that was decided at once"
    );
    assert!(button(&taken[0].1, "asoc_approve").is_none() && button(&taken[0].1, "asoc_open").is_some());
    assert!(
        says(&taken[1].1, "yan approved 2 actions.\nApproved by zoe and yan: 2 actions."),
        "{:#}",
        taken[1].1
    );
}

#[tokio::test]
async fn no_state_is_told_as_another() {
    use ActionState::{Applied, Applying, Failed, LeftOut, Planned, Simulated, Undoing, Undone, Verified};
    let incident = ann();
    let words = [
        (Planned, "Planned: "),
        (LeftOut, "Left out: "),
        (Simulated, "Simulated, nothing was sent: "),
        (Applied, "Applied, not yet verified: "),
        (Verified, "Verified: "),
        (Undone, "Undone: "),
        (Failed, "Failed: "),
    ];
    for (state, said) in words {
        let world = World::with(&incident).await;
        world.tell("m1", required(&incident)).await;
        let now = world.becomes(|incident| incident.actions[0].state = state).await;
        let taken = world.tell("m2", update(&now, 0, state)).await;
        assert_eq!(names(&taken), ["chat.update", "chat.postMessage"], "{state:?}");
        for (_, other) in words {
            assert_eq!(
                texts(&taken[1].1)[0].starts_with(other),
                other == said,
                "{state:?}: {:#}",
                taken[1].1
            );
        }
        assert_eq!(taken[1].1["reply_broadcast"] == true, state == Failed);
    }
    for (state, shown) in [(Applying, "Being applied"), (Undoing, "Being undone")] {
        let world = World::with(&incident).await;
        world.tell("m1", required(&incident)).await;
        let now = world.becomes(|incident| incident.actions[0].state = state).await;
        let taken = world.tell("m2", update(&now, 0, state)).await;
        assert_eq!(names(&taken), ["chat.update"], "{state:?} is shown, not said");
        assert!(says(&taken[0].1, shown), "{:#}", taken[0].1);
    }
}

#[tokio::test]
async fn what_would_break_is_shown_once_it_is_known() {
    let incident = ann();
    let world = World::with(&incident).await;
    world.tell("m1", required(&incident)).await;
    let action = incident.plan.as_ref().unwrap().actions[0].id.clone();
    let broken =
        Breakage { what: "backup job".into(), evidence: "12 calls in 7 days".into(), last_used: None };
    let radius = BlastRadius {
        incident: incident.id.clone(),
        as_of: incident.updated,
        nodes: vec![],
        edges: vec![],
        totals: Default::default(),
        reachable_after_plan: None,
        counterfactuals: vec![Counterfactual {
            action,
            reachable_before: 3,
            reachable_after: 1,
            protects: vec![],
            breaks: vec![broken],
            recommended: true,
        }],
        path: vec![],
        blind_spots: vec![],
    };
    agent::proofs::outside::put(&world.ctx, "drawn", agent::Write::BlastRadius(Box::new(radius))).await;
    let drawn = domain::message::BlastRadiusDrawn {
        incident: incident.id.clone(),
        reachable: 3,
        crown_jewels: 1,
        graph: domain::Digest::zero(),
    };
    let taken = world.tell("m2", domain::Payload::BlastRadiusUpdate(drawn)).await;
    assert_eq!(names(&taken), ["chat.update", "chat.postMessage"]);
    assert!(says(&taken[0].1, "Would break: backup job (12 calls in 7 days)"), "{:#}", taken[0].1);
    assert!(says(&taken[1].1, "3 things, 1 crown jewels"));
}

#[tokio::test]
async fn a_new_plan_is_asked_in_the_same_place_and_for_all_to_see() {
    let first = ann();
    let world = World::with(&first).await;
    world.tell("m1", required(&first)).await;
    let second = world
        .becomes(|incident| {
            let plan = incident.plan.as_ref().unwrap();
            let plan = domain::Plan::new(incident.id.clone(), 2, plan.actions[..1].to_vec());
            let verdict = incident.verdict.clone().unwrap();
            let request = domain::ApprovalRequest::new(&plan, &verdict, vec![], incident.updated);
            incident.plan = Some(plan);
            incident.approval = Some(domain::Approval::new(request));
        })
        .await;
    let taken = world.tell("m2", required(&second)).await;
    assert_eq!(names(&taken), ["chat.update", "chat.postMessage", "trigger"]);
    let hash = &second.plan.as_ref().unwrap().hash;
    assert!(
        button(&taken[0].1, "asoc_approve").unwrap()["value"].as_str().unwrap().contains(hash.0.as_str())
    );
    assert_eq!(taken[1].1["reply_broadcast"], true);
    // The first request comes late: it shows what is asked now, and calls nobody.
    let late = world.tell("m3", required(&first)).await;
    assert!(names(&late).iter().all(|name| *name != "trigger"), "{late:?}");
    assert!(button(&late[0].1, "asoc_approve").unwrap()["value"].as_str().unwrap().contains(hash.0.as_str()));
}

#[tokio::test]
async fn of_notices_the_errors_are_told() {
    let incident = ann();
    let world = World::with(&incident).await;
    for (severity, told) in [(Severity::Info, false), (Severity::Warning, false), (Severity::Error, true)] {
        let mut message =
            logged(&format!("{severity:?}"), notice(severity, "The ledger is broken at entry 7."));
        message.message.correlation_id = "ledger".into();
        world.try_tell(&[message]).await.unwrap();
        let taken = world.service.taken();
        assert_eq!(names(&taken), if told { vec!["chat.postMessage"] } else { vec![] });
        assert!(taken.iter().all(|(_, post)| says(post, "entry 7") && post["thread_ts"].is_null()));
    }
}

#[tokio::test]
async fn what_was_only_opened_is_told_with_what_comes_of_it() {
    let mut incident = ann();
    (incident.status, incident.approval) = (Status::Open, None);
    let world = World::with(&incident).await;
    let opened = domain::message::IncidentUpdate {
        incident: incident.id.clone(),
        title: incident.title.clone(),
        status: Status::Open,
        risk: incident.risk,
        change: "Opened.".into(),
    };
    assert!(world.tell("m1", domain::Payload::Incident(opened)).await.is_empty());
    let noted = world.becomes(|incident| incident.status = Status::Noted).await;
    let taken = world.tell("m2", record(&noted)).await;
    assert_eq!(names(&taken), ["chat.postMessage", "chat.postMessage", "resolve", "resolve"]);
    assert!(button(&taken[0].1, "asoc_approve").is_none());
    assert!(says(&taken[1].1, "On record: noted"));
}

#[tokio::test]
async fn of_two_threads_that_begin_at_once_one_is_kept() {
    let incident = ann();
    let world = World::with(&incident).await;
    let (one, two) = ([logged("m1", required(&incident))], [logged("m2", cast(&incident, "zoe"))]);
    let (a, b) = tokio::join!(world.try_tell(&one), world.try_tell(&two));
    a.and(b).unwrap();
    let taken = world.service.taken();
    let deleted: Vec<_> = taken.iter().filter(|(name, _)| name == "chat.delete").collect();
    let begun = taken.iter().filter(|(name, post)| name == "chat.postMessage" && post["thread_ts"].is_null());
    assert_eq!((begun.count(), deleted.len()), (2, 1), "{taken:#?}");
    let kept = world.notifier.sent.thread(&incident.id).await.unwrap().unwrap();
    assert_ne!(deleted[0].1["ts"], json!(kept.ts));
    let replies = taken.iter().filter_map(|(_, post)| post["thread_ts"].as_str());
    assert!(replies.into_iter().all(|ts| ts == kept.ts), "{taken:#?}");
}

/// Forgets once, as one does who dies after posting.
#[derive(Default)]
struct Dying(Remembered, AtomicBool);

#[async_trait::async_trait]
impl Sent for Dying {
    async fn is_claimed(&self, key: &str) -> anyhow::Result<bool> {
        self.0.is_claimed(key).await
    }

    async fn claim(&self, key: &str, now: Time) -> anyhow::Result<bool> {
        anyhow::ensure!(self.1.swap(true, Ordering::SeqCst), "it is gone");
        self.0.claim(key, now).await
    }

    async fn thread(&self, incident: &IncidentId) -> anyhow::Result<Option<Thread>> {
        self.0.thread(incident).await
    }

    async fn keep_thread(&self, incident: &IncidentId, thread: &Thread, now: Time) -> anyhow::Result<Thread> {
        self.0.keep_thread(incident, thread, now).await
    }
}

#[tokio::test]
async fn a_crash_after_posting_doubles_and_never_silences() {
    let incident = ann();
    let mut world = World::with(&incident).await;
    world.notifier.sent = Arc::new(Dying::default());
    let row = [logged("m1", required(&incident))];
    assert!(world.try_tell(&row).await.unwrap_err().to_string().contains("it is gone"));
    assert_eq!(names(&world.service.taken()), ["chat.postMessage", "trigger"]);
    world.try_tell(&row).await.unwrap();
    let again = world.service.taken();
    assert_eq!(names(&again), ["chat.update", "chat.postMessage"], "nobody is called twice");
    assert!(again.iter().all(|(_, post)| post["metadata"]["event_payload"]["message_id"] == "m1"));
    world.try_tell(&row).await.unwrap();
    assert!(world.service.taken().is_empty());
}
