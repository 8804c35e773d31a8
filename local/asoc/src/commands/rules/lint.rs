//! What a rule lacks. That it loads and finds what it should is not enough for who is woken by it.

use std::collections::BTreeMap;

use detection::trial::{of_file, raising};
use sigma::{Rule, RuleSet};

use super::Faults;

/// Longest title that a phone shows in two lines.
const TITLE: usize = 70;

/// Faults of each file. What only serves correlations needs no words of its own.
pub(super) fn faults(
    rules: &RuleSet,
    files: &[(String, String)],
    cases: &BTreeMap<String, String>,
    playbooks: &[String],
) -> Faults {
    let rules_of = |(file, text): &(String, String)| {
        let mut faults: Vec<String> =
            raising(rules, text).into_iter().flat_map(|rule| lacks(rule, playbooks)).collect();
        faults.extend(of_file(rules, text).flat_map(misses));
        let name = file.trim_end_matches(".yml").trim_end_matches(".yaml");
        if !raising(rules, text).is_empty() && !cases.contains_key(name) {
            faults.push("it has no cases: write NAME.tests.json beside it".into());
        }
        let is_kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '/');
        if !name.chars().all(is_kebab) {
            faults.push("its name is not in lower case with hyphens".into());
        }
        (file.clone(), faults)
    };
    let is_rule = |(file, _): &&(String, String)| file.ends_with(".yml") || file.ends_with(".yaml");
    let orphans = cases.keys().filter(|name| !files.iter().any(|(file, _)| file == &format!("{name}.yml")));
    let orphans =
        orphans.map(|name| (format!("{name}.tests.json"), vec!["it stands beside no rule".to_owned()]));
    files.iter().filter(is_rule).map(rules_of).chain(orphans).collect()
}

/// What keeps a rule from the log that it is for. A key that is not known narrows nothing, so that the rule would be held
/// against logs that it was not written for.
fn misses(rule: &Rule) -> Vec<String> {
    let unknown = rule.unknown_source_keys.iter();
    let mut faults: Vec<String> = unknown
        .map(|key| format!("`{}` has `{key}` in `logsource`, which narrows nothing", rule.title))
        .collect();
    if !detection::is_read(&rule.logsource) {
        faults.push(format!("`{}` is for a log that is not read: `logsource`", rule.title));
    }
    faults
}

fn lacks(rule: &Rule, playbooks: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut needs = |is: bool, what: &str| {
        if !is {
            faults.push(format!("`{}` {what}", rule.title));
        }
    };
    needs(rule.title.chars().count() <= TITLE, "has a title of more than 70 characters");
    needs(!rule.description.is_empty(), "does not say what it finds: `description`");
    needs(!rule.why.is_empty(), "does not say why that matters: `why`");
    needs(!rule.attack.is_empty(), "names no ATT&CK technique with its tactic: `tags`");
    needs(!rule.false_positives.is_empty(), "names no false positives to expect: `falsepositives`");
    let is_uuid = rule.id.len() == 36 && rule.id.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    needs(is_uuid, "has no UUID for an `id`");
    let known = rule.playbook.as_ref().is_none_or(|name| playbooks.contains(name));
    needs(known, "names a playbook that does not exist");
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_is_not_meant_is_named() {
        let lint = |source: &str| {
            let text =
                format!("title: T\nid: t\nlogsource: {source}\ndetection: {{s: {{a: b}}, condition: s}}\n");
            let (rules, errors) = RuleSet::load(&[("t.yml".to_owned(), text)]);
            assert_eq!(errors, []);
            rules.rules().iter().flat_map(misses).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(lint("{product: aws, service: cloudtrail, definition: on}"), "");
        assert!(lint("{product: aws, servise: cloudtrail}").contains("`servise`"));
        assert!(lint("{product: windows}").contains("not read"));
    }

    #[test]
    fn what_a_rule_lacks_is_named() {
        let text = "title: Bare\nid: bare\nlogsource: {product: aws}\nplaybook: none\n\
                    detection: {selection: {a: b}, condition: selection}\n";
        let files = [("Bare_rule.yml".to_owned(), text.to_owned())];
        let (rules, errors) = RuleSet::load(&files);
        assert_eq!(errors, []);
        let cases = BTreeMap::from([("gone".to_owned(), "{}".to_owned())]);
        let faults: Vec<String> = faults(&rules, &files, &cases, &["compromised-user".into()])
            .into_iter()
            .flat_map(|(_, f)| f)
            .collect();
        for part in [
            "`description`",
            "`why`",
            "`tags`",
            "`falsepositives`",
            "UUID",
            "playbook",
            "no cases",
            "hyphens",
            "beside no rule",
        ] {
            assert!(faults.iter().any(|fault| fault.contains(part)), "{part}: {faults:?}");
        }
        assert_eq!(faults.len(), 9, "{faults:?}");
    }
}
