//! What the rules answered, checked before it becomes a verdict.

use domain::{ActionId, Digest, Effect, Verdict, verdict::Question};
use serde::Deserialize;

use crate::PolicyError;

/// A verdict as the rules give it. Every field must be there and no other may, so that a misspelt one is refused
/// instead of ignored.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    effect: Effect,
    reasons: Vec<String>,
    approvers: u8,
    expires_seconds: u32,
    on_expiry: Vec<ActionId>,
    observe: Vec<ActionId>,
}

/// The verdict that these rules, known by `policy`, gave on this question. `answer` is JSON; none, if the rule is
/// undefined.
pub(crate) fn check(
    answer: Option<&str>,
    question: &Question,
    policy: &Digest,
) -> Result<Verdict, PolicyError> {
    let refused = |why: String| Err(PolicyError::Answer(why));
    let Some(json) = answer else { return refused("the rule is undefined".to_owned()) };
    let answer: Answer = serde_json::from_str(json).map_err(|e| PolicyError::Answer(e.to_string()))?;

    if answer.reasons.is_empty() {
        return refused("it gives no reason".to_owned());
    }
    let named = [("on_expiry", &answer.on_expiry), ("observe", &answer.observe)];
    for (field, id) in named.into_iter().flat_map(|(field, ids)| ids.iter().map(move |id| (field, id))) {
        if !question.actions.iter().any(|a| &a.id == id) {
            return refused(format!("`{field}` names {id}, which was not asked about"));
        }
    }
    let asks = answer.effect == Effect::Approval;
    if asks && answer.approvers == 0 {
        return refused("it asks for approval by nobody".to_owned());
    }
    if asks && answer.expires_seconds == 0 {
        return refused("it asks for approval and leaves no time to answer".to_owned());
    }
    if !asks && !answer.on_expiry.is_empty() {
        return refused("`on_expiry` applies something although nobody is asked".to_owned());
    }
    Ok(Verdict {
        effect: answer.effect,
        reasons: answer.reasons,
        approvers: answer.approvers,
        expires_seconds: answer.expires_seconds,
        on_expiry: answer.on_expiry,
        observe: answer.observe,
        policy: policy.to_string(),
    })
}
