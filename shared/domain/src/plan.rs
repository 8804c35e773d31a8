//! The ordered actions of one incident.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Action, ActionId, Digest, Facets, IncidentId, Resource};

/// What is proposed for an incident. An approval names its hash, so any change makes a new plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    /// The incident.
    pub incident: IncidentId,
    /// 1 for the first plan of an incident, then counted up.
    pub revision: u32,
    /// In the order in which they are applied.
    pub actions: Vec<PlannedAction>,
    /// Digest of everything above.
    pub hash: Digest,
}

impl Plan {
    /// A plan with its hash.
    pub fn new(incident: IncidentId, revision: u32, actions: Vec<PlannedAction>) -> Self {
        let hash = Self::hash_of(&incident, revision, &actions);
        Self { incident, revision, actions, hash }
    }

    /// Whether the hash still covers the content.
    pub fn is_intact(&self) -> bool {
        self.hash == Self::hash_of(&self.incident, self.revision, &self.actions)
            && self.actions.iter().all(PlannedAction::is_intact)
    }

    /// The action with this id.
    pub fn action(&self, id: &ActionId) -> Option<&PlannedAction> {
        self.actions.iter().find(|a| &a.id == id)
    }

    fn hash_of(incident: &IncidentId, revision: u32, actions: &[PlannedAction]) -> Digest {
        Digest::of_json(&(incident, revision, actions.iter().map(|a| &a.hash).collect::<Vec<_>>()))
    }
}

/// One action of a plan, with what must hold when it is applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlannedAction {
    /// Made from the incident and the action: the same action in a later revision keeps its id.
    pub id: ActionId,
    /// What is done.
    pub action: Action,
    /// On what.
    pub target: Resource,
    /// What must hold about the target when the action is applied (that it is the same user, that it is not exempt).
    #[schema(value_type = Object)]
    pub preconditions: Facets,
    /// Why it is proposed.
    pub why: String,
    /// What it does, for people.
    pub does: String,
    /// What its undo does, for people.
    pub undo: String,
    /// Digest of id, action, target and preconditions: what an approval covers.
    pub hash: Digest,
}

impl PlannedAction {
    /// A planned action with its id and hash.
    pub fn new(
        incident: &IncidentId,
        action: Action,
        target: Resource,
        preconditions: Facets,
        why: String,
    ) -> Self {
        let id = ActionId(format!("act-{}", Digest::of_json(&(incident, &action)).short()));
        let hash = Self::hash_of(&id, &action, &target, &preconditions);
        let (does, undo) = (action.describe(), action.describe_inverse());
        Self { id, action, target, preconditions, why, does, undo, hash }
    }

    /// Whether the hash still covers the content, and people were told of this action and no other.
    pub fn is_intact(&self) -> bool {
        self.hash == Self::hash_of(&self.id, &self.action, &self.target, &self.preconditions)
            && self.does == self.action.describe()
            && self.undo == self.action.describe_inverse()
    }

    fn hash_of(id: &ActionId, action: &Action, target: &Resource, preconditions: &Facets) -> Digest {
        Digest::of_json(&(id, action, target, preconditions))
    }
}
