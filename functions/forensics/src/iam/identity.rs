//! A user, group or role with its policies, and what they allow it.

use std::collections::BTreeMap;

use domain::{Inventory, Time};
use serde_json::Value;

use super::{Condition, Document, Request, Statement, managed};
use crate::text::clip;

/// An identity with every policy that speaks for it.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    policies: Vec<(String, Document)>,
    /// ARNs of the managed policies among them.
    pub(crate) managed: Vec<String>,
    /// What could not be evaluated, one sentence each.
    pub(crate) blind_spots: Vec<String>,
    issued: Issued,
}

/// When an identity's credential was issued: `aws:TokenIssueTime`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Issued {
    /// It has none: a user's long-term key.
    Never,
    /// Not later than then.
    By(Time),
    /// It would be issued anew.
    Anew,
}

/// What allows something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// The policy and statement that allow it, for people.
    pub(crate) because: String,
    /// Whether it depends on a condition that cannot be seen.
    pub(crate) conditional: bool,
}

impl Grant {
    /// What this statement of this policy grants.
    pub(super) fn of(policy: &str, statement: &Statement) -> Self {
        let conditional = statement.condition != Condition::None;
        let mark = if conditional { " (if its conditions hold)" } else { "" };
        Self { because: format!("{policy}, statement {}{mark}", statement.name), conditional }
    }

    /// This grant, which only counts together with `other`.
    pub(crate) fn and(self, other: Grant) -> Self {
        Self {
            because: format!("{}; {}", self.because, other.because),
            conditional: self.conditional || other.conditional,
        }
    }
}

impl Identity {
    /// A user with its inline, attached and groups' policies.
    pub(crate) fn user(account: &Inventory, name: &str) -> Option<Self> {
        let user = account.users.get(name)?;
        let mut identity = Self::empty(Issued::Never);
        identity.add(account, Some(name), "", &user.inline_policies, &user.attached_policies);
        for name_of_group in &user.groups {
            match account.groups.get(name_of_group) {
                Some(g) => {
                    let whose = format!(" of group {}", clip(name_of_group, 64));
                    identity.add(account, Some(name), &whose, &g.inline_policies, &g.attached_policies);
                }
                None => identity.blind_spots.push(format!(
                    "Group {} of user {} is not in the inventory.",
                    clip(name_of_group, 64),
                    clip(name, 64)
                )),
            }
        }
        Some(identity)
    }

    /// A role, as a credential issued at that time has it.
    pub(crate) fn role(account: &Inventory, name: &str, issued: Issued) -> Option<Self> {
        let role = account.roles.get(name)?;
        let mut identity = Self::empty(issued);
        identity.add(account, None, "", &role.inline_policies, &role.attached_policies);
        Some(identity)
    }

    /// What being in a group gives.
    pub(crate) fn group(account: &Inventory, name: &str) -> Option<Self> {
        let group = account.groups.get(name)?;
        let mut identity = Self::empty(Issued::Never);
        identity.add(account, None, "", &group.inline_policies, &group.attached_policies);
        Some(identity)
    }

    /// What allows this action on some resource that `resource` matches, if anything does: an explicit deny wins,
    /// and an allowance without conditions comes before one with.
    pub(crate) fn allows(&self, action: &str, resource: &str) -> Option<Grant> {
        let request = Request::new(action, resource)?;
        let mut best: Option<Grant> = None;
        for (policy, statement) in self.statements().filter(|(_, s)| s.is_about(&request)) {
            if !statement.allow {
                if self.is_certain(&statement.condition) {
                    return None;
                }
            } else if best.as_ref().is_none_or(|b| b.conditional && statement.condition == Condition::None) {
                best = Some(Grant::of(policy, statement));
            }
        }
        best
    }

    /// Whether a statement denies this action on everything that `resource` matches.
    pub(crate) fn denies(&self, action: &str, resource: &str) -> bool {
        let Some(request) = Request::new(action, resource) else { return false };
        self.statements().any(|(_, s)| !s.allow && s.is_about(&request) && self.is_certain(&s.condition))
    }

    /// Whether it may be denied nothing: what makes it an administrator, if anything does.
    pub(crate) fn administrator(&self) -> Option<Grant> {
        let (policy, statement) =
            self.statements().find(|(_, s)| s.allow && s.condition == Condition::None && s.is_blanket())?;
        let unhindered = self.allows("iam:AttachRolePolicy", "*").is_some_and(|g| !g.conditional);
        unhindered.then(|| Grant::of(policy, statement))
    }

    fn statements(&self) -> impl Iterator<Item = (&str, &Statement)> {
        self.policies
            .iter()
            .flat_map(|(name, document)| document.statements.iter().map(move |s| (name.as_str(), s)))
    }

    fn is_certain(&self, condition: &Condition) -> bool {
        match (condition, self.issued) {
            (Condition::None, _) => true,
            (Condition::IssuedBefore(limit), Issued::By(issued)) => issued < *limit,
            _ => false,
        }
    }

    fn empty(issued: Issued) -> Self {
        Self { policies: Vec::new(), managed: Vec::new(), blind_spots: Vec::new(), issued }
    }

    fn add(
        &mut self,
        account: &Inventory,
        user: Option<&str>,
        whose: &str,
        inline: &BTreeMap<String, Value>,
        attached: &[String],
    ) {
        for (name, document) in inline {
            self.push(format!("inline policy {}{whose}", clip(name, 64)), Document::read(document, user));
        }
        for arn in attached {
            let name = clip(arn.rsplit('/').next().unwrap_or(arn), 64);
            let label = format!("policy {name}{whose}");
            match account.policies.get(arn).cloned().or_else(|| managed::document(arn)) {
                Some(document) => self.push(label, Document::read(&document, user)),
                None => self.blind_spots.push(format!(
                    "Policy {} is not in the inventory: what it allows is not drawn.",
                    clip(arn, 160)
                )),
            }
            self.managed.push(arn.clone());
        }
    }

    fn push(&mut self, label: String, document: Document) {
        if document.unreadable {
            self.blind_spots.push(format!("The {label} cannot be read in full."));
        }
        self.policies.push((label, document));
    }
}
