//! The fields that a correlation names, and what they are called in the events of each rule.

use std::collections::BTreeMap;

use yaml_serde::Mapping;

use crate::error::Problem;

/// A field as the correlation names it.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    /// What it is called in the events of each rule; differs from the name where an alias says so.
    pub(super) paths: Vec<String>,
}

/// By alias: the field of each rule, in the order of `rules`.
pub(super) struct Aliases(BTreeMap<String, Vec<Option<String>>>);

impl Aliases {
    pub(super) fn read(
        map: &Mapping,
        rules: &[usize],
        lookup: &dyn Fn(&str) -> Option<usize>,
    ) -> Result<Self, Problem> {
        let wrong = || Problem::at("aliases", "`aliases` must map a name to a field of each rule");
        let mut aliases = BTreeMap::new();
        let Some(all) = map.get("aliases") else { return Ok(Self(aliases)) };
        for (alias, fields) in all.as_mapping().ok_or_else(wrong)? {
            let alias = alias.as_str().ok_or_else(wrong)?;
            let mut paths = vec![None; rules.len()];
            for (rule, path) in fields.as_mapping().ok_or_else(wrong)? {
                let (rule, path) = (rule.as_str().ok_or_else(wrong)?, path.as_str().ok_or_else(wrong)?);
                let slot = lookup(rule).and_then(|place| rules.iter().position(|known| *known == place));
                let slot = slot.and_then(|slot| paths.get_mut(slot));
                *slot.ok_or_else(|| Problem::at(rule, format!("`{rule}` is not among `rules`")))? =
                    Some(path.to_owned());
            }
            aliases.insert(alias.to_owned(), paths);
        }
        Ok(Self(aliases))
    }

    pub(super) fn field(&self, name: String, rules: &[String]) -> Result<Field, Problem> {
        let Some(paths) = self.0.get(&name) else {
            return Ok(Field { paths: vec![name.clone(); rules.len()], name });
        };
        let path = |(path, rule): (&Option<String>, &String)| {
            let what = || Problem::at(&name, format!("the alias `{name}` names no field of `{rule}`"));
            path.clone().ok_or_else(what)
        };
        let paths = paths.iter().zip(rules).map(path).collect::<Result<_, _>>()?;
        Ok(Field { name, paths })
    }
}
