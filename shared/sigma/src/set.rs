//! Rules that are loaded together.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use json::Document;
use yaml_serde::Mapping;

use crate::{
    correlation::{Correlations, Observation},
    dispatch::Dispatch,
    error::{Problem, RuleError},
    expression::Expressions,
    file::{Filter, Parsed, documents},
    graph::{Builder, Graph, NodeId},
    item::Compiler,
    matcher::Pool,
    path::{self, Field},
    placeholder::Placeholders,
    rule::Rule,
    source::LogSource,
    taxonomy,
};

/// Rules that are ready to match. May be shared between threads.
#[derive(Debug, Default)]
pub struct RuleSet {
    rules: Vec<Rule>,
    correlations: Correlations,
    graph: Graph,
    logs: Vec<Log>,
    pool: Pool,
}

/// The rules that name the same log.
#[derive(Debug)]
struct Log {
    source: LogSource,
    dispatch: Dispatch,
    /// Places of the rules whose condition this is.
    rules: HashMap<NodeId, Vec<usize>>,
}

/// A rule that matched an event, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Match<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// The fields that it asked for, each with the first 512 bytes of the value as text that matched; `keyword` for a text
    /// that was found anywhere. Hostile text. None of a rule that raises no finding by itself.
    pub fields: Vec<(String, String)>,
    /// Its place among the rules.
    place: usize,
}

/// A document of a file.
struct Place<'a> {
    file: &'a str,
    lines_before: usize,
    text: String,
}

impl Place<'_> {
    fn error(&self, problem: Problem) -> RuleError {
        problem.in_file(self.file, &self.text, self.lines_before)
    }
}

impl RuleSet {
    /// Compiles rules from (path, text); files that are not YAML by name (`.yml`, `.yaml`) are passed over. What cannot be
    /// compiled comes back as an error, a rule whose id another one has too. A filter that names rules which are not there
    /// is an error, and holds for the others.
    pub fn load(files: &[(String, String)]) -> (Self, Vec<RuleError>) {
        Self::load_with(files, &Placeholders::new())
    }

    /// The same, with values for the placeholders of rules that use `expand`.
    pub fn load_with(files: &[(String, String)], placeholders: &Placeholders) -> (Self, Vec<RuleError>) {
        let mut loader = Loader::new(placeholders);
        let (mut filters, mut correlations) = (Vec::new(), Vec::new());
        for (file, text) in files.iter().filter(|(file, _)| file.ends_with(".yml") || file.ends_with(".yaml"))
        {
            for (lines_before, text) in documents(text) {
                let place = Place { file, lines_before, text };
                let added = match Parsed::read(&place.text) {
                    Ok(Parsed::Detection(rule, detection)) => loader.detection(rule, &detection),
                    Ok(Parsed::Correlation(rule, map)) => {
                        correlations.push((place, rule, map));
                        continue;
                    }
                    Ok(Parsed::Filter(filter)) => {
                        filters.push((place, filter));
                        continue;
                    }
                    Err(problem) => Err(problem),
                };
                loader.errors.extend(added.err().map(|problem| place.error(problem)));
            }
        }
        for (place, filter) in filters {
            let problems = loader.filter(&filter);
            loader.errors.extend(problems.into_iter().map(|problem| place.error(problem)));
        }
        loader.correlations(correlations);
        loader.finish()
    }

    /// Its rules, in the order in which they were loaded.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rules that match an event of this log, in the order in which they were loaded; those that raise no finding by
    /// themselves, too.
    pub fn matches(&self, source: &LogSource, event: &Document<'_>) -> Vec<Match<'_>> {
        let mut scratch = self.pool.take();
        scratch.begin(&self.graph);
        let (event, mut found) = (event.root(), Vec::new());
        for log in self.logs.iter().filter(|log| log.source.covers(source)) {
            scratch.candidates(&self.graph, &log.dispatch, event);
            for n in 0.. {
                let Some(condition) = scratch.candidate(n) else { break };
                if scratch.holds(&self.graph, condition, event) {
                    found.extend(
                        log.rules.get(&condition).into_iter().flatten().map(|rule| (*rule, condition)),
                    );
                }
            }
        }
        found.sort_unstable();
        let explained = found.into_iter().filter_map(|(place, condition)| {
            let (rule, mut fields) = (self.rules.get(place)?, Vec::new());
            if rule.raises {
                scratch.explain(&self.graph, condition, event, &mut fields);
            }
            Some(Match { rule, fields, place })
        });
        let matches = explained.collect();
        self.pool.put(scratch);
        matches
    }

    /// Its correlations, to fold observations with.
    pub fn correlations(&self) -> &Correlations {
        &self.correlations
    }

    /// What an event that matched says to correlations. `at` is its time in milliseconds since 1970, `id` a digest of its id:
    /// an event that comes twice counts once.
    pub fn observations(
        &self,
        matches: &[Match<'_>],
        source: &LogSource,
        event: &Document<'_>,
        at: i64,
        id: u64,
    ) -> Vec<Observation> {
        let places: Vec<usize> = matches.iter().map(|found| found.place).collect();
        let values = |name: &str| {
            let field = Field { name: name.into(), alias: taxonomy::alias(source, name) };
            let mut values = Vec::new();
            field.elements(event.root(), &mut |value| {
                values.extend(path::text(value).map(Into::into));
                false
            });
            values
        };
        self.correlations.observations(&places, &values, at, id)
    }

    /// The rule of the correlation that an observation is for.
    pub fn observed_by(&self, observation: &Observation) -> Option<&Rule> {
        self.rules.get(observation.correlation)
    }
}

/// Rules while they are loaded.
struct Loader<'p> {
    placeholders: &'p Placeholders,
    expressions: Expressions,
    graph: Builder,
    rules: Vec<Rule>,
    /// The rules' conditions; correlations have none, and stand behind all others.
    roots: Vec<NodeId>,
    correlations: Correlations,
    ids: BTreeSet<String>,
    errors: Vec<RuleError>,
}

impl<'p> Loader<'p> {
    fn new(placeholders: &'p Placeholders) -> Self {
        Self {
            placeholders,
            expressions: Expressions::default(),
            graph: Builder::default(),
            rules: Vec::new(),
            roots: Vec::new(),
            correlations: Correlations::default(),
            ids: BTreeSet::new(),
            errors: Vec::new(),
        }
    }

    fn detection(&mut self, rule: Rule, detection: &Mapping) -> Result<(), Problem> {
        let root = self.compile(&rule.logsource, detection)?;
        if !self.ids.insert(rule.id.clone()) {
            return Err(Problem::at(&rule.id, format!("another rule has the id {} too", rule.id)));
        }
        self.rules.push(rule);
        self.roots.push(root);
        Ok(())
    }

    /// A rule that is there for correlations alone raises nothing by itself.
    fn correlations(&mut self, documents: Vec<(Place<'_>, Rule, Mapping)>) {
        let detections = self.rules.len();
        let mut taken = Vec::new();
        for (place, rule, map) in documents {
            if self.ids.insert(rule.id.clone()) {
                taken.push((place, rule, map));
            } else {
                let what = format!("another rule has the id {} too", rule.id);
                self.errors.push(place.error(Problem::at(&rule.id, what)));
            }
        }
        // Places are given before it is known which are refused, so that without those it is done again.
        let correlations = loop {
            self.rules.truncate(detections);
            self.rules.extend(taken.iter().map(|(_, rule, _)| rule.clone()));
            let documents: Vec<_> = (detections..).zip(taken.iter().map(|(_, _, map)| map)).collect();
            let called = |reference: &str| self.rules.iter().position(|rule| rule.is_called(reference));
            let (correlations, refused) = Correlations::compile(&documents, &called);
            if refused.is_empty() {
                break correlations;
            }
            for (position, problem) in refused.into_iter().rev() {
                self.errors.push(taken.remove(position).0.error(problem));
            }
        };
        for correlation in correlations.iter().filter(|correlation| !correlation.generate) {
            for place in &correlation.rules {
                if let Some(rule) = self.rules.get_mut(*place) {
                    rule.raises = false;
                }
            }
        }
        self.correlations = correlations;
    }

    /// A rule that a filter is for matches where the filter's condition holds as well, so that what is to be left out is
    /// written as `not selection`. The filters specification shows `selection` where it means to leave out; pySigma, which
    /// decides, joins the two with "and" (`SigmaFilter.apply_on_rule`).
    fn filter(&mut self, filter: &Filter) -> Vec<Problem> {
        let root = match self.compile(&filter.logsource, &filter.detection) {
            Ok(root) => root,
            Err(problem) => return vec![problem],
        };
        let held = self.rules.iter().zip(&mut self.roots).filter(|(rule, _)| filter.is_for(rule));
        for (_, condition) in held {
            *condition = self.graph.all(vec![*condition, root]);
        }
        let is_unknown = |reference: &&String| !self.rules.iter().any(|rule| rule.is_called(reference));
        let unknown = filter.rules.iter().flatten().filter(is_unknown);
        unknown
            .map(|name| Problem::at(name, format!("the filter names `{name}`, which is no rule")))
            .collect()
    }

    fn compile(&mut self, source: &LogSource, detection: &Mapping) -> Result<NodeId, Problem> {
        let Self { graph, placeholders, expressions, .. } = self;
        Compiler { graph, source, placeholders, expressions }.detection(detection)
    }

    fn finish(self) -> (RuleSet, Vec<RuleError>) {
        let graph = self.graph.finish();
        let mut by_log: BTreeMap<&LogSource, HashMap<NodeId, Vec<usize>>> = BTreeMap::new();
        for (place, (rule, root)) in self.rules.iter().zip(&self.roots).enumerate() {
            by_log.entry(&rule.logsource).or_default().entry(*root).or_default().push(place);
        }
        let log = |(source, rules): (&LogSource, HashMap<NodeId, Vec<usize>>)| {
            let dispatch = Dispatch::of(&graph, &rules.keys().copied().collect());
            Log { source: source.clone(), dispatch, rules }
        };
        let logs = by_log.into_iter().map(log).collect();
        let (rules, correlations) = (self.rules, self.correlations);
        (RuleSet { logs, graph, rules, correlations, pool: Pool::default() }, self.errors)
    }
}
