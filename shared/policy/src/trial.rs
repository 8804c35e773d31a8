//! A policy's own tests: rules named `test_…` in `*_test.rego`, as `opa test` runs them.

use crate::{PolicyError, Rego, load};

/// One test and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The rule: `data.asoc.authorization_test.test_…`.
    pub rule: String,
    /// Why it failed; nothing if it passed.
    pub failure: Option<String>,
}

impl Rego {
    /// Runs every test among these sources, in order of name. A test passes if its rule is `true`.
    ///
    /// # Errors
    /// Where a source cannot be read. A test that fails is not an error.
    pub fn test(sources: &[(String, String)]) -> Result<Vec<Trial>, PolicyError> {
        let sources = load::sorted(sources);
        let engine = load::engine(&sources)?;
        let mut rules: Vec<String> = Vec::new();
        for (_, text) in sources.iter().filter(|(path, _)| load::is_test(path)) {
            let package =
                text.lines().find_map(|line| line.strip_prefix("package ")).unwrap_or_default().trim();
            rules.extend(
                text.lines()
                    .filter(|line| line.starts_with("test_"))
                    .filter_map(|line| line.split_whitespace().next())
                    .map(|name| format!("data.{package}.{name}")),
            );
        }
        rules.sort();
        rules.dedup();
        Ok(rules
            .into_iter()
            .map(|rule| {
                let failure = match engine.clone().eval_rule(rule.clone()) {
                    Ok(regorus::Value::Bool(true)) => None,
                    Ok(other) => Some(format!("it is {other}")),
                    Err(error) => Some(error.to_string()),
                };
                Trial { rule, failure }
            })
            .collect())
    }
}
