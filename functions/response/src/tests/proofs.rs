//! The agent under its host, with the store it runs on.

use std::sync::Arc;

use agent::{
    Account, Agent, Ctx, Fault, Write, invoke,
    proofs::{outside::outside, prove},
};
use domain::{ActionState, Incident, Principal, PrincipalKind, Status};
use sandbox::{Flaky, Sandbox, When};
use store::SqlStore;

use super::cases;
use crate::{Input, Response, proofs::Twice};

async fn host(account: Arc<dyn Account>) -> Ctx {
    outside(Arc::new(SqlStore::open_in_memory().await.unwrap()), account, cases::start()).0
}

/// Writes the incident as another agent would.
async fn put(ctx: &Ctx, incident: &Incident) {
    let write = Write::Incident(Box::new(incident.clone()));
    agent::proofs::outside::put(ctx, &format!("put-{}", incident.version), write).await;
}

async fn stored(ctx: &Ctx) -> Incident {
    ctx.store.incident(&"inc-1".into()).await.unwrap().unwrap()
}

#[tokio::test]
async fn is_an_agent_on_every_visit() {
    let account = cases::account();
    let ctx = host(Arc::new(Sandbox::new(account.clone()))).await;
    let actions =
        [cases::revoke_user("break-glass"), cases::revoke_role("deploy"), cases::isolate(cases::WEB)];
    let mut incident = cases::incident(&actions, &account);
    incident.principals.push(Principal {
        kind: PrincipalKind::Role,
        arn: account.roles["deploy"].arn.clone(),
        name: "deploy".to_owned(),
        account: None,
        session: None,
        access_key: None,
    });
    put(&ctx, &incident).await;

    let apply = Input::Apply { incident: incident.id.clone() };
    let mut visit = 0;
    while !prove(&Response, &ctx, &format!("apply-{visit}"), apply.clone()).await.done {
        visit += 1;
        assert!(visit < 100);
    }
    let mut incident = stored(&ctx).await;
    let states: Vec<_> = incident.actions.iter().map(|record| record.state).collect();
    assert_eq!(states, [ActionState::LeftOut, ActionState::Verified, ActionState::Verified]);

    let action = incident.actions[2].id.clone();
    let now = ctx.clock.now();
    incident.status = Status::Contained;
    incident.request_undo(&action, &cases::approver(), "false alarm", false, now).unwrap();
    incident.version += 1;
    put(&ctx, &incident).await;
    let undo = Input::Undo { incident: incident.id.clone(), action: action.clone() };
    while !prove(&Response, &ctx, &format!("undo-{visit}"), undo.clone()).await.done {
        visit += 1;
        assert!(visit < 200);
    }
    assert_eq!(stored(&ctx).await.action(&action).unwrap().state, ActionState::Undone);
}

/// The proof that AWS's own account port passes too.
#[tokio::test]
async fn the_sandbox_is_an_account_to_work_on() {
    for action in cases::every_action() {
        for is_repeated in [false, true] {
            let sandbox: Arc<dyn Account> = Arc::new(Sandbox::new(cases::account()));
            let account = if is_repeated { Arc::new(Twice(sandbox)) } else { sandbox };
            let store = Arc::new(SqlStore::open_in_memory().await.unwrap());
            crate::proofs::prove(store, account, action.clone()).await;
        }
    }
}

#[tokio::test]
async fn a_call_that_fails_for_now_is_made_again_under_the_same_decision() {
    for when in [When::Before, When::After] {
        let account = cases::account();
        let sandbox = Arc::new(Sandbox::new(account.clone()));
        let flaky = Arc::new(Flaky::new(sandbox.clone(), 1, when));
        let ctx = host(flaky.clone()).await;
        let incident = cases::incident(&[cases::block("203.0.113.66/32")], &account);
        put(&ctx, &incident).await;
        let apply = Input::Apply { incident: incident.id.clone() };

        invoke(&Response, &ctx, "first", None, apply.clone()).await.unwrap();
        let failed = invoke(&Response, &ctx, "second", None, apply.clone()).await.unwrap_err();
        assert_eq!(failed.fault, Fault::Transient);
        let version = stored(&ctx).await.version;
        invoke(&Response, &ctx, "second", None, apply.clone()).await.unwrap();
        assert_eq!(
            (flaky.written(), stored(&ctx).await.version),
            (2, version),
            "made again, not decided again"
        );

        let mut visit = 0;
        while !invoke(&Response, &ctx, &format!("more-{visit}"), None, apply.clone()).await.unwrap().done {
            visit += 1;
            assert!(visit < 20);
        }
        assert_eq!(stored(&ctx).await.actions[0].state, ActionState::Verified, "{when:?}");
        assert_eq!(flaky.written(), 3, "{when:?}: one lost answer, two entries");
    }
}

#[tokio::test]
async fn an_unknown_incident_is_an_error_for_good() {
    let ctx = host(Arc::new(Sandbox::new(cases::account()))).await;
    let asked = Input::Apply { incident: "inc-none".into() };
    let failed = invoke(&Response, &ctx, "key", None, asked).await.unwrap_err();
    assert_eq!((failed.agent, failed.fault), (Response::NAME.as_str(), Fault::Permanent));
}
