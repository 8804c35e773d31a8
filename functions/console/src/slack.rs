//! What people answer in Slack. They are known by what the operators say of their Slack ids, and then held to the same rules, by
//! the same agent, as on the dashboard.

use agent::Ctx;
use axum::{
    Json,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use domain::{Ballot, Digest, IncidentId, Person, approval::Answer, message::Severity, visible};
use notify::{
    Sent, Slack,
    slack::{Asked, Asks, Interaction, told},
};

use crate::{Input, Output, problem::Failure, remark, routes::act};

/// Bytes of a Slack user's id that are repeated.
const ID: usize = 32;

/// Answers a request of Slack's: `POST /v1/slack`. It is believed if Slack signed it just now, and only once.
///
/// # Errors
/// If Slack did not sign it, or it was sent before, or is none of this app; or if something does not answer.
pub async fn answer(
    ctx: &Ctx,
    sent: &dyn Sent,
    slack: &Slack,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, Failure> {
    let now = ctx.clock.now();
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (timestamp, signature) = (header("x-slack-request-timestamp"), header("x-slack-signature"));
    let id = slack
        .verify(timestamp, signature, body, now)
        .map_err(|why| Failure::forbidden(format!("This request is not accepted: {why}.")))?;
    if !sent.claim(&format!("slack-request/{id}"), now).await? {
        return Err(Failure::refused("This request was sent before. Click again."));
    }
    let Interaction { user, asks } =
        Interaction::read(body).map_err(|why| Failure::invalid(format!("This cannot be read: {why}.")))?;

    let incident = match &asks {
        Asks::Approve { asked, .. } | Asks::Reason { asked, .. } | Asks::Reject { asked, .. } => {
            &asked.incident
        }
        Asks::Nothing => return Ok(StatusCode::OK.into_response()),
    };
    let Some(person) = slack.settings.people.get(&user).cloned() else {
        let user: String = visible(&user).chars().take(ID).collect();
        let text = format!(
            "Somebody whom Slack knows as {user} tried to answer on {incident}, and is not known here. If they may \
             answer, add them to `people` in the secret for Slack."
        );
        remark::record(ctx, incident.as_str(), Severity::Warning, text).await?;
        return refuse(
            slack,
            &user,
            &asks,
            "A-SOC does not know you. Ask an admin to add you to its people.",
        )
        .await;
    };

    let refusal = match &asks {
        Asks::Reason { asked, trigger, .. } => {
            slack.ask_reason(trigger, asked).await.map_err(|fault| Failure::unavailable(&fault))?;
            None
        }
        Asks::Approve { asked, .. } => {
            let actions = offered(ctx, asked).await?;
            cast(ctx, person, asked, Answer::Approve { actions }).await?
        }
        Asks::Reject { asked, reason } => {
            cast(ctx, person, asked, Answer::Reject { reason: reason.clone() }).await?
        }
        Asks::Nothing => None,
    };
    match refusal {
        // The incident's message is brought up to date from the log, as for a ballot on the dashboard.
        None => Ok(StatusCode::OK.into_response()),
        Some(why) => refuse(slack, &user, &asks, &format!("This did not count: {why}.")).await,
    }
}

/// The actions that the plan in force offers. Of another plan none: that the plan has changed is for the agent to say.
async fn offered(ctx: &Ctx, asked: &Asked) -> Result<Vec<Digest>, Failure> {
    let incident = ctx.store.incident(&asked.incident).await?;
    let request = incident.and_then(|incident| incident.approval).map(|approval| approval.request);
    let same = request.filter(|request| request.plan == asked.plan && request.revision == asked.revision);
    Ok(same.map(|request| request.actions).unwrap_or_default())
}

/// Why the ballot does not count, if it does not.
async fn cast(ctx: &Ctx, person: Person, asked: &Asked, answer: Answer) -> Result<Option<String>, Failure> {
    let ballot = Ballot { plan: asked.plan.clone(), answer };
    let ask = |incident: IncidentId| Input::Ballot { incident, person, ballot };
    Ok(match act(ctx, asked.incident.clone(), ask).await? {
        Output::Counted { .. } => None,
        Output::BallotRefused(refusal) => Some(refusal.to_string()),
        _ => Some("no approval is asked for on this incident".to_owned()),
    })
}

/// Tells that person only.
async fn refuse(slack: &Slack, user: &str, asks: &Asks, text: &str) -> Result<Response, Failure> {
    match asks {
        Asks::Reject { .. } => Ok(Json(told(text)).into_response()),
        Asks::Approve { channel, .. } | Asks::Reason { channel, .. } => {
            // Whether or not they can be told, it did not count, and that is on record.
            if let Err(fault) = slack.tell(channel, user, text).await {
                tracing::warn!(error = %fault, "a person could not be told why their answer does not count");
            }
            Ok(StatusCode::OK.into_response())
        }
        Asks::Nothing => Ok(StatusCode::OK.into_response()),
    }
}
