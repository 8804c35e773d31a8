//! The nouns' own rules: whose ballot counts, what a hash covers, when an undo may be tried, what JSON looks like.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Clippy knows only functions marked as tests, not those around them.

mod action;
mod approval;
mod credential;
mod digest;
mod message;
mod plan;
mod risk;
mod undo;

use domain::{Action, Facets, Person, Plan, PlannedAction, Resource, ResourceKind, Role, Time};
use serde_json::json;

/// So many milliseconds after the epoch.
fn at(millis: i64) -> Time {
    Time::from_millis(millis)
}

/// ARN of a user of the account that the incident happened in.
fn arn(user: &str) -> String {
    format!("arn:aws:iam::111122223333:user/{user}")
}

fn person(name: &str, role: Role, principals: &[&str]) -> Person {
    Person { name: name.into(), role, principals: principals.iter().map(|user| arn(user)).collect() }
}

/// Revokes this user.
fn revoke(user: &str) -> PlannedAction {
    let target = Resource { kind: ResourceKind::User, arn: arn(user), name: user.into() };
    let preconditions = Facets::from([("user id".into(), json!("AIDA1")), ("exempt".into(), json!(false))]);
    let action = Action::RevokeIamUser { user: user.into() };
    PlannedAction::new(&"inc-1".into(), action, target, preconditions, "its key was leaked".into())
}

/// A plan that revokes three users.
fn plan() -> Plan {
    Plan::new("inc-1".into(), 1, vec![revoke("ann"), revoke("bob"), revoke("cat")])
}
