//! What surrounds the events of an alert: facts that raise or lower a risk, and are looked up where something is claimed.

use std::collections::{BTreeMap, BTreeSet};

use agent::{Ctx, ports::IncidentFilter};
use domain::{Event, EventId, IncidentId, Principal, account::Scope};
use serde::{Deserialize, Serialize};

use crate::{opinion::Consulted, power, power::Power};

/// How far back findings of the same actor count, in seconds.
const RELATED_SECONDS: i64 = 24 * 60 * 60;
/// How many incidents of an actor are looked at.
const RELATED_INCIDENTS: usize = 20;

/// Facts that raise or lower a risk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// What the acting principals may do, by ARN; those that the account does not know are absent.
    pub power: BTreeMap<String, Power>,
    /// ARNs and names of crown jewels.
    pub crown_jewels: BTreeSet<String>,
    /// Titles of recent findings, by ARN of the principal.
    pub related: BTreeMap<String, BTreeSet<String>>,
    /// Events by which a subject of an incident that is not closed got a further credential, with that incident.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub subjects: BTreeMap<EventId, IncidentId>,
    /// Why the account could not be read, if it could not.
    pub unavailable: Option<String>,
    /// What a model said, where one was asked.
    #[serde(default, skip_serializing_if = "Consulted::is_nothing")]
    pub consulted: Consulted,
}

impl Context {
    /// Looks up who acts in these events, of which each is claimed to be something, and what is worth most.
    pub(crate) async fn look_up(&mut self, ctx: &Ctx, claimed: &[&Event]) -> anyhow::Result<()> {
        let actors: BTreeMap<&str, &Principal> = claimed
            .iter()
            .filter_map(|e| e.actor.as_ref())
            .map(|actor| (actor.arn.as_str(), actor))
            .collect();
        match ctx.account.describe(&Scope::Everything).await {
            Ok(account) => {
                let known = actors
                    .iter()
                    .filter_map(|(arn, actor)| Some(((*arn).to_owned(), power::of(actor, &account)?)));
                self.power = known.collect();
                self.crown_jewels = power::crown_jewels(&account);
            }
            Err(error) => self.unavailable = Some(error.to_string()),
        }
        let since = Some(ctx.clock.now().plus_seconds(-RELATED_SECONDS));
        for (arn, actor) in actors.into_iter().filter(|(_, actor)| actor.kind.is_person_or_workload()) {
            let keys = [Some(arn.to_owned()), actor.access_key.clone()].into_iter().flatten().collect();
            let filter =
                IncidentFilter { keys, since, limit: RELATED_INCIDENTS, ..IncidentFilter::default() };
            let incidents = ctx.store.incidents(&filter).await?;
            let titles: BTreeSet<String> = incidents
                .into_iter()
                .flat_map(|incident| incident.findings)
                .map(|finding| finding.title)
                .collect();
            if !titles.is_empty() {
                self.related.insert(arn.to_owned(), titles);
            }
        }
        Ok(())
    }
}
