//! Slack's limits, which its types do not tell (Slack's Block Kit reference; the same stand in the models of slack_sdk 3.47), and
//! that nothing but text comes of what an event says.

use serde_json::Value;

/// Letters at most, by a block's or an element's type and its field.
const LETTERS: [(&str, &str, usize); 16] = [
    ("header", "/text/text", 150),
    ("section", "/text/text", 3000),
    ("button", "/text/text", 75),
    ("button", "/value", 2000),
    ("button", "/action_id", 255),
    ("button", "/url", 3000),
    ("button", "/confirm/title/text", 100),
    ("button", "/confirm/text/text", 300),
    ("button", "/confirm/confirm/text", 30),
    ("button", "/confirm/deny/text", 30),
    ("input", "/label/text", 2000),
    ("modal", "/title/text", 24),
    ("modal", "/submit/text", 24),
    ("modal", "/close/text", 24),
    ("modal", "/private_metadata", 3000),
    ("modal", "/callback_id", 255),
];
/// Items at most.
const ITEMS: [(&str, &str, usize); 4] = [
    ("section", "/fields", 10),
    ("context", "/elements", 10),
    ("actions", "/elements", 25),
    ("modal", "/blocks", 100),
];
/// Blocks of a message.
const BLOCKS: usize = 50;
/// Letters of a message's text before Slack cuts it.
const TEXT: usize = 4000;

/// Everything that Slack would refuse, cut, or take for more than text.
pub(super) fn broken(request: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if request["blocks"].as_array().is_some_and(|blocks| blocks.len() > BLOCKS) {
        found.push(format!("more than {BLOCKS} blocks"));
    }
    if let Some(text) = request["text"].as_str() {
        found.extend((length(text) > TEXT).then(|| format!("a text of {} letters", length(text))));
        found.extend(live(text, "text"));
    }
    walk(request, &mut found);
    found
}

fn walk(value: &Value, found: &mut Vec<String>) {
    let kind = value["type"].as_str().unwrap_or_default();
    for (of, field, most) in LETTERS {
        if let Some(text) = value.pointer(field).and_then(Value::as_str).filter(|_| of == kind)
            && !(1..=most).contains(&length(text))
        {
            found.push(format!("{kind}{field} has {} letters, not 1 to {most}", length(text)));
        }
    }
    for (of, field, most) in ITEMS {
        if let Some(items) = value.pointer(field).and_then(Value::as_array).filter(|_| of == kind)
            && !(1..=most).contains(&items.len())
        {
            found.push(format!("{kind}{field} has {} items, not 1 to {most}", items.len()));
        }
    }
    let text = value["text"].as_str().unwrap_or_default();
    match kind {
        "plain_text" => {
            found.extend(live(text, kind));
            found.extend((value["emoji"] != false).then(|| "plain text with emoji".to_owned()));
        }
        "mrkdwn" => {
            // Times of our own are the only thing between angle brackets.
            let without: String =
                text.split("<!date^").map(|part| part.split_once("Z>").map_or(part, |p| p.1)).collect();
            found.extend(live(&without, kind));
            found.extend((value["verbatim"] != true).then(|| "markup that looks for links".to_owned()));
        }
        _ => {}
    }
    match value {
        Value::Object(map) => map.values().for_each(|inner| walk(inner, found)),
        Value::Array(items) => items.iter().for_each(|inner| walk(inner, found)),
        _ => {}
    }
}

/// What would be more than text: a control sequence, an entity that is none of the three, something invisible.
fn live(text: &str, place: &str) -> Option<String> {
    let plain = text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
    let is_live =
        plain.contains(['<', '>', '&']) || plain.chars().any(|c| c != '\n' && domain::visible::is_hidden(c));
    is_live.then(|| format!("{place} is more than text: {text:?}"))
}

fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_slack_would_refuse_or_bring_to_life_is_found() {
        let plain = |text: &str| json!({ "type": "plain_text", "text": text, "emoji": false });
        let own = |text: &str| json!({ "type": "mrkdwn", "text": text, "verbatim": true });
        let section = |text: Value| json!({ "blocks": [{ "type": "section", "text": text }] });
        for (request, is_broken) in [
            (section(plain("a &lt;!channel&gt; b")), false),
            (section(own("*Until* <!date^1700000000^{time}|2023-11-14T22:13:20Z>, soon")), false),
            (section(plain("<!channel>")), true),
            (section(plain("a & b")), true),
            (section(plain("a\u{202e}b")), true),
            (section(plain("")), true),
            (section(plain(&"x".repeat(3001))), true),
            (section(own("<https://evil.example|x>")), true),
            (section(own("<!date^1^{time}|1970-01-01T00:00:01Z> <!here>")), true),
            (section(json!({ "type": "mrkdwn", "text": "x" })), true),
            (section(json!({ "type": "plain_text", "text": "x" })), true),
            (json!({ "text": "<@U1>" }), true),
            (json!({ "blocks": vec![json!({ "type": "divider" }); 51] }), true),
            (
                json!({ "blocks": [{ "type": "button", "text": plain("x"), "value": "x".repeat(2001) }] }),
                true,
            ),
        ] {
            assert_eq!(!broken(&request).is_empty(), is_broken, "{request}");
        }
    }
}
