//! A correlation's own words, compiled.

use std::collections::BTreeMap;

use yaml_serde::{Mapping, Value as Yaml};

use super::{
    MOST_OBSERVATIONS, Observation,
    key::{Digester, GroupKey, Value},
};
use crate::error::Problem;

/// The highest number that a condition may name: what a window holds grows with it.
const HIGHEST: u64 = 1000;

/// The most rules that a correlation may refer to: for `temporal_ordered`, what a window holds grows with its square.
const MOST_RULES: usize = 32;

/// How late an event may come, where the rule does not say: 15 minutes.
const LATENESS: i64 = 15 * 60 * 1000;

const KEYS: [&str; 8] =
    ["type", "rules", "group-by", "aliases", "timespan", "condition", "generate", "lateness"];

/// A compiled correlation.
#[derive(Clone, Debug)]
pub struct Correlation {
    /// Its place among the rules.
    pub place: usize,
    /// The rule's id.
    pub id: String,
    /// What it counts.
    pub kind: Kind,
    /// The places of the rules that it refers to, in their order.
    pub rules: Vec<usize>,
    /// The length of its window, in milliseconds.
    pub timespan: i64,
    /// How long after a newer event of its group an event may come and still count: event time, in milliseconds.
    pub lateness: i64,
    /// Whether the rules that it refers to are to report their matches as well: `generate`.
    pub generate: bool,
    group_by: Vec<Field>,
    counted: Vec<Field>,
    condition: Vec<(Comparison, usize)>,
    /// Stands for all that decides what a window's content means.
    shape: u128,
}

/// The type of a correlation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Counts events.
    EventCount,
    /// Counts distinct values of a field.
    ValueCount,
    /// Counts distinct rules.
    Temporal,
    /// Wants all rules, in their order.
    TemporalOrdered,
}

#[derive(Clone, Copy, Debug)]
enum Comparison {
    Gt,
    Gte,
    Lt,
    Lte,
    Eq,
    Neq,
}

/// A field as the correlation names it.
#[derive(Clone, Debug)]
struct Field {
    name: String,
    /// What it is called in the events of each rule; differs from the name where an alias says so.
    paths: Vec<String>,
}

impl Correlation {
    pub(super) fn compile(
        place: usize,
        document: &Mapping,
        lookup: &dyn Fn(&str) -> Option<usize>,
    ) -> Result<Self, Problem> {
        let id = document.get("id").and_then(Yaml::as_str).ok_or_else(|| Problem::new("`id` is missing"))?;
        let map = document.get("correlation").and_then(Yaml::as_mapping);
        let map = map.ok_or_else(|| Problem::at("correlation", "`correlation` must be a mapping"))?;
        only(map, "correlation", &KEYS)?;
        let kind = Kind::read(map)?;
        let rules = texts(map, "rules")?.ok_or_else(|| Problem::at("correlation", "`rules` is missing"))?;
        if rules.is_empty() || rules.len() > MOST_RULES {
            return Err(Problem::at("rules", format!("`rules` must name 1 to {MOST_RULES} rules")));
        }
        let find = |name: &String| {
            lookup(name).ok_or_else(|| Problem::at(name, format!("there is no rule `{name}`")))
        };
        let places = rules.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        if let Some(twice) = (1..places.len()).find(|n| places[..*n].contains(&places[*n])) {
            return Err(Problem::at("rules", format!("`{}` is named twice", rules[twice])));
        }
        let aliases = Aliases::read(map, &places, lookup)?;
        let fields = |names: Vec<String>| {
            names.into_iter().map(|name| aliases.field(name, &rules)).collect::<Result<Vec<_>, _>>()
        };
        let group_by = texts(map, "group-by")?;
        let group_by = fields(group_by.ok_or_else(|| Problem::at("correlation", "`group-by` is missing"))?)?;
        let (condition, counted) = condition(map.get("condition"), kind, rules.len())?;
        let counted = fields(counted)?;

        let mut shape = Digester::default();
        shape.text(id);
        shape.text(kind.name());
        for list in [&group_by, &counted] {
            shape.number(list.len() as u128);
            list.iter().for_each(|field| shape.text(&field.name));
        }
        if matches!(kind, Kind::Temporal | Kind::TemporalOrdered) {
            rules.iter().for_each(|rule| shape.text(rule));
        }
        Ok(Self {
            place,
            id: id.to_owned(),
            kind,
            rules: places,
            timespan: span(map, "timespan")?
                .ok_or_else(|| Problem::at("correlation", "`timespan` is missing"))?,
            lateness: span(map, "lateness")?.unwrap_or(LATENESS),
            // The schema has it beside `correlation`, the text of the specification in it.
            generate: flag(document, "generate")? || flag(map, "generate")?,
            group_by,
            counted,
            condition,
            shape: shape.finish(),
        })
    }

    /// A window's content is of no use any more this long after the newest observation in it, in milliseconds.
    pub fn retention(&self) -> i64 {
        self.timespan.saturating_add(self.lateness)
    }

    /// Refuses fields that the correlations it refers to do not group by: what they found has no other values.
    pub(super) fn check_chain(&self, others: &BTreeMap<usize, Correlation>) -> Result<(), Problem> {
        for (member, other) in
            self.rules.iter().enumerate().filter_map(|(n, rule)| Some((n, others.get(rule)?)))
        {
            let fields = self.group_by.iter().chain(&self.counted);
            for path in fields.filter_map(|field| field.paths.get(member)) {
                if !other.group_by.iter().any(|field| field.name == *path) {
                    let what = format!("the correlation {} does not group by `{path}`", other.id);
                    return Err(Problem::at(path, what));
                }
            }
        }
        Ok(())
    }

    /// What an event that matched this member says. `values` gives the values of a field, `event` stands for the event.
    pub(super) fn observe(
        &self,
        member: usize,
        values: &dyn Fn(&str) -> Vec<Value>,
        at: i64,
        event: u64,
    ) -> Vec<Observation> {
        let of = |field: &Field| field.paths.get(member).map_or_else(Vec::new, |path| values(path));
        let tokens = match self.kind {
            Kind::EventCount => vec![event],
            Kind::Temporal | Kind::TemporalOrdered => vec![member as u64],
            Kind::ValueCount => {
                let lists =
                    self.counted.iter().map(|field| of(field).into_iter().map(|v| v.digest).collect());
                let token = |tuple: Vec<u128>| {
                    let mut digester = Digester::default();
                    tuple.into_iter().for_each(|digest| digester.number(digest));
                    digester.token()
                };
                tuples(lists).into_iter().map(token).collect()
            }
        };
        let groups = self.group_by.iter().map(|field| {
            let values = of(field);
            if values.is_empty() { vec![None] } else { values.into_iter().map(Some).collect() }
        });
        let names = || self.group_by.iter().map(|field| field.name.as_str());
        let observations = tuples(groups).into_iter().flat_map(|group| {
            let key = GroupKey::new(self.shape, names().zip(group));
            tokens.iter().map(move |token| Observation {
                correlation: self.place,
                key: key.clone(),
                member,
                at,
                token: *token,
            })
        });
        observations.take(MOST_OBSERVATIONS).collect()
    }

    /// Whether this many tokens in a window are what it looks for.
    pub(super) fn holds(&self, count: usize) -> bool {
        holds(&self.condition, count)
    }

    /// The count from which on the condition's answer stays the same.
    pub(super) fn enough(&self) -> usize {
        enough(&self.condition)
    }
}

impl Kind {
    fn read(map: &Mapping) -> Result<Self, Problem> {
        let name = map.get("type").and_then(Yaml::as_str);
        let name = name.ok_or_else(|| Problem::at("correlation", "`type` is missing"))?;
        let kinds = [Self::EventCount, Self::ValueCount, Self::Temporal, Self::TemporalOrdered];
        let known = kinds.into_iter().find(|kind| kind.name() == name);
        known.ok_or_else(|| Problem::at("type", format!("the type `{name}` is not supported")))
    }

    fn name(self) -> &'static str {
        match self {
            Self::EventCount => "event_count",
            Self::ValueCount => "value_count",
            Self::Temporal => "temporal",
            Self::TemporalOrdered => "temporal_ordered",
        }
    }
}

/// By alias: the field of each rule, in the order of `rules`.
struct Aliases(BTreeMap<String, Vec<Option<String>>>);

impl Aliases {
    fn read(map: &Mapping, rules: &[usize], lookup: &dyn Fn(&str) -> Option<usize>) -> Result<Self, Problem> {
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

    fn field(&self, name: String, rules: &[String]) -> Result<Field, Problem> {
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

/// Reads the condition, and the fields whose values are counted.
#[allow(clippy::type_complexity)]
fn condition(
    value: Option<&Yaml>,
    kind: Kind,
    rules: usize,
) -> Result<(Vec<(Comparison, usize)>, Vec<String>), Problem> {
    let refuse = |what: &str| Err(Problem::at("condition", what));
    let is_temporal = matches!(kind, Kind::Temporal | Kind::TemporalOrdered);
    let map = match value {
        None if is_temporal => return Ok((vec![(Comparison::Gte, rules)], Vec::new())),
        None => return Err(Problem::at("correlation", "`condition` is missing")),
        Some(Yaml::Mapping(map)) => map,
        Some(Yaml::String(_)) => return refuse("a `condition` that is an expression is not supported"),
        Some(_) => return refuse("`condition` must be a mapping"),
    };
    let mut tests = Vec::new();
    for (key, number) in map {
        let comparison = match key.as_str().unwrap_or_default() {
            "gt" => Comparison::Gt,
            "gte" => Comparison::Gte,
            "lt" => Comparison::Lt,
            "lte" => Comparison::Lte,
            "eq" => Comparison::Eq,
            "neq" => Comparison::Neq,
            "field" if kind == Kind::ValueCount => continue,
            other => return Err(Problem::at(other, format!("`condition` with `{other}` is not supported"))),
        };
        match number.as_u64() {
            Some(number) if number <= HIGHEST => tests.push((comparison, number as usize)),
            _ => return refuse(&format!("a count must be a whole number up to {HIGHEST}")),
        }
    }
    let fields = texts(map, "field")?.unwrap_or_default();
    if kind == Kind::ValueCount && fields.is_empty() {
        return refuse("`field` is missing");
    }
    if tests.is_empty() {
        return refuse("`condition` needs a comparison");
    }
    let highest = if is_temporal { rules } else { enough(&tests) };
    if !(1..=highest).any(|count| holds(&tests, count)) {
        return refuse("`condition` can never hold");
    }
    if kind == Kind::TemporalOrdered && (1..=rules).any(|count| holds(&tests, count) != (count == rules)) {
        return refuse("`temporal_ordered` with a condition other than all of its rules is not supported");
    }
    Ok((tests, fields))
}

fn holds(tests: &[(Comparison, usize)], count: usize) -> bool {
    tests.iter().all(|(comparison, number)| match comparison {
        Comparison::Gt => count > *number,
        Comparison::Gte => count >= *number,
        Comparison::Lt => count < *number,
        Comparison::Lte => count <= *number,
        Comparison::Eq => count == *number,
        Comparison::Neq => count != *number,
    })
}

fn enough(tests: &[(Comparison, usize)]) -> usize {
    let enough = tests.iter().map(|(comparison, number)| match comparison {
        Comparison::Gte | Comparison::Lt => *number,
        _ => number + 1,
    });
    enough.max().unwrap_or_default().max(1)
}

/// One value of each list, in every way, as far as they may be observed.
fn tuples<T: Clone>(lists: impl Iterator<Item = Vec<T>>) -> Vec<Vec<T>> {
    lists.fold(vec![Vec::new()], |tuples, list| {
        let longer = tuples.iter().flat_map(|tuple| {
            list.iter().map(move |value| tuple.iter().chain([value]).cloned().collect::<Vec<_>>())
        });
        longer.take(MOST_OBSERVATIONS).collect()
    })
}

/// A number and a letter, in milliseconds. Months and years are the Gregorian calendar's mean ones.
fn span(map: &Mapping, key: &str) -> Result<Option<i64>, Problem> {
    let Some(value) = map.get(key) else { return Ok(None) };
    let wrong =
        || Problem::at(key, format!("`{key}` must be a number and one of s, m, h, d, w, M, y, as in 15m"));
    let text = value.as_str().ok_or_else(wrong)?;
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        'M' => 2_629_746,
        'y' => 31_556_952,
        _ => return Err(wrong()),
    };
    let number = text.strip_suffix(unit).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let number: i64 = number.and_then(|digits| digits.parse().ok()).ok_or_else(wrong)?;
    let span = number.checked_mul(seconds * 1000).ok_or_else(wrong)?;
    if span == 0 && key == "timespan" { Err(wrong()) } else { Ok(Some(span)) }
}

fn texts(map: &Mapping, key: &str) -> Result<Option<Vec<String>>, Problem> {
    let wrong = || Problem::at(key, format!("`{key}` must be a list of texts"));
    let text = |value: &Yaml| value.as_str().map(str::to_owned).ok_or_else(wrong);
    match map.get(key) {
        None | Some(Yaml::Null) => Ok(None),
        Some(Yaml::Sequence(values)) => values.iter().map(text).collect::<Result<_, _>>().map(Some),
        Some(value) => Ok(Some(vec![text(value)?])),
    }
}

fn flag(map: &Mapping, key: &str) -> Result<bool, Problem> {
    match map.get(key) {
        None => Ok(false),
        Some(value) => {
            value.as_bool().ok_or_else(|| Problem::at(key, format!("`{key}` must be true or false")))
        }
    }
}

fn only(map: &Mapping, place: &str, keys: &[&str]) -> Result<(), Problem> {
    let unknown = map.keys().map(|key| key.as_str().unwrap_or("?")).find(|key| !keys.contains(key));
    unknown.map_or(Ok(()), |key| Err(Problem::at(key, format!("`{place}` with `{key}` is not supported"))))
}
