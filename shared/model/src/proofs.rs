//! What an attacker may write into an event to have a model on their side. Every crate that hands events to a model, or
//! shows what one said, runs this list.

use serde::Deserialize;

/// A field of a CloudTrail record with what an attacker writes there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Injection {
    /// What it tries, for a test's report.
    pub name: String,
    /// The field's path in the record: `requestParameters.tagSet.0.value`.
    pub field: String,
    /// What stands there.
    pub text: String,
    /// `text` stands there so many times over.
    #[serde(default = "once")]
    pub times: usize,
}

fn once() -> usize {
    1
}

impl Injection {
    /// The whole value of the field.
    pub fn payload(&self) -> String {
        self.text.repeat(self.times)
    }
}

/// The list. It stands in `injections.json`, where tests in other languages can read it too.
///
/// # Panics
/// If that file is broken: this is for tests.
#[allow(clippy::expect_used)]
pub fn injections() -> Vec<Injection> {
    serde_json::from_str(include_str!("proofs/injections.json")).expect("a list of injections")
}
