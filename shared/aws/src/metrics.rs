//! Figures for CloudWatch, as lines of the log in its embedded metric format: no call is made for them.
//!
//! Source: "Specification: Embedded metric format" of the CloudWatch user guide.

use std::io::Write;

use serde_json::{Map, Value, json};

/// The namespace of all figures.
const NAMESPACE: &str = "ASOC";

/// What a figure counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Time.
    Seconds,
    /// Anything else; for dollars.
    None,
}

/// A line with these figures of a stack, at this time in milliseconds since 1970.
pub fn line(stack: &str, time: i64, figures: &[(&str, Unit, f64)]) -> String {
    let unit = |unit| match unit {
        Unit::Count => "Count",
        Unit::Seconds => "Seconds",
        Unit::None => "None",
    };
    let named: Vec<_> =
        figures.iter().map(|(name, of, _)| json!({ "Name": name, "Unit": unit(*of) })).collect();
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": time,
            "CloudWatchMetrics": [{ "Namespace": NAMESPACE, "Dimensions": [["Stack"]], "Metrics": named }],
        }),
    );
    line.insert("Stack".to_owned(), stack.into());
    line.extend(figures.iter().map(|(name, _, value)| ((*name).to_owned(), json!(value))));
    Value::Object(line).to_string()
}

/// Writes them to the function's log.
pub fn emit(stack: &str, time: i64, figures: &[(&str, Unit, f64)]) {
    if !figures.is_empty() {
        let _ = writeln!(std::io::stdout(), "{}", line(stack, time, figures));
    }
}
