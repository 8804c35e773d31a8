//! Blocks of Block Kit, within its limits (Slack's reference of blocks and composition objects). `plain_text` is shown as it
//! stands and is for whatever an event may have written; `mrkdwn` is for words, numbers and times of our own.

use serde_json::{Value, json};

use crate::text::{escaped, fits, units};

/// Letters of a section's text.
const SECTION: usize = 3000;
/// Letters of one line in it.
const LINE: usize = 900;
/// Letters of a header.
const HEADER: usize = 150;

/// Lines in a section.
pub(super) struct Section {
    pub(super) block: Value,
    /// Whether it says all that it was to say.
    pub(super) is_whole: bool,
}

/// Text of events.
pub(super) fn plain(text: &str, most: usize) -> Value {
    let text = if text.is_empty() { "(nothing)" } else { text };
    json!({ "type": "plain_text", "text": escaped(text, most), "emoji": false })
}

/// Text of our own, marked up.
pub(super) fn own(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text, "verbatim": true })
}

pub(super) fn header(text: &str) -> Value {
    json!({ "type": "header", "text": plain(text, HEADER) })
}

/// Lines of text of events. None of them can begin another.
pub(super) fn section<T: AsRef<str>>(lines: &[T]) -> Section {
    let (mut text, mut is_whole) = (String::new(), true);
    for line in lines.iter().map(AsRef::as_ref) {
        let shown = escaped(line, LINE);
        if units(&text) + units(&shown) + 3 > SECTION {
            text.push_str("\n…");
            is_whole = false;
            break;
        }
        is_whole &= fits(line, LINE);
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&shown);
    }
    let text = if text.is_empty() { "(nothing)".to_owned() } else { text };
    let block = json!({ "type": "section", "text": { "type": "plain_text", "text": text, "emoji": false } });
    Section { block, is_whole }
}

/// A sentence of our own.
pub(super) fn note(text: &str) -> Value {
    json!({ "type": "section", "text": own(text) })
}

/// Up to ten names with values, all of our own.
pub(super) fn fields(fields: &[(&str, String)]) -> Value {
    let fields: Vec<_> = fields.iter().map(|(name, value)| own(&format!("*{name}*\n{value}"))).collect();
    json!({ "type": "section", "fields": fields })
}

pub(super) fn context(text: &str) -> Value {
    json!({ "type": "context", "elements": [plain(text, 300)] })
}

pub(super) fn actions(buttons: Vec<Value>) -> Value {
    json!({ "type": "actions", "elements": buttons })
}

/// A button with this name for programs. Its label is our own.
pub(super) fn button(name: &str, label: &str) -> Value {
    json!({ "type": "button", "action_id": name, "text": plain(label, 75) })
}

/// A time, shown in the reader's own time zone (Slack's "Date formatting").
pub(super) fn time(at: domain::Time) -> String {
    format!("<!date^{}^{{date_short_pretty}} {{time}}|{at}>", at.millis().div_euclid(1000))
}
