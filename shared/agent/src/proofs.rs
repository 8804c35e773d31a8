//! What every agent must prove. Tests of each agent call [`prove`] on inputs that lead into each branch.

pub mod bulk;
pub mod outside;
pub mod store;

use domain::Digest;

use crate::{Agent, Ctx, Observed, invoke};

/// Hands every proof of a store, and what is given before them, to a macro of the caller's, so that no store forgets one. The caller has the
/// modules by the names `contract` ([`store`]) and [`bulk`].
#[macro_export]
macro_rules! store_proofs {
    ($keeps:ident $(, $given:ident)*) => {
        $keeps!(
            $($given,)*
            contract::a_decision_commits_once,
            contract::a_conflict_changes_nothing,
            contract::one_of_many_writers_wins,
            contract::states_are_kept_until_they_expire,
            contract::one_of_many_writers_of_a_state_wins,
            contract::calls_and_refusals_are_kept,
            contract::events_are_found_again,
            contract::incidents_are_found_again,
            contract::the_log_keeps_its_order,
            contract::the_ledger_only_grows,
            bulk::many_messages_keep_their_order,
            bulk::findings_and_quarantine_are_found_again,
            bulk::what_did_not_commit_is_not_seen,
            bulk::long_bodies_are_kept,
            bulk::odd_names_are_kept,
            bulk::checkpoints_and_blobs_are_kept,
        );
    };
}

/// Proves on one input that the agent is what [`Agent`] says: its decision is deterministic, also on evidence that went
/// through its recorded form; the decision is on record with its evidence; and a redelivery changes nothing.
///
/// # Panics
/// Where a proof fails: this is for tests.
#[allow(clippy::panic, clippy::expect_used)]
pub async fn prove<A: Agent>(agent: &A, ctx: &Ctx, key: &str, input: A::Input) -> A::Output {
    let facts = agent.gather(ctx, &input).await.expect("gather reads");
    let evidence = Observed { now: ctx.clock.now(), facts };
    let decided = Digest::of_json(&agent.decide(&input, &evidence));
    assert_eq!(decided, Digest::of_json(&agent.decide(&input, &evidence)), "a decision is deterministic");

    let mut recorded: Observed<A::Evidence> =
        serde_json::from_value(serde_json::to_value(&evidence).expect("evidence has a JSON form"))
            .expect("recorded evidence can be read again");
    agent.reload(ctx, &mut recorded.facts).await.expect("what evidence refers to can be fetched");
    assert_eq!(
        decided,
        Digest::of_json(&agent.decide(&input, &recorded)),
        "recorded evidence decides the same"
    );

    let output = invoke(agent, ctx, key, None, input.clone()).await.unwrap_or_else(|e| panic!("{e}"));
    let record = ctx
        .store
        .decision(A::NAME, key)
        .await
        .expect("the store answers")
        .expect("the decision is on record");
    assert!(record.carried_out || record.calls.is_empty(), "what was decided was carried out");
    let seen =
        ctx.store.blob(&record.evidence).await.expect("the store answers").expect("its evidence is archived");
    let mut replayed: Observed<A::Evidence> =
        serde_json::from_slice(&seen).expect("evidence can be read again");
    agent.reload(ctx, &mut replayed.facts).await.expect("what evidence refers to can be fetched");
    assert_eq!(
        record.decision,
        Digest::of_json(&agent.decide(&input, &replayed)),
        "a replay decides the same"
    );

    let said = ctx.store.newest_message().await.expect("the store answers");
    let again = invoke(agent, ctx, key, None, input).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(Digest::of_json(&output), Digest::of_json(&again), "a redelivery gets the same answer");
    assert_eq!(
        said,
        ctx.store.newest_message().await.expect("the store answers"),
        "a redelivery says nothing new"
    );
    output
}
