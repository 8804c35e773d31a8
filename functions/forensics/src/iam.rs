//! What an IAM identity may do, evaluated as far as reach depends on it.
//!
//! Follows "Policy evaluation logic" of the IAM User Guide: everything is denied, unless a statement allows it and none
//! denies it. What an inventory does not hold (permissions boundaries, session policies, service control policies) is
//! not evaluated; [`UNSEEN`] says so to people.

mod document;
mod glob;
mod identity;
mod managed;
mod trust;

pub(crate) use document::Document;
use document::{Condition, Principals, Request, Statement};
use glob::Glob;
pub(crate) use identity::{Grant, Identity, Issued};
pub(crate) use trust::{Caller, ResourcePolicies, Trust, admits_service, bucket_access, is_public, trusts};

/// Kinds of policy that are never evaluated, said once in each graph.
pub(crate) const UNSEEN: &str = "Permissions boundaries, session policies and service control policies are not read: \
                          what they deny still counts as reachable.";

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
