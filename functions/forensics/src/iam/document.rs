//! A policy document, read leniently: what cannot be read is counted, never guessed.

use domain::Time;
use serde_json::Value;

use super::Glob;
use crate::text::clip;

/// Twice the largest managed policy; a bigger document is not one that IAM would hold.
const LARGEST: usize = 64 * 1024;

/// A policy document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Document {
    /// The statements that could be read.
    pub(crate) statements: Vec<Statement>,
    /// Whether something in it could not be read.
    pub(crate) unreadable: bool,
}

/// One statement.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// For people: its `Sid`, or its place counted from 1.
    pub(crate) name: String,
    /// `Allow`, else `Deny`.
    pub(crate) allow: bool,
    /// Its `Action` or `NotAction`, in lower case.
    pub(crate) actions: Clause,
    /// Its `Resource` or `NotResource`; without either, every resource.
    pub(crate) resources: Clause,
    /// Its `Principal`.
    pub(crate) principals: Principals,
    /// When it applies.
    pub(crate) condition: Condition,
}

/// Which values a statement is about.
#[derive(Clone, Debug)]
pub(crate) enum Clause {
    /// Those that one of these matches.
    In(Vec<Glob>),
    /// Those that none of these matches.
    NotIn(Vec<Glob>),
}

/// Whom a resource's policy is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Principals {
    /// `"*"` or `{"AWS": "*"}`: everybody.
    pub(crate) anyone: bool,
    /// ARNs, account ids and unique ids.
    pub(crate) aws: Vec<String>,
    /// Service principals.
    pub(crate) services: Vec<String>,
    /// Whether it is a `NotPrincipal`.
    pub(crate) inverted: bool,
}

/// When a statement applies.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    /// Always.
    None,
    /// To credentials issued before then: the shape of `AWSRevokeOlderSessions` ("Revoke IAM role temporary security
    /// credentials", IAM User Guide).
    IssuedBefore(Time),
    /// Perhaps: it depends on what cannot be seen here.
    Other,
}

impl Document {
    /// Reads a document. `user` is what `${aws:username}` stands for.
    pub(crate) fn read(value: &Value, user: Option<&str>) -> Self {
        let parsed;
        let value = match value {
            Value::String(text) if text.len() <= LARGEST => {
                parsed = serde_json::from_str(text).unwrap_or(Value::Null);
                &parsed
            }
            other => other,
        };
        if value.to_string().len() > LARGEST {
            return Self { statements: Vec::new(), unreadable: true };
        }
        let given = match value.get("Statement") {
            Some(Value::Array(all)) => all.as_slice(),
            Some(one @ Value::Object(_)) => std::slice::from_ref(one),
            _ => return Self { statements: Vec::new(), unreadable: true },
        };
        let statements: Vec<_> =
            given.iter().enumerate().filter_map(|(i, s)| Statement::read(s, i + 1, user)).collect();
        Self { unreadable: statements.len() < given.len(), statements }
    }

    /// The statements about this action on this resource.
    pub(crate) fn about(&self, action: &str, resource: &str) -> impl Iterator<Item = &Statement> {
        let request = Request::new(action, resource);
        self.statements.iter().filter(move |s| request.as_ref().is_some_and(|r| s.is_about(r)))
    }
}

/// What is asked: an action on a resource, or on some resource that a pattern matches.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    action: Glob,
    resource: Glob,
}

impl Request {
    /// This request; `None` if its resource cannot be an ARN.
    pub(crate) fn new(action: &str, resource: &str) -> Option<Self> {
        Some(Self { action: Glob::read(&action.to_ascii_lowercase())?, resource: Glob::read(resource)? })
    }
}

impl Statement {
    fn read(value: &Value, place: usize, user: Option<&str>) -> Option<Self> {
        let allow = match value.get("Effect")?.as_str()? {
            "Allow" => true,
            "Deny" => false,
            _ => return None,
        };
        let name = match value.get("Sid").and_then(Value::as_str) {
            Some(sid) if !sid.is_empty() => clip(sid, 64),
            _ => place.to_string(),
        };
        let mut uncertain = false;
        let actions = match (value.get("Action"), value.get("NotAction")) {
            (Some(given), None) => Clause::In(globs(&texts(given)?.map_lower())?),
            (None, Some(given)) => Clause::NotIn(globs(&texts(given)?.map_lower())?),
            _ => return None,
        };
        let resources = match (value.get("Resource"), value.get("NotResource")) {
            (Some(given), None) => Clause::In(globs(&texts(given)?.fill_in(user, &mut uncertain))?),
            (None, Some(given)) => Clause::NotIn(globs(&texts(given)?.fill_in(user, &mut uncertain))?),
            (None, None) => Clause::NotIn(Vec::new()),
            _ => return None,
        };
        let condition = match Condition::read(value.get("Condition")) {
            Condition::None if uncertain => Condition::Other,
            read => read,
        };
        let principals = match (value.get("Principal"), value.get("NotPrincipal")) {
            (given, None) => Principals::read(given),
            (_, given) => Principals { inverted: true, ..Principals::read(given) },
        };
        Some(Self { name, allow, actions, resources, principals, condition })
    }

    /// Whether it is about this request: a deny only if it is about every resource that is asked for.
    pub(crate) fn is_about(&self, request: &Request) -> bool {
        self.actions.matches(&request.action, !self.allow)
            && self.resources.matches(&request.resource, !self.allow)
    }

    /// Whether it is about every action and every resource.
    pub(crate) fn is_blanket(&self) -> bool {
        self.actions.is_everything() && self.resources.is_everything()
    }
}

impl Clause {
    fn matches(&self, value: &Glob, wholly: bool) -> bool {
        match (self, wholly) {
            (Clause::In(given), true) => given.iter().any(|g| g.covers(value)),
            (Clause::In(given), false) => given.iter().any(|g| g.overlaps(value)),
            (Clause::NotIn(given), true) => !given.iter().any(|g| g.overlaps(value)),
            (Clause::NotIn(given), false) => !given.iter().any(|g| g.covers(value)),
        }
    }

    fn is_everything(&self) -> bool {
        match self {
            Clause::In(given) => given.iter().any(Glob::is_any),
            Clause::NotIn(given) => given.is_empty(),
        }
    }
}

impl Condition {
    fn read(given: Option<&Value>) -> Self {
        let Some(given) = given else { return Condition::None };
        let Some(operators) = given.as_object() else { return Condition::Other };
        let mut tests = operators
            .iter()
            .flat_map(|(op, keys)| keys.as_object().into_iter().flatten().map(move |k| (op, k)));
        match (tests.next(), tests.next()) {
            (None, _) if operators.is_empty() => Condition::None,
            (Some((op, (key, value))), None)
                if operators.len() == 1
                    && op.eq_ignore_ascii_case("DateLessThan")
                    && key.eq_ignore_ascii_case("aws:TokenIssueTime") =>
            {
                let value = match value {
                    Value::Array(one) if one.len() == 1 => &one[0],
                    other => other,
                };
                value.as_str().and_then(|t| t.parse().ok()).map_or(Condition::Other, Condition::IssuedBefore)
            }
            _ => Condition::Other,
        }
    }
}

impl Principals {
    fn read(given: Option<&Value>) -> Self {
        let mut read = Self::default();
        match given {
            Some(Value::String(star)) => read.anyone = star == "*",
            Some(Value::Object(kinds)) => {
                if let Some(Texts(aws)) = kinds.get("AWS").and_then(texts) {
                    read.anyone = aws.iter().any(|p| p == "*");
                    read.aws = aws;
                }
                if let Some(Texts(services)) = kinds.get("Service").and_then(texts) {
                    read.services = services;
                }
            }
            _ => {}
        }
        read
    }
}

/// A string or a list of strings: policies may write either.
struct Texts(Vec<String>);

fn texts(value: &Value) -> Option<Texts> {
    match value {
        Value::String(one) => Some(Texts(vec![one.clone()])),
        Value::Array(many) => {
            many.iter().map(|v| v.as_str().map(str::to_owned)).collect::<Option<_>>().map(Texts)
        }
        _ => None,
    }
}

impl Texts {
    fn map_lower(self) -> Vec<String> {
        self.0.into_iter().map(|t| t.to_ascii_lowercase()).collect()
    }

    /// Puts the user's name in for `${aws:username}`; what any other variable stands for cannot be seen.
    fn fill_in(self, user: Option<&str>, uncertain: &mut bool) -> Vec<String> {
        let mut fill = |text: String| {
            let mut text = match user {
                Some(user) => text.replace("${aws:username}", user),
                None => text,
            };
            while let Some(start) = text.find("${") {
                *uncertain = true;
                let end = text[start..].find('}').map_or(text.len(), |at| start + at + 1);
                text.replace_range(start..end, "*");
            }
            text
        };
        self.0.into_iter().map(&mut fill).collect()
    }
}

fn globs(patterns: &[String]) -> Option<Vec<Glob>> {
    patterns.iter().map(|p| Glob::read(p)).collect()
}
