//! The States Language, as far as it is known here: one type a state, one field a field.
//!
//! What has no field here is refused when a definition is read, so nothing is ever silently ignored.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Number, Value};

use crate::{
    failure::{Catcher, Retrier},
    path::{Path, ResultPath},
    template::Template,
};

/// States that lead to each other: a whole machine, or a branch of a Parallel state.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "RawFlow")]
pub(crate) struct Flow {
    pub(crate) start_at: String,
    pub(crate) states: BTreeMap<String, State>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct RawFlow {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    start_at: String,
    states: BTreeMap<String, Value>,
}

impl TryFrom<RawFlow> for Flow {
    type Error = String;

    fn try_from(raw: RawFlow) -> Result<Self, Self::Error> {
        let named = |(name, value)| match serde_json::from_value(value) {
            Ok(state) => Ok((name, state)),
            Err(why) => Err(format!("state `{name}`: {why}")),
        };
        Ok(Self {
            start_at: raw.start_at,
            states: raw.states.into_iter().map(named).collect::<Result<_, _>>()?,
        })
    }
}

impl Flow {
    /// The state of this name, here or in a branch.
    pub(crate) fn find(&self, name: &str) -> Option<&State> {
        self.states.get(name).or_else(|| {
            self.states.values().find_map(|state| match state {
                State::Parallel(parallel) => parallel.branches.iter().find_map(|branch| branch.find(name)),
                _ => None,
            })
        })
    }
}

/// One state.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "Type", deny_unknown_fields)]
pub(crate) enum State {
    Task(Task),
    Parallel(Parallel),
    Choice(Choice),
    Wait(Wait),
    Pass(Pass),
    /// Ends well.
    Succeed {
        #[serde(rename = "Comment")]
        _comment: Option<String>,
    },
    Fail(Fail),
}

/// Invokes a function; perhaps waits until its task token is answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Task {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    pub(crate) resource: Resource,
    pub(crate) parameters: Parameters,
    pub(crate) timeout_seconds: Option<u32>,
    pub(crate) timeout_seconds_path: Option<Path>,
    #[serde(default)]
    pub(crate) retry: Vec<Retrier>,
    #[serde(default)]
    pub(crate) catch: Vec<Catcher>,
    pub(crate) result_selector: Option<Template>,
    #[serde(default)]
    pub(crate) result_path: ResultPath,
    pub(crate) next: Option<String>,
    #[serde(default)]
    pub(crate) end: bool,
}

/// The integrations that exist here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum Resource {
    /// Lambda Invoke; the result is its answer.
    Invoke,
    /// Lambda Invoke; the result is what the task token is answered with.
    InvokeAndWait,
}

impl TryFrom<String> for Resource {
    type Error = String;

    fn try_from(arn: String) -> Result<Self, Self::Error> {
        // The partition is the account's affair: aws, aws-cn, aws-us-gov.
        match arn.split(':').collect::<Vec<_>>()[..] {
            ["arn", _, "states", "", "", "lambda", "invoke"] => Ok(Self::Invoke),
            ["arn", _, "states", "", "", "lambda", "invoke.waitForTaskToken"] => Ok(Self::InvokeAndWait),
            _ => Err(format!(
                "`Resource` is neither lambda:invoke nor lambda:invoke.waitForTaskToken: `{arn}`"
            )),
        }
    }
}

/// What Lambda Invoke is given.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Parameters {
    pub(crate) function_name: String,
    pub(crate) payload: Template,
}

/// Runs its branches side by side; its result is the list of theirs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Parallel {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    pub(crate) branches: Vec<Flow>,
    #[serde(default)]
    pub(crate) retry: Vec<Retrier>,
    #[serde(default)]
    pub(crate) catch: Vec<Catcher>,
    pub(crate) result_selector: Option<Template>,
    #[serde(default)]
    pub(crate) result_path: ResultPath,
    pub(crate) output_path: Option<Path>,
    pub(crate) next: Option<String>,
    #[serde(default)]
    pub(crate) end: bool,
}

/// Goes where the first rule that holds says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Choice {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    pub(crate) choices: Vec<Rule>,
    pub(crate) default: Option<String>,
}

/// One rule of a Choice state.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "RawRule")]
pub(crate) struct Rule {
    pub(crate) variable: Path,
    pub(crate) test: Test,
    pub(crate) next: String,
}

#[derive(Clone, Debug)]
pub(crate) enum Test {
    StringEquals(String),
    BooleanEquals(bool),
    NumericGreaterThan(f64),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct RawRule {
    variable: Path,
    string_equals: Option<String>,
    boolean_equals: Option<bool>,
    numeric_greater_than: Option<Number>,
    next: String,
}

impl TryFrom<RawRule> for Rule {
    type Error = String;

    fn try_from(raw: RawRule) -> Result<Self, Self::Error> {
        let test = match (raw.string_equals, raw.boolean_equals, raw.numeric_greater_than) {
            (Some(text), None, None) => Test::StringEquals(text),
            (None, Some(flag), None) => Test::BooleanEquals(flag),
            (None, None, Some(number)) => {
                Test::NumericGreaterThan(number.as_f64().ok_or("`NumericGreaterThan` is out of range")?)
            }
            _ => return Err(format!("a rule on `{}` has not exactly one operator", raw.variable.as_str())),
        };
        Ok(Self { variable: raw.variable, test, next: raw.next })
    }
}

impl Test {
    /// Whether it holds. It does not hold of a value of another type.
    pub(crate) fn holds(&self, value: &Value) -> bool {
        match self {
            Self::StringEquals(text) => value.as_str() == Some(text),
            Self::BooleanEquals(flag) => value.as_bool() == Some(*flag),
            Self::NumericGreaterThan(bound) => value.as_f64().is_some_and(|number| number > *bound),
        }
    }
}

/// Lets time pass.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Wait {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    pub(crate) seconds_path: Path,
    pub(crate) next: Option<String>,
    #[serde(default)]
    pub(crate) end: bool,
}

/// Adds fixed data.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Pass {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    pub(crate) result: Option<Value>,
    #[serde(default)]
    pub(crate) result_path: ResultPath,
    pub(crate) next: Option<String>,
    #[serde(default)]
    pub(crate) end: bool,
}

/// Ends as a failure.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Fail {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<String>,
    pub(crate) error_path: Option<Path>,
    pub(crate) cause_path: Option<Path>,
}

impl State {
    /// `Next` and `End` of the types that have them.
    pub(crate) fn transition(&self) -> Option<(Option<&str>, bool)> {
        let (next, end) = match self {
            Self::Task(s) => (&s.next, s.end),
            Self::Parallel(s) => (&s.next, s.end),
            Self::Wait(s) => (&s.next, s.end),
            Self::Pass(s) => (&s.next, s.end),
            Self::Choice(_) | Self::Succeed { .. } | Self::Fail(_) => return None,
        };
        Some((next.as_deref(), end))
    }

    /// Its retriers.
    pub(crate) fn retry(&self) -> &[Retrier] {
        match self {
            Self::Task(s) => &s.retry,
            Self::Parallel(s) => &s.retry,
            _ => &[],
        }
    }

    /// Its catchers.
    pub(crate) fn catch(&self) -> &[Catcher] {
        match self {
            Self::Task(s) => &s.catch,
            Self::Parallel(s) => &s.catch,
            _ => &[],
        }
    }

    /// Every state that may follow it.
    pub(crate) fn successors(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.catch().iter().map(|catcher| catcher.next.as_str()).collect();
        if let Some((Some(next), _)) = self.transition() {
            all.push(next);
        }
        if let Self::Choice(choice) = self {
            all.extend(choice.choices.iter().map(|rule| rule.next.as_str()));
            all.extend(choice.default.as_deref());
        }
        all
    }
}
