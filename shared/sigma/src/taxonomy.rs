//! Names that rules use for fields which a log calls otherwise ("Sigma Taxonomy Appendix").
//!
//! A rule for a log may use either; the log's own name goes first.

use crate::source::LogSource;

/// A log's fields: the name in rules, and where it stands in the log.
struct Taxonomy {
    product: &'static str,
    service: &'static str,
    category: Option<&'static str>,
    aliases: &'static [(&'static str, &'static str)],
}

const TAXONOMIES: [Taxonomy; 2] = [
    Taxonomy {
        product: "kubernetes",
        service: "audit",
        category: Some("application"),
        aliases: &[
            ("apiGroup", "objectRef.apiGroup"),
            ("capabilities", "requestObject.spec.containers.securityContext.capabilities.add"),
            ("hostPath", "requestObject.spec.volumes.hostPath.path"),
            ("name", "objectRef.name"),
            ("namespace", "objectRef.namespace"),
            ("resource", "objectRef.resource"),
            ("subresource", "objectRef.subresource"),
        ],
    },
    Taxonomy {
        product: "aws",
        service: "vpcflow",
        category: None,
        aliases: &[
            ("dst_ip", "dstaddr"),
            ("dst_port", "dstport"),
            ("src_ip", "srcaddr"),
            ("src_port", "srcport"),
        ],
    },
];

/// Where a field of a rule for these logs stands if it is not there under its name.
pub(crate) fn alias(source: &LogSource, field: &str) -> Option<&'static str> {
    let of = |taxonomy: &Taxonomy| {
        let log = LogSource::new(taxonomy.product, taxonomy.service);
        let log = LogSource { category: taxonomy.category.map(str::to_owned), ..log };
        let found = taxonomy.aliases.iter().find(|(name, _)| *name == field && source.covers(&log));
        found.map(|(_, alias)| *alias)
    };
    TAXONOMIES.iter().find_map(of)
}
