//! The human's part: what was asked, who answered, and whether the answer counts.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use crate::{ActionId, Digest, IncidentId, Person, Plan, Role, Time, Verdict};

/// A request for approval, bound to one revision of one plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ApprovalRequest {
    /// The incident.
    pub incident: IncidentId,
    /// The plan's revision.
    pub revision: u32,
    /// The plan's hash.
    pub plan: Digest,
    /// Hashes of the actions that may be approved, in plan order.
    pub actions: Vec<Digest>,
    /// How many different people must agree.
    pub approvers: u8,
    /// When it was asked.
    pub requested: Time,
    /// After this no answer counts.
    pub expires: Time,
    /// What is applied if nobody answers: the declared default.
    pub on_expiry: Vec<ActionId>,
    /// ARNs that the incident is about: whose owners may not vote.
    pub subjects: Vec<String>,
}

impl ApprovalRequest {
    /// The request that this verdict asks for.
    pub fn new(plan: &Plan, verdict: &Verdict, subjects: Vec<String>, now: Time) -> Self {
        Self {
            incident: plan.incident.clone(),
            revision: plan.revision,
            plan: plan.hash.clone(),
            actions: plan.actions.iter().map(|a| a.hash.clone()).collect(),
            approvers: verdict.approvers.max(1),
            requested: now,
            expires: now.plus_seconds(i64::from(verdict.expires_seconds)),
            on_expiry: verdict.on_expiry.clone(),
            subjects,
        }
    }
}

/// What a person sends: their answer to the plan they were shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ballot {
    /// The hash of the plan they were shown.
    pub plan: Digest,
    /// Approve or reject.
    pub answer: Answer,
}

/// A person's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Answer {
    /// Apply these actions of the plan, by their hashes. A part may be left out, nothing added.
    Approve {
        /// Hashes of the approved actions.
        actions: Vec<Digest>,
    },
    /// Apply nothing.
    Reject {
        /// Why.
        reason: String,
    },
}

/// A ballot that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Vote {
    /// Who.
    pub by: String,
    /// Their principals in AWS, so that one person with two names counts once.
    #[serde(default)]
    pub principals: Vec<String>,
    /// When.
    pub at: Time,
    /// What.
    pub answer: Answer,
}

impl Vote {
    /// Whether this vote is that person's, under this or another name.
    pub fn is_by(&self, person: &Person) -> bool {
        self.by == person.name || self.principals.iter().any(|arn| person.principals.contains(arn))
    }
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Enough people agreed on these actions.
    Approved {
        /// Hashes of the actions all of them approved.
        actions: Vec<Digest>,
        /// Who.
        by: Vec<String>,
    },
    /// Somebody said no.
    Rejected {
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// Nobody answered in time; the declared default holds.
    Expired {
        /// Hashes of the actions that the declared default applies.
        actions: Vec<Digest>,
    },
    /// New findings made a new plan.
    Superseded,
}

/// A request with its votes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Approval {
    /// What was asked.
    pub request: ApprovalRequest,
    /// Who answered.
    pub votes: Vec<Vote>,
    /// How it ended, once it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

/// Why a ballot does not count.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize, ToSchema)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum Refusal {
    /// The person's role does not allow it.
    #[error("the role {role:?} may not approve or reject; an approver must")]
    Role {
        /// Their role.
        role: Role,
    },
    /// The person is who the incident is about.
    #[error("{arn} is a subject of this incident, and a subject never approves; ask another approver")]
    Subject {
        /// The principal that is a subject.
        arn: String,
    },
    /// The plan has changed since it was shown.
    #[error("the plan has changed since it was shown to you; look at the new one and answer that")]
    PlanChanged,
    /// Too late.
    #[error("this request expired at {expired}; its declared default was taken")]
    Expired {
        /// When it did.
        expired: Time,
    },
    /// It was answered already.
    #[error("this request is settled already")]
    Settled,
    /// The same person voted before.
    #[error("{by} has voted already; another approver must agree")]
    VotedAlready {
        /// Who.
        by: String,
    },
    /// The ballot approves nothing, or something that is not in the plan.
    #[error("a ballot approves at least one action, and only actions of the plan it names")]
    NotInPlan,
    /// Nothing of it was approved by those who voted before.
    #[error("the others approved other actions; approve at least one of theirs, or reject")]
    NothingInCommon,
    /// A rejection without a reason.
    #[error("a rejection needs a reason; write one sentence")]
    NoReason,
}

impl Approval {
    /// A request that nobody has answered yet.
    pub fn new(request: ApprovalRequest) -> Self {
        Self { request, votes: Vec::new(), outcome: None }
    }

    /// Whether a ballot of this person could count now.
    pub fn may_vote(&self, person: &Person, now: Time) -> Result<(), Refusal> {
        if person.role < Role::Approver {
            return Err(Refusal::Role { role: person.role });
        }
        if let Some(arn) = person.principals.iter().find(|arn| self.request.subjects.contains(arn)) {
            return Err(Refusal::Subject { arn: arn.clone() });
        }
        if self.outcome.is_some() {
            return Err(Refusal::Settled);
        }
        if now >= self.request.expires {
            return Err(Refusal::Expired { expired: self.request.expires });
        }
        if self.votes.iter().any(|v| v.is_by(person)) {
            return Err(Refusal::VotedAlready { by: person.name.clone() });
        }
        Ok(())
    }

    /// Counts a ballot, or says why it does not count. One rejection ends the request; approvals end it when enough
    /// different people agree, and then cover the actions that all of them approved.
    pub fn cast(&mut self, person: &Person, ballot: &Ballot, now: Time) -> Result<(), Refusal> {
        self.may_vote(person, now)?;
        if ballot.plan != self.request.plan {
            return Err(Refusal::PlanChanged);
        }
        match &ballot.answer {
            Answer::Reject { reason } if reason.trim().is_empty() => return Err(Refusal::NoReason),
            Answer::Approve { actions }
                if actions.is_empty() || actions.iter().any(|a| !self.request.actions.contains(a)) =>
            {
                return Err(Refusal::NotInPlan);
            }
            Answer::Approve { actions }
                if self.agreed().is_some_and(|a| actions.iter().all(|h| !a.contains(h))) =>
            {
                return Err(Refusal::NothingInCommon);
            }
            _ => {}
        }
        self.votes.push(Vote {
            by: person.name.clone(),
            principals: person.principals.clone(),
            at: now,
            answer: ballot.answer.clone(),
        });
        self.outcome = self.tally();
        Ok(())
    }

    /// Hashes of the actions that may be applied now.
    pub fn granted(&self) -> &[Digest] {
        match &self.outcome {
            Some(Outcome::Approved { actions, .. } | Outcome::Expired { actions }) => actions,
            _ => &[],
        }
    }

    /// Whom the incident has come to be about since this was asked: they may not vote, and their votes do not count.
    pub fn know_subjects<'a>(&mut self, arns: impl IntoIterator<Item = &'a str>) {
        for arn in arns {
            if !self.request.subjects.iter().any(|known| known == arn) {
                self.request.subjects.push(arn.to_owned());
            }
        }
        let subjects = &self.request.subjects;
        self.votes.retain(|vote| !vote.principals.iter().any(|arn| subjects.contains(arn)));
    }

    /// What all who have voted approved; none if nobody has.
    fn agreed(&self) -> Option<BTreeSet<&Digest>> {
        let approved = self.votes.iter().filter_map(|vote| match &vote.answer {
            Answer::Approve { actions } => Some(actions.iter().collect::<BTreeSet<_>>()),
            Answer::Reject { .. } => None,
        });
        approved.reduce(|a, b| a.intersection(&b).copied().collect())
    }

    fn tally(&self) -> Option<Outcome> {
        for vote in &self.votes {
            if let Answer::Reject { reason } = &vote.answer {
                return Some(Outcome::Rejected { by: vote.by.clone(), reason: reason.clone() });
            }
        }
        if self.votes.len() < usize::from(self.request.approvers) {
            return None;
        }
        let agreed = self.agreed()?;
        let actions = self.request.actions.iter().filter(|a| agreed.contains(a)).cloned().collect();
        Some(Outcome::Approved { actions, by: self.votes.iter().map(|v| v.by.clone()).collect() })
    }
}
