//! Which log an event came from, and which a rule reads.

use yaml_serde::{Mapping, Value as Yaml};

use crate::{error::Problem, rule::field};

/// The keys of `logsource` that the specification names.
const KEYS: [&str; 4] = ["product", "service", "category", "definition"];

/// Keys of a rule's `logsource` that the specification does not name.
pub(crate) fn unknown_keys(rule: &Mapping) -> Vec<String> {
    let map = rule.get("logsource").and_then(Yaml::as_mapping);
    let keys = map.into_iter().flat_map(Mapping::keys).filter_map(Yaml::as_str);
    keys.filter(|key| !KEYS.contains(key)).map(str::to_owned).collect()
}

/// A log: of an event where all that is known is said; of a rule where a part that is absent means any.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogSource {
    /// `aws`
    pub product: Option<String>,
    /// `cloudtrail`
    pub service: Option<String>,
    /// `application`
    pub category: Option<String>,
}

impl LogSource {
    /// An event's log, of no category.
    pub fn new(product: &str, service: &str) -> Self {
        Self { product: Some(product.to_owned()), service: Some(service.to_owned()), category: None }
    }

    /// The same log as one of this category.
    pub fn of_category(self, category: &str) -> Self {
        Self { category: Some(category.to_owned()), ..self }
    }

    /// Whether a rule for this log reads events of that one.
    pub fn covers(&self, event: &LogSource) -> bool {
        let pairs = [
            (&self.product, &event.product),
            (&self.service, &event.service),
            (&self.category, &event.category),
        ];
        pairs.into_iter().all(|(own, other)| match (own, other) {
            (None, _) => true,
            (Some(own), Some(other)) => own.eq_ignore_ascii_case(other),
            (Some(_), None) => false,
        })
    }

    /// The key `logsource` of a rule. It may have "an arbitrary number of optional elements" (LogSource), which say nothing.
    pub(crate) fn read(rule: &Mapping) -> Result<Self, Problem> {
        let map = rule.get("logsource").and_then(Yaml::as_mapping);
        let map = map.ok_or_else(|| Problem::new("`logsource` is missing"))?;
        let part = |key: &str| Ok::<_, Problem>(field(map, key)?.map(|text| text.to_ascii_lowercase()));
        let source =
            Self { product: part("product")?, service: part("service")?, category: part("category")? };
        if source == Self::default() {
            return Err(Problem::at("logsource", "`logsource` needs a product, a service or a category"));
        }
        Ok(source)
    }
}
