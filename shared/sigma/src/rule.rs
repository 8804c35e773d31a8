//! A rule's own words: who it is, what it means, and which log it reads.

use domain::{Digest, Level, Technique, attack::TACTICS};
use serde::Deserialize;
use yaml_serde::{Mapping, Value as Yaml};

use crate::{
    error::Problem,
    source::{self, LogSource},
};

/// What is known of a rule, be it a detection or a correlation.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Unique; a UUID by convention. A rule without one goes by its `name`, else by a digest of its text.
    pub id: String,
    /// What other rules call it.
    pub name: Option<String>,
    /// What it finds.
    pub title: String,
    /// How it finds it.
    pub description: String,
    /// Why it matters: the custom key `why`.
    pub why: String,
    /// How much a match means; medium if the rule does not say.
    pub level: Level,
    /// ATT&CK techniques. In `tags`, a technique belongs to the tactic that stands before it. One whose tactic is not among
    /// the tags, or not known, is left out.
    pub attack: Vec<Technique>,
    /// Matches that are to be expected and mean no harm.
    pub false_positives: Vec<String>,
    /// What answers it: the custom key `playbook`.
    pub playbook: Option<String>,
    /// The log it reads; of a correlation, any.
    pub logsource: LogSource,
    /// Keys of `logsource` that nothing is known of, such as one that is misspelt: the rule reads more logs than it means to.
    pub unknown_source_keys: Vec<String>,
    /// Whether a match is a finding by itself. Not if it is only there for a correlation to count.
    pub raises: bool,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Rule {
    /// Reads what rules of all kinds have; `text` is all of the rule.
    pub(crate) fn read(map: &Mapping, text: &str) -> Result<Self, Problem> {
        // "The rule cannot be used in its current state" (Status).
        if field(map, "status")?.as_deref() == Some("unsupported") {
            return Err(Problem::at("status", "the rule calls itself unsupported"));
        }
        check_taxonomy(map)?;
        let name = field(map, "name")?;
        let id = field(map, "id")?.or_else(|| name.clone());
        let title = field(map, "title")?.ok_or_else(|| Problem::new("`title` is missing"))?;
        Ok(Self {
            id: id.unwrap_or_else(|| {
                Digest::of(text.trim_start_matches('-').trim().as_bytes()).short().to_owned()
            }),
            name,
            title,
            description: field(map, "description")?.unwrap_or_default(),
            why: field(map, "why")?.unwrap_or_default(),
            level: field(map, "level")?.map_or(Ok(Level::Medium), |name| level(&name))?,
            attack: attack(&list(map, "tags")?),
            false_positives: list(map, "falsepositives")?,
            playbook: field(map, "playbook")?,
            logsource: LogSource::default(),
            unknown_source_keys: source::unknown_keys(map),
            raises: true,
        })
    }

    /// Whether a reference of another rule means this one.
    pub(crate) fn is_called(&self, reference: &str) -> bool {
        self.id == reference || self.name.as_deref() == Some(reference)
    }
}

/// "A custom taxonomy must be handled by the used tool": its fields would have other names than those of the log.
pub(crate) fn check_taxonomy(map: &Mapping) -> Result<(), Problem> {
    match field(map, "taxonomy")?.filter(|name| name != "sigma") {
        Some(name) => Err(Problem::at("taxonomy", format!("the taxonomy `{name}` is not known"))),
        None => Ok(()),
    }
}

pub(crate) fn field(map: &Mapping, key: &str) -> Result<Option<String>, Problem> {
    match map.get(key) {
        None | Some(Yaml::Null) => Ok(None),
        Some(Yaml::String(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Some(_) => Err(Problem::at(key, format!("`{key}` must be text"))),
    }
}

pub(crate) fn list(map: &Mapping, key: &str) -> Result<Vec<String>, Problem> {
    let wrong = || Problem::at(key, format!("`{key}` must be a list of texts"));
    match map.get(key) {
        None | Some(Yaml::Null) => Ok(Vec::new()),
        Some(Yaml::String(text)) => Ok(vec![text.clone()]),
        Some(Yaml::Sequence(values)) => {
            values.iter().map(|value| value.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}

fn level(name: &str) -> Result<Level, Problem> {
    let level = Level::deserialize(serde::de::value::StrDeserializer::<serde::de::value::Error>::new(name));
    level.map_err(|_| Problem::at("level", format!("`{name}` is no level")))
}

/// Reads tags such as `attack.persistence` and `attack.t1098.001`; all others are let be.
fn attack(tags: &[String]) -> Vec<Technique> {
    let mut tactic = None;
    let mut techniques = Vec::new();
    for tag in tags {
        let tag = tag.to_ascii_lowercase();
        let Some(name) = tag.strip_prefix("attack.").map(|name| name.replace('_', "-")) else { continue };
        let is_id =
            |letter| name.strip_prefix(letter).is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()));
        if is_id('t') {
            techniques.push((name.to_ascii_uppercase(), tactic.clone()));
        } else if !is_id('g') && !is_id('s') {
            // A tactic that is not known claims the techniques behind it all the same.
            tactic = Some(TACTICS.iter().find(|known| **known == name).map(|known| (*known).to_owned()));
        }
    }
    // Written the other way round, technique first, the one tactic is meant.
    let with_tactic = |(id, of): (String, Option<Option<String>>)| {
        of.or_else(|| tactic.clone()).flatten().map(|tactic| Technique { id, tactic })
    };
    techniques.into_iter().filter_map(with_tactic).collect()
}
