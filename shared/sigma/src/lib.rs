//! Sigma detection rules, compiled into one matcher.
//!
//! This implements the Sigma Rules Specification 2.x, its filters and its correlations. A rule that uses anything else is refused by name,
//! with its file and line; the other rules still load. So a rule that loads means what it says.
//!
//! How a field's name finds its value is a back end's own business in Sigma. Here it is a dotted path: an array on the
//! way, or at its end, stands for any of its elements; a string on the way that holds a JSON document, as IAM policies
//! in CloudTrail do, is looked into; an object at the end is matched as its canonical JSON (keys sorted, no white space).
//!
//! ```text
//! file -> documents -> Compiler (selection, condition, item -> modifier, pattern) -> Graph -> Dispatch, by log
//! event -> Dispatch: which conditions can hold -> Graph: which do -> Match
//! Match -> Observation -> Window, by correlation and group -> Fired
//! ```

// Unit tests that are built to be fuzzed link with its runtime.
#[cfg(test)]
use bolero as _;

mod condition;
mod correlation;
mod dispatch;
mod encoding;
mod error;
mod expression;
mod file;
mod graph;
mod guard;
mod item;
mod matcher;
mod modifier;
mod number;
mod path;
mod pattern;
mod placeholder;
mod rule;
mod set;
mod source;
mod taxonomy;
mod test;
mod texts;
mod time;

pub use correlation::{
    Correlation, Correlations, Fired, GroupKey, GroupValue, Kind, Observation, Table, Window,
};
pub use error::RuleError;
pub use placeholder::Placeholders;
pub use rule::Rule;
pub use set::{Match, RuleSet};
pub use source::LogSource;
