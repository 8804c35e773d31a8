//! What a person did to a message or in a dialogue (Slack's "block_actions payload" and "view_submission payload").

use domain::{Digest, IncidentId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

/// Names of the buttons, and of the dialogue.
pub(super) const APPROVE: &str = "asoc_approve";
pub(super) const REJECT: &str = "asoc_reject";
pub(super) const OPEN: &str = "asoc_open";
pub(super) const REASON: &str = "asoc_reason";

/// What a button asks about: one revision of one plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The incident.
    pub incident: IncidentId,
    /// The plan's hash.
    pub plan: Digest,
    /// The plan's revision.
    pub revision: u32,
}

/// Who did what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interaction {
    /// Slack's id of the person.
    pub user: String,
    /// What they want.
    pub asks: Asks,
}

/// What a person wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asks {
    /// To approve all actions of a plan.
    Approve {
        /// Which plan.
        asked: Asked,
        /// The channel in which they clicked.
        channel: String,
    },
    /// To reject a plan: they are asked why.
    Reason {
        /// Which plan.
        asked: Asked,
        /// The channel in which they clicked.
        channel: String,
        /// What allows a dialogue to be opened, for three seconds.
        trigger: String,
    },
    /// To reject a plan for this reason.
    Reject {
        /// Which plan.
        asked: Asked,
        /// Why.
        reason: String,
    },
    /// Nothing of us: Slack tells also that a link was followed.
    Nothing,
}

/// Why a request that Slack has signed cannot be read.
#[derive(Debug, Error)]
#[error("it is not an interaction with a message of this app")]
pub struct InteractionError;

impl Asked {
    /// As a button's value.
    pub(super) fn to_value(&self) -> String {
        // Three plain fields always have a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Payload {
    BlockActions {
        user: User,
        actions: Vec<Action>,
        #[serde(default)]
        trigger_id: String,
        channel: Option<Channel>,
    },
    ViewSubmission {
        user: User,
        view: View,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct User {
    id: String,
}

#[derive(Deserialize)]
struct Channel {
    id: String,
}

#[derive(Deserialize)]
struct Action {
    action_id: String,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
struct View {
    callback_id: String,
    private_metadata: String,
    state: Value,
}

impl Interaction {
    /// From the body of a request: a form with one field, `payload`, which is JSON.
    ///
    /// # Errors
    /// If it is none of this app.
    pub fn read(body: &[u8]) -> Result<Self, InteractionError> {
        let payload = form_urlencoded::parse(body).find(|(name, _)| name == "payload");
        let (_, payload) = payload.ok_or(InteractionError)?;
        let asked = |value: &str| serde_json::from_str::<Asked>(value).map_err(|_| InteractionError);
        match serde_json::from_str(&payload).map_err(|_| InteractionError)? {
            Payload::BlockActions { user, actions, trigger_id, channel } => {
                let action = actions.into_iter().next().ok_or(InteractionError)?;
                let channel = channel.map(|channel| channel.id).unwrap_or_default();
                let asks = match action.action_id.as_str() {
                    APPROVE => Asks::Approve { asked: asked(&action.value)?, channel },
                    REJECT => Asks::Reason { asked: asked(&action.value)?, channel, trigger: trigger_id },
                    _ => Asks::Nothing,
                };
                Ok(Self { user: user.id, asks })
            }
            Payload::ViewSubmission { user, view } if view.callback_id == REASON => {
                let reason = view.state["values"][REASON][REASON]["value"].as_str().unwrap_or_default();
                let asks = Asks::Reject { asked: asked(&view.private_metadata)?, reason: reason.to_owned() };
                Ok(Self { user: user.id, asks })
            }
            Payload::ViewSubmission { .. } | Payload::Other => {
                Ok(Self { user: String::new(), asks: Asks::Nothing })
            }
        }
    }
}
