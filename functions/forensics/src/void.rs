//! Planned actions that have lost their ground since they were planned.

use std::collections::BTreeMap;

use domain::{
    ActionId, Facets, Incident, Inventory, PlannedAction,
    action::{EXEMPT_TAG, preconditions},
};
use serde_json::Value;

/// Why each such action of the incident's plan must be left out.
pub(crate) fn of(account: &Inventory, incident: &Incident) -> BTreeMap<ActionId, String> {
    let planned = incident.plan.iter().flat_map(|plan| &plan.actions);
    planned.filter_map(|action| Some((action.id.clone(), reason(account, action)?))).collect()
}

fn reason(account: &Inventory, planned: &PlannedAction) -> Option<String> {
    let Some(now) = preconditions(&planned.action, account) else {
        return Some(format!("{} does not exist any more.", planned.target.name));
    };
    if now.get("exempt") == Some(&Value::Bool(true)) {
        return Some(format!("{} is exempt (tag {EXEMPT_TAG}).", planned.target.name));
    }
    let changed = changes(&planned.preconditions, &now);
    (!changed.is_empty()).then(|| {
        format!("{} is not as it was when this was planned: {changed} changed.", planned.target.name)
    })
}

fn changes(then: &Facets, now: &Facets) -> String {
    let names = then.keys().chain(now.keys()).filter(|name| then.get(*name) != now.get(*name));
    names
        .map(String::as_str)
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
        .join(", ")
}
