//! Dialogues: one that asks why somebody rejects, one that tells them what came of it.

use serde_json::{Value, json};

use super::{
    blocks::{plain, section},
    interaction::{Asked, REASON},
};

/// Letters of a reason.
const LENGTH: usize = 1000;

/// Asks for the reason of a rejection.
pub(super) fn reason(asked: &Asked) -> Value {
    json!({
        "type": "modal",
        "callback_id": REASON,
        "private_metadata": asked.to_value(),
        "title": plain("Reject this plan", 24),
        "submit": plain("Reject", 24),
        "close": plain("Cancel", 24),
        "blocks": [{
            "type": "input",
            "block_id": REASON,
            "label": plain("Why? One sentence for the record.", 2000),
            "element": { "type": "plain_text_input", "action_id": REASON, "multiline": true, "min_length": 1, "max_length": LENGTH },
        }],
    })
}

/// The answer to a submitted dialogue that tells only that person why it did not count.
pub fn told(text: &str) -> Value {
    json!({
        "response_action": "update",
        "view": {
            "type": "modal",
            "title": plain("Not counted", 24),
            "close": plain("Close", 24),
            "blocks": [section(&[text]).block],
        },
    })
}
