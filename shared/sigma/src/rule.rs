//! A rule's own words: who it is, what it means, and which log it reads.

use domain::{Level, Technique, attack::TACTICS};
use serde::Deserialize;
use yaml_serde::{Mapping, Value as Yaml};

use crate::{condition::Detection, error::Problem};

/// Keys of Sigma that would change what a rule means.
const REFUSED: [&str; 3] = ["correlation", "action", "filter"];

/// A compiled rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Unique; a UUID by convention.
    pub id: String,
    /// What it finds.
    pub title: String,
    /// How it finds it.
    pub description: String,
    /// Why it matters: the custom key `why`.
    pub why: String,
    /// How much a match means.
    pub level: Level,
    /// ATT&CK techniques. In `tags`, a technique belongs to the tactic that stands before it.
    pub attack: Vec<Technique>,
    /// Matches that are to be expected and mean no harm.
    pub false_positives: Vec<String>,
    /// What answers it: the custom key `playbook`.
    pub playbook: Option<String>,
    /// The log it reads.
    pub logsource: LogSource,
    pub(crate) detection: Detection,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// A log: of an event where both parts are known; of a rule where a part that is absent means any.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogSource {
    /// `aws`
    pub product: Option<String>,
    /// `cloudtrail`
    pub service: Option<String>,
}

impl LogSource {
    /// An event's log.
    pub fn new(product: &str, service: &str) -> Self {
        Self { product: Some(product.to_owned()), service: Some(service.to_owned()) }
    }

    /// Whether a rule for this log reads events of that one.
    pub fn covers(&self, event: &LogSource) -> bool {
        (self.product.is_none() || self.product == event.product)
            && (self.service.is_none() || self.service == event.service)
    }
}

impl Rule {
    /// Compiles a rule's text.
    pub(crate) fn compile(text: &str) -> Result<Self, Problem> {
        let yaml: Yaml = yaml_serde::from_str(text).map_err(|error| Problem::yaml(&error))?;
        let map = yaml.as_mapping().ok_or_else(|| Problem::new("a rule is a mapping"))?;
        if let Some(key) = REFUSED.iter().find(|key| map.contains_key(**key)) {
            return Err(Problem::at(key, format!("`{key}` is not supported")));
        }
        let needed = |key: &str| field(map, key)?.ok_or_else(|| Problem::new(format!("`{key}` is missing")));
        let detection = map.get("detection").and_then(Yaml::as_mapping);
        let detection = detection.ok_or_else(|| Problem::new("`detection` is missing"))?;
        Ok(Self {
            id: needed("id")?,
            title: needed("title")?,
            description: field(map, "description")?.unwrap_or_default(),
            why: field(map, "why")?.unwrap_or_default(),
            level: level(&needed("level")?)?,
            attack: attack(&list(map, "tags")?)?,
            false_positives: list(map, "falsepositives")?,
            playbook: field(map, "playbook")?,
            logsource: logsource(map.get("logsource"))?,
            detection: Detection::compile(detection)?,
        })
    }
}

fn field(map: &Mapping, key: &str) -> Result<Option<String>, Problem> {
    match map.get(key) {
        None | Some(Yaml::Null) => Ok(None),
        Some(Yaml::String(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Some(_) => Err(Problem::at(key, format!("`{key}` must be text"))),
    }
}

fn list(map: &Mapping, key: &str) -> Result<Vec<String>, Problem> {
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

/// Reads tags such as `attack.persistence` and `attack.t1098.001`; tags of other schemes, groups and software are let be.
fn attack(tags: &[String]) -> Result<Vec<Technique>, Problem> {
    let mut tactic = None;
    let mut techniques = Vec::new();
    for tag in tags {
        let Some(name) = tag.to_ascii_lowercase().strip_prefix("attack.").map(|n| n.replace('_', "-")) else {
            continue;
        };
        let is_id =
            |letter| name.strip_prefix(letter).is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()));
        if let Some(known) = TACTICS.iter().find(|known| **known == name) {
            tactic = Some((*known).to_owned());
        } else if is_id('t') {
            techniques.push((name.to_ascii_uppercase(), tactic.clone()));
        } else if !is_id('g') && !is_id('s') {
            return Err(Problem::at(tag, format!("`{tag}` is neither a tactic nor a technique of ATT&CK")));
        }
    }
    // Written the other way round, technique first, the one tactic is meant.
    let techniques = techniques
        .into_iter()
        .map(|(id, of)| of.or_else(|| tactic.clone()).map(|tactic| Technique { id, tactic }));
    techniques
        .collect::<Option<_>>()
        .ok_or_else(|| Problem::at("tags", "a technique needs its tactic among the tags"))
}

fn logsource(value: Option<&Yaml>) -> Result<LogSource, Problem> {
    let map = value.and_then(Yaml::as_mapping).ok_or_else(|| Problem::new("`logsource` is missing"))?;
    let known = |key: &str| matches!(key, "product" | "service" | "definition");
    if let Some(key) = map.keys().filter_map(Yaml::as_str).find(|key| !known(key)) {
        return Err(Problem::at(key, format!("`logsource` with `{key}` is not supported")));
    }
    let source = LogSource { product: field(map, "product")?, service: field(map, "service")? };
    if source == LogSource::default() {
        return Err(Problem::at("logsource", "`logsource` needs a product or a service"));
    }
    Ok(source)
}
