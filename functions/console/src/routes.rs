//! The routes. Each needs a signed-in [`Person`] as a request extension, which the host's sign-in puts there.

use agent::{Ctx, invoke, ports::IncidentFilter, ports::Logged};
use axum::{
    Extension, Json, Router,
    extract::{Path, Query, State},
    middleware::map_response,
    routing::{get, post},
};
use domain::{ActionId, Ballot, FindingId, IncidentId, Inventory, Person, Role, account::Scope};
use serde::Deserialize;

use crate::{
    Console, Input, Output,
    api::{
        ApprovalCard, Events, Feed, FindingDetail, IncidentDetail, IncidentRow, LedgerPage, LedgerReport,
        LoggedMessage, Quarantine, UndoBody, VoteCounted,
    },
    problem::{self, Failure},
    view,
};

/// Rows to a page at most.
const PAGE: usize = 500;

type Answer<T> = Result<Json<T>, Failure>;

/// The routes under `/v1` that are the same wherever A-SOC runs.
pub fn router(ctx: Ctx) -> Router {
    Router::new()
        .route("/v1/me", get(me))
        .route("/v1/feed", get(feed))
        .route("/v1/incidents", get(incidents))
        .route("/v1/incidents/{id}", get(incident))
        .route("/v1/incidents/{id}/events", get(events))
        .route("/v1/incidents/{id}/approval", post(vote))
        .route("/v1/incidents/{id}/actions/{action}/undo", post(undo))
        .route("/v1/findings/{id}", get(finding))
        .route("/v1/approvals", get(approvals))
        .route("/v1/ledger", get(ledger))
        .route("/v1/ledger/verify", get(verify))
        .route("/v1/quarantine", get(quarantine))
        .route("/v1/account", get(account))
        .layer(map_response(problem::in_form))
        .with_state(ctx)
}

/// Refuses a person whose role is below `role`.
pub fn need(person: &Person, role: Role) -> Result<(), Failure> {
    if person.role >= role {
        return Ok(());
    }
    let (have, want) = (format!("{:?}", person.role).to_lowercase(), format!("{role:?}").to_lowercase());
    Err(Failure::forbidden(format!("The role {have} does not allow this; it needs {want}. Ask an admin.")))
}

async fn me(Extension(person): Extension<Person>) -> Json<Person> {
    Json(person)
}

#[derive(Deserialize)]
struct FeedQuery {
    before: Option<u64>,
    after: Option<u64>,
    limit: Option<usize>,
}

async fn feed(State(ctx): State<Ctx>, _: Extension<Person>, Query(query): Query<FeedQuery>) -> Answer<Feed> {
    let newest = ctx.store.newest_message().await?;
    let limit = query.limit.unwrap_or(100).min(PAGE);
    let messages = match query.after {
        Some(after) => ctx.store.messages(after, limit).await?,
        None => ctx.store.messages_before(query.before.unwrap_or(newest + 1), limit).await?,
    };
    Ok(Json(Feed { messages: shown(messages), newest }))
}

async fn incidents(State(ctx): State<Ctx>, _: Extension<Person>) -> Answer<Vec<IncidentRow>> {
    let found = ctx.store.incidents(&IncidentFilter { limit: PAGE, ..Default::default() }).await?;
    Ok(Json(found.iter().map(view::row).collect()))
}

async fn incident(
    State(ctx): State<Ctx>,
    Extension(person): Extension<Person>,
    Path(id): Path<IncidentId>,
) -> Answer<IncidentDetail> {
    let incident =
        ctx.store.incident(&id).await?.ok_or_else(|| Failure::not_found(format!("incident {id}")))?;
    let ids: Vec<_> = incident.findings.iter().map(|f| f.id.clone()).collect();
    let names = std::iter::once(incident.execution.clone())
        .chain(incident.actions.iter().filter_map(domain::ActionRecord::undo_execution));
    let mut executions = Vec::new();
    for name in names {
        executions.extend(ctx.workflows.execution(&name).await?);
    }
    let now = ctx.clock.now();
    Ok(Json(IncidentDetail {
        findings: ctx.store.findings(&ids).await?,
        blast_radius: ctx.store.blast_radius(&id).await?,
        messages: shown(ctx.store.correlated(id.as_str(), PAGE).await?),
        executions,
        may: view::may(&incident, &person, now),
        now,
        incident,
    }))
}

async fn events(State(ctx): State<Ctx>, _: Extension<Person>, Path(id): Path<IncidentId>) -> Answer<Events> {
    let incident =
        ctx.store.incident(&id).await?.ok_or_else(|| Failure::not_found(format!("incident {id}")))?;
    let ids: Vec<_> = incident.findings.iter().map(|f| f.id.clone()).collect();
    let ids: Vec<_> = ctx.store.findings(&ids).await?.into_iter().map(|f| f.event).collect();
    Ok(Json(Events { events: ctx.store.events(&ids).await? }))
}

async fn finding(
    State(ctx): State<Ctx>,
    _: Extension<Person>,
    Path(id): Path<FindingId>,
) -> Answer<FindingDetail> {
    let finding = ctx.store.findings(std::slice::from_ref(&id)).await?.pop();
    let finding = finding.ok_or_else(|| Failure::not_found(format!("finding {}", id.0)))?;
    let event = ctx.store.events(std::slice::from_ref(&finding.event)).await?.pop();
    Ok(Json(FindingDetail { finding, event }))
}

async fn vote(
    State(ctx): State<Ctx>,
    Extension(person): Extension<Person>,
    Path(incident): Path<IncidentId>,
    Json(ballot): Json<Ballot>,
) -> Answer<VoteCounted> {
    match act(&ctx, incident, |incident| Input::Ballot { incident, person, ballot }).await? {
        Output::Counted { outcome, missing } => Ok(Json(VoteCounted { outcome, missing })),
        Output::BallotRefused(refusal @ domain::Refusal::Role { .. }) => {
            Err(Failure::forbidden(refusal.to_string()))
        }
        Output::BallotRefused(refusal) => Err(Failure::refused(refusal.to_string())),
        _ => Err(Failure::refused("No approval is asked for on this incident.")),
    }
}

async fn undo(
    State(ctx): State<Ctx>,
    Extension(person): Extension<Person>,
    Path((incident, action)): Path<(IncidentId, ActionId)>,
    Json(body): Json<UndoBody>,
) -> Result<(), Failure> {
    let UndoBody { reason, accept_risk } = body;
    match act(&ctx, incident, |incident| Input::Undo { incident, action, person, reason, accept_risk })
        .await?
    {
        Output::UndoRefused(refusal @ domain::UndoRefusal::Role { .. }) => {
            Err(Failure::forbidden(refusal.to_string()))
        }
        Output::UndoRefused(refusal) => Err(Failure::refused(refusal.to_string())),
        _ => Ok(()),
    }
}

/// Asks the agent, on an incident that exists. Each request is one of its own: what makes a second one harmless is the
/// incident's version, not its key.
pub(crate) async fn act(
    ctx: &Ctx,
    incident: IncidentId,
    input: impl FnOnce(IncidentId) -> Input,
) -> Result<Output, Failure> {
    if ctx.store.incident(&incident).await?.is_none() {
        return Err(Failure::not_found(format!("incident {incident}")));
    }
    let mut key = [0u8; 16];
    getrandom::fill(&mut key).map_err(|e| Failure::unavailable(&e))?;
    Ok(invoke(&Console, ctx, &hex::encode(key), None, input(incident)).await?)
}

async fn approvals(
    State(ctx): State<Ctx>,
    Extension(person): Extension<Person>,
) -> Answer<Vec<ApprovalCard>> {
    let filter = IncidentFilter {
        statuses: vec![domain::Status::AwaitingApproval],
        limit: PAGE,
        ..Default::default()
    };
    let mut cards = Vec::new();
    for incident in ctx.store.incidents(&filter).await? {
        let ids: Vec<_> = incident.findings.iter().map(|f| f.id.clone()).collect();
        let findings = ctx.store.findings(&ids).await?;
        let radius = ctx.store.blast_radius(&incident.id).await?;
        cards.extend(view::card(&incident, &findings, radius, &person, ctx.clock.now()));
    }
    cards.sort_by_key(|card| card.approval.request.expires);
    Ok(Json(cards))
}

#[derive(Deserialize)]
struct LedgerQuery {
    after: Option<u64>,
    limit: Option<usize>,
}

async fn ledger(
    State(ctx): State<Ctx>,
    _: Extension<Person>,
    Query(query): Query<LedgerQuery>,
) -> Answer<LedgerPage> {
    let newest = ctx.store.ledger_head().await?.map_or(0, |head| head.seq);
    let limit = query.limit.unwrap_or(100).min(PAGE);
    let after = query.after.unwrap_or(newest.saturating_sub(limit as u64));
    Ok(Json(LedgerPage { entries: ctx.store.ledger(after, limit).await?, newest }))
}

async fn verify(State(ctx): State<Ctx>, _: Extension<Person>) -> Answer<LedgerReport> {
    let report = compliance::verify::examine(&*ctx.store, &[], |_| {}).await?;
    Ok(Json(view::report(report)))
}

async fn quarantine(State(ctx): State<Ctx>, Extension(person): Extension<Person>) -> Answer<Quarantine> {
    need(&person, Role::Analyst)?;
    Ok(Json(Quarantine { records: ctx.store.quarantine(PAGE).await? }))
}

async fn account(State(ctx): State<Ctx>, Extension(person): Extension<Person>) -> Answer<Inventory> {
    need(&person, Role::Analyst)?;
    Ok(Json(ctx.account.describe(&Scope::Everything).await.map_err(|e| Failure::unavailable(&e))?))
}

/// Messages as they go over the wire.
pub fn shown(messages: Vec<Logged>) -> Vec<LoggedMessage> {
    messages.into_iter().map(|l| LoggedMessage { seq: l.seq, message: l.message }).collect()
}
