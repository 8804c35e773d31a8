//! Which ATT&CK techniques the rules cover.

use std::collections::BTreeMap;

use domain::attack::TACTICS;
use serde_json::json;
use sigma::RuleSet;

use crate::term::{self, Format};

/// Rules by technique by tactic.
type Matrix<'a> = BTreeMap<&'a str, BTreeMap<&'a str, Vec<&'a str>>>;

/// Prints the matrix.
pub(super) fn run(rules: &RuleSet, navigator: bool, format: Format) -> anyhow::Result<bool> {
    let mut matrix = Matrix::new();
    for rule in rules.rules().iter().filter(|rule| rule.raises) {
        for technique in &rule.attack {
            let techniques = matrix.entry(&technique.tactic).or_default();
            techniques.entry(&technique.id).or_default().push(&rule.title);
        }
    }
    if navigator {
        term::json(&layer(&matrix))?;
    } else if format == Format::Json {
        term::json(&matrix)?;
    } else {
        show(&matrix, rules)?;
    }
    Ok(true)
}

fn show(matrix: &Matrix<'_>, rules: &RuleSet) -> anyhow::Result<()> {
    for tactic in TACTICS {
        let Some(techniques) = matrix.get(tactic) else {
            term::line(format!("{tactic}: none"))?;
            continue;
        };
        let listed: Vec<String> =
            techniques.iter().map(|(id, rules)| format!("{id} ({})", rules.len())).collect();
        term::line(format!("{tactic}: {} techniques", techniques.len()))?;
        for row in listed.chunks(7) {
            term::line(format!("  {}", row.join("  ")))?;
        }
    }
    let techniques: std::collections::BTreeSet<_> =
        matrix.values().flat_map(|techniques| techniques.keys()).collect();
    let raising = rules.rules().iter().filter(|rule| rule.raises).count();
    term::line(format!(
        "{} techniques by {raising} rules that raise findings; a number says how many rules.",
        techniques.len()
    ))
}

/// A layer of the ATT&CK Navigator ("Layer File Format", 4.5).
fn layer(matrix: &Matrix<'_>) -> serde_json::Value {
    let techniques: Vec<_> = matrix
        .iter()
        .flat_map(|(tactic, techniques)| {
            techniques.iter().map(move |(id, rules)| {
                json!({ "techniqueID": id, "tactic": tactic, "score": rules.len(), "comment": rules.join("; ") })
            })
        })
        .collect();
    json!({
        "name": "A-SOC detections",
        "versions": { "layer": "4.5" },
        "domain": "enterprise-attack",
        "description": "Techniques by number of rules.",
        "techniques": techniques,
    })
}
