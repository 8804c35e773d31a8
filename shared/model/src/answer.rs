//! What counts as an opinion.

use domain::{
    Case, Opinion, Quote, Raise,
    visible::{is_hidden, visible},
};
use jsonschema::Validator;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::config::ConfigError;

/// Characters of an explanation.
const EXPLANATION: usize = 800;
/// Quotes of an opinion.
const QUOTES: usize = 5;
/// Characters of a quote, and of its field's path.
const QUOTE: usize = 256;

/// The form of an answer, as providers are asked for it: JSON Schema, in the subset that both of them constrain a model to,
/// which has no lengths and no ranges.
pub(crate) fn schema(bound: Raise) -> Value {
    json!({
        "type": "object",
        "properties": {
            "raise": { "type": "integer", "enum": (0..=bound.points()).collect::<Vec<_>>() },
            "explanation": { "type": "string" },
            "quotes": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": { "field": { "type": "string" }, "text": { "type": "string" } },
                    "required": ["field", "text"],
                    "additionalProperties": false,
                },
            },
        },
        "required": ["raise", "explanation", "quotes"],
        "additionalProperties": false,
    })
}

/// Reads answers.
pub(crate) struct Reader {
    validator: Validator,
}

/// An answer in its form, not yet believed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    raise: Raise,
    explanation: String,
    quotes: Vec<Quote>,
}

impl Reader {
    /// For answers that raise by no more than this.
    pub(crate) fn new(bound: Raise) -> Result<Self, ConfigError> {
        let mut schema = schema(bound);
        for (part, bounds) in [
            ("/properties/explanation", json!({ "type": "string", "maxLength": EXPLANATION })),
            ("/properties/quotes/maxItems", json!(QUOTES)),
            (
                "/properties/quotes/items/properties/field",
                json!({ "type": "string", "minLength": 1, "maxLength": QUOTE }),
            ),
            (
                "/properties/quotes/items/properties/text",
                json!({ "type": "string", "minLength": 1, "maxLength": QUOTE }),
            ),
        ] {
            if let Some((parent, key)) = part.rsplit_once('/')
                && let Some(Value::Object(parent)) = schema.pointer_mut(parent)
            {
                parent.insert(key.to_owned(), bounds);
            }
        }
        let validator = jsonschema::validator_for(&schema)
            .map_err(|error| ConfigError::Setting { name: "ASOC_MODEL_MAX_RAISE", why: error.to_string() })?;
        Ok(Self { validator })
    }

    /// The opinion that this answer to this case is; or, without a word of the answer, why it is none.
    pub(crate) fn read(&self, answer: &str, case: &Case) -> Result<Opinion, &'static str> {
        let value: Value = serde_json::from_str(answer).map_err(|_| "it is not JSON")?;
        if !self.validator.is_valid(&value) {
            return Err("it does not have the form asked for");
        }
        let answer: Answer =
            serde_json::from_value(value).map_err(|_| "it does not have the form asked for")?;

        let quotes: Vec<Quote> = answer.quotes.into_iter().filter(|quote| stands_in(quote, case)).collect();
        if answer.raise > Raise::default() && quotes.is_empty() {
            return Err("it rests on nothing that stands in the event");
        }
        Ok(Opinion { raise: answer.raise, explanation: plain(&answer.explanation), quotes })
    }
}

/// Whether a quote stands literally in the case, and shows what it says.
fn stands_in(quote: &Quote, case: &Case) -> bool {
    let is_clean = !quote.field.chars().chain(quote.text.chars()).any(is_hidden);
    is_clean && case.fields.iter().any(|(field, value)| *field == quote.field && value.contains(&quote.text))
}

/// Text for people, wherever it is shown: on one line, nothing hidden, no markup, and no link that works.
fn plain(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = visible(&words).replace('<', "‹").replace('>', "›");
    shown.replace("://", "[:]//").replace("](", "] (")
}
