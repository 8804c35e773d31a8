//! Playbooks: which actions answer which finding.

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

/// Playbooks by name.
#[derive(Clone, Debug, Default)]
pub struct Playbooks(BTreeMap<String, Playbook>);

/// The actions that answer one sort of finding.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Playbook {
    /// What findings call it by; also its file's name.
    pub name: String,
    /// The situation it is for, in a sentence.
    pub about: String,
    /// Its actions. The plan orders them by what must come first, whatever their order here.
    pub actions: Vec<Entry>,
}

/// One action, and what of the finding it is applied to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The action.
    #[serde(rename = "do")]
    pub kind: Kind,
    /// Where its targets come from.
    pub on: Vec<Subject>,
    /// Why, for the people who approve it: completes "because …".
    pub why: String,
}

/// Kinds of action, as [`domain::Action::kind`] spells them.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    RevokeIamUser,
    DeactivateAccessKey,
    RevokeRoleSessions,
    BlockIp,
    SnapshotVolumes,
    IsolateInstance,
    BlockPublicAccess,
    RestartTrail,
}

/// What of a finding, or of what followed from it, an action is applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Who did it: the user, the role, or for actions on instances the instance whose credentials were used.
    Actor,
    /// What it touched, as far as the action applies to it.
    Resources,
    /// The address it came from, at the network ACLs of the instances that are involved.
    Origin,
    /// Further credentials that the incident's actors have got hold of since it began: sessions of roles, access keys and
    /// passwords of other users.
    Obtained,
}

/// Why playbooks cannot be used.
#[derive(Debug, Error)]
#[error("{file}: {why}")]
pub struct PlaybookError {
    /// The file's path, as it was given.
    pub file: String,
    /// What is wrong, and what would be right.
    pub why: String,
}

impl Playbooks {
    /// Playbooks from (relative path, YAML text), one a file. Files with other endings are left out.
    ///
    /// # Errors
    /// The file that cannot be read, or that asks for something unknown or impossible.
    pub fn load(sources: &[(String, String)]) -> Result<Self, PlaybookError> {
        let mut playbooks = BTreeMap::new();
        for (file, text) in sources {
            let Some(stem) = file.rsplit('/').next().and_then(|name| name.strip_suffix(".yaml")) else {
                continue;
            };
            let refused = |why: String| PlaybookError { file: file.clone(), why };
            let playbook: Playbook = yaml_serde::from_str(text).map_err(|e| refused(e.to_string()))?;
            playbook.check(stem).map_err(refused)?;
            if playbooks.insert(playbook.name.clone(), playbook).is_some() {
                return Err(refused(format!("there are two playbooks `{stem}`")));
            }
        }
        Ok(Self(playbooks))
    }

    /// The playbook of this name.
    pub fn named(&self, name: &str) -> Option<&Playbook> {
        self.0.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Playbook> {
        self.0.values()
    }
}

impl Playbook {
    /// Whether it acts on what a finding touched with actions of this kind: then such findings are about the resource
    /// as much as about who touched it.
    pub(crate) fn is_about_resources(&self, kind: Kind) -> bool {
        self.actions.iter().any(|entry| entry.kind == kind && entry.on.contains(&Subject::Resources))
    }

    fn check(&self, stem: &str) -> Result<(), String> {
        if self.name != stem {
            return Err(format!("it is named `{}`; name it `{stem}` like its file", self.name));
        }
        if self.actions.is_empty() {
            return Err("it has no actions; a finding that nothing answers needs no playbook".to_owned());
        }
        for Entry { kind, on, why } in &self.actions {
            if why.trim().is_empty() {
                return Err(format!("{kind:?} does not say why"));
            }
            if on.is_empty() {
                return Err(format!("{kind:?} is on nothing"));
            }
            if let Some(subject) = on.iter().find(|subject| !kind.applies_to(**subject)) {
                return Err(format!("{kind:?} cannot be applied to {subject:?}"));
            }
        }
        Ok(())
    }
}

impl Kind {
    fn applies_to(self, subject: Subject) -> bool {
        use Kind::{
            BlockIp, BlockPublicAccess, DeactivateAccessKey, IsolateInstance, RestartTrail, RevokeIamUser,
            RevokeRoleSessions, SnapshotVolumes,
        };
        match self {
            RevokeIamUser | RevokeRoleSessions => subject != Subject::Origin,
            DeactivateAccessKey => subject == Subject::Obtained,
            SnapshotVolumes | IsolateInstance => matches!(subject, Subject::Actor | Subject::Resources),
            BlockPublicAccess | RestartTrail => subject == Subject::Resources,
            BlockIp => subject == Subject::Origin,
        }
    }
}
