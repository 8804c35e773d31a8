//! Rules as they stand in a file: one or more YAML documents.

use yaml_serde::{Mapping, Value as Yaml};

use crate::{
    error::Problem,
    rule::{Rule, check_taxonomy, list},
    source::LogSource,
};

/// A document, by what it is.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// A rule over single events, with its `detection`.
    Detection(Rule, Mapping),
    /// A rule over the matches of other rules, whole, with its id.
    Correlation(Rule, Mapping),
    /// What other rules must not, or must, match as well.
    Filter(Filter),
}

/// A filter, before its rules are known.
#[derive(Debug)]
pub(crate) struct Filter {
    /// Ids or names; nothing means any.
    pub(crate) rules: Option<Vec<String>>,
    pub(crate) logsource: LogSource,
    /// Selections and the condition.
    pub(crate) detection: Mapping,
}

/// The documents of a file, each with the number of lines before it. `---` begins one wherever it stands at the left edge,
/// so that one which is faulty does not take the others along.
pub(crate) fn documents(text: &str) -> Vec<(usize, String)> {
    let mut documents = vec![(0, String::new())];
    for (place, line) in text.lines().enumerate() {
        if line == "---" || line.starts_with("--- ") {
            documents.push((place, String::new()));
        }
        if let Some((_, document)) = documents.last_mut() {
            document.push_str(line);
            document.push('\n');
        }
    }
    let says = |line: &str| {
        let line = line.trim_start_matches("---").trim();
        !line.is_empty() && !line.starts_with('#')
    };
    documents.retain(|(_, document)| document.lines().any(says));
    documents
}

impl Parsed {
    /// Reads a document.
    pub(crate) fn read(text: &str) -> Result<Self, Problem> {
        let yaml: Yaml = yaml_serde::from_str(text).map_err(|error| Problem::yaml(&error))?;
        let map = yaml.as_mapping().ok_or_else(|| Problem::new("a rule is a mapping"))?;
        if map.contains_key("action") {
            return Err(Problem::at("action", "`action` is not supported: write each rule as a whole"));
        }
        let section = |key: &str| {
            let section = map.get(key).map(|value| value.as_mapping().cloned());
            section
                .map(|map| map.ok_or_else(|| Problem::at(key, format!("`{key}` must be a mapping"))))
                .transpose()
        };
        if section("correlation")?.is_some() {
            let (rule, mut map) = (Rule::read(map, text)?, map.clone());
            map.insert("id".into(), rule.id.clone().into());
            return Ok(Parsed::Correlation(rule, map));
        }
        if let Some(filter) = section("filter")? {
            check_taxonomy(map)?;
            return Ok(Parsed::Filter(Filter::read(map, filter)?));
        }
        let detection = section("detection")?.ok_or_else(|| Problem::new("`detection` is missing"))?;
        let rule = Rule { logsource: LogSource::read(map)?, ..Rule::read(map, text)? };
        Ok(Parsed::Detection(rule, detection))
    }
}

impl Filter {
    fn read(map: &Mapping, mut detection: Mapping) -> Result<Self, Problem> {
        if !detection.contains_key("rules") {
            return Err(Problem::at("filter", "`rules` is missing: name them, or say `any`"));
        }
        if !matches!(detection.get("condition"), None | Some(Yaml::String(_))) {
            return Err(Problem::at("condition", "a filter has one condition"));
        }
        let rules = list(&detection, "rules")?;
        detection.remove("rules");
        let is_every = |name: &String| name.eq_ignore_ascii_case("any") || name.eq_ignore_ascii_case("all");
        let is_any = rules.is_empty() || matches!(rules.as_slice(), [only] if is_every(only));
        Ok(Self { rules: (!is_any).then_some(rules), logsource: LogSource::read(map)?, detection })
    }

    /// Whether it is for this rule: it names it, and the rule says all that the filter says about the log.
    pub(crate) fn is_for(&self, rule: &Rule) -> bool {
        let names = |rules: &Vec<String>| rules.iter().any(|reference| rule.is_called(reference));
        self.rules.as_ref().is_none_or(names) && self.logsource.covers(&rule.logsource)
    }
}
