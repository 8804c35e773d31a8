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
        let yaml = yaml_serde::from_str(text).map_err(|error| Problem::yaml(&error))?;
        let Yaml::Mapping(mut map) = yaml else { return Err(Problem::new("a rule is a mapping")) };
        if map.contains_key("action") {
            return Err(Problem::at("action", "`action` is not supported: write each rule as a whole"));
        }
        let is_section = |key: &str| match map.get(key) {
            None => Ok(false),
            Some(Yaml::Mapping(_)) => Ok(true),
            Some(_) => Err(Problem::at(key, format!("`{key}` must be a mapping"))),
        };
        if is_section("correlation")? {
            let rule = Rule::read(&map, text)?;
            map.insert("id".into(), rule.id.clone().into());
            return Ok(Parsed::Correlation(rule, map));
        }
        if is_section("filter")? {
            check_taxonomy(&map)?;
            let filter = section(&mut map, "filter");
            return Ok(Parsed::Filter(Filter::read(&map, filter)?));
        }
        if !is_section("detection")? {
            return Err(Problem::new("`detection` is missing"));
        }
        let rule = Rule { logsource: LogSource::read(&map)?, ..Rule::read(&map, text)? };
        Ok(Parsed::Detection(rule, section(&mut map, "detection")))
    }
}

/// Takes a mapping out of another one.
fn section(map: &mut Mapping, key: &str) -> Mapping {
    match map.swap_remove(key) {
        Some(Yaml::Mapping(section)) => section,
        _ => Mapping::new(),
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
