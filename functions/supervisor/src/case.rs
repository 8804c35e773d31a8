//! An incident as a sum of its findings.

use std::net::IpAddr;

use domain::{
    Digest, Finding, FindingId, Incident, IncidentId, PrincipalKind, Receipt, ResourceKind, Risk, Status,
    Time, incident::FindingSummary,
};

use crate::{
    playbook::{Kind, Playbooks},
    target,
};

/// Findings of one incident at most. Past that another one tells nothing new, and the document must stay readable.
pub(crate) const MAX_FINDINGS: usize = 200;
/// Principals, resources, origins and keys of one incident at most, each.
const MAX_NAMES: usize = 256;
/// Points by which each further kind of finding raises an incident's risk: two rules that fire on one principal make
/// a false alarm less likely.
const SUPPORT: i64 = 3;
/// Points by which all of them together do.
const MAX_SUPPORT: i64 = 15;

/// The id of the incident that this finding opens, if it opens one.
pub(crate) fn id(finding: &FindingId) -> IncidentId {
    IncidentId(format!("inc-{}", Digest::of(finding.0.as_bytes()).short()))
}

/// A new incident with this finding.
pub(crate) fn open(finding: &Finding, keys: Vec<String>, follows: Option<IncidentId>, now: Time) -> Incident {
    let id = id(&finding.id);
    let mut incident = Incident {
        execution: id.to_string(),
        id,
        version: 0,
        title: finding.title.clone(),
        status: Status::Open,
        risk: finding.risk,
        began: finding.time,
        opened: now,
        updated: now,
        account: finding.account.clone(),
        principals: Vec::new(),
        resources: Vec::new(),
        origins: Vec::new(),
        findings: Vec::new(),
        attack: Vec::new(),
        keys: Vec::new(),
        plan: None,
        verdict: None,
        approval: None,
        actions: Vec::new(),
        follows,
        receipt: Receipt::default(),
        drill: finding.drill,
    };
    join(&mut incident, finding, keys, now);
    incident.receipt.reach("event", finding.time);
    incident.receipt.reach("opened", now);
    incident
}

/// Adds a finding to an incident, as its next version.
pub(crate) fn join(incident: &mut Incident, finding: &Finding, keys: Vec<String>, now: Time) {
    incident.findings.push(FindingSummary {
        id: finding.id.clone(),
        title: finding.title.clone(),
        risk: finding.risk,
        time: finding.time,
    });
    incident.findings.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
    if let Some(gravest) = incident.findings.iter().rev().max_by_key(|f| f.risk) {
        incident.title.clone_from(&gravest.title);
    }
    incident.risk = risk(&incident.findings);
    incident.began = incident.began.min(finding.time);

    let actor = finding.actor.iter().filter(|actor| actor.kind.is_person_or_workload());
    add(&mut incident.principals, actor.cloned());
    add(&mut incident.resources, finding.resources.iter().cloned());
    let address = finding.origin.iter().filter(|origin| origin.parse::<IpAddr>().is_ok());
    add(&mut incident.origins, address.cloned());
    add(&mut incident.attack, finding.attack.iter().cloned());
    add(&mut incident.keys, keys);
    touch(incident, now);
}

/// Makes this the incident's next version.
pub(crate) fn touch(incident: &mut Incident, now: Time) {
    incident.version += 1;
    incident.updated = now;
}

/// Adds a note for people, once.
pub(crate) fn note(incident: &mut Incident, text: String) {
    if !incident.receipt.notes.contains(&text) {
        incident.receipt.notes.push(text);
    }
}

/// The highest risk of the findings, raised a little for each further rule that supports it.
fn risk(findings: &[FindingSummary]) -> Risk {
    let highest = findings.iter().map(|f| f.risk).max().unwrap_or_default();
    let mut titles: Vec<_> = findings.iter().map(|f| &f.title).collect();
    titles.sort();
    titles.dedup();
    let support = SUPPORT * i64::try_from(titles.len().saturating_sub(1)).unwrap_or(i64::MAX / SUPPORT);
    Risk::new(i64::from(highest.points()) + support.min(MAX_SUPPORT))
}

fn add<T: PartialEq>(to: &mut Vec<T>, items: impl IntoIterator<Item = T>) {
    for item in items {
        if to.len() < MAX_NAMES && !to.contains(&item) {
            to.push(item);
        }
    }
}

/// What another finding must share with this one to belong to the same incident: the identity that acted, its access
/// key and those that the event is about, the instances, and the buckets and trails that its playbook is about. Never what many share by nature: a
/// service, a whole account, everybody.
pub(crate) fn keys(finding: &Finding, playbooks: &Playbooks) -> Vec<String> {
    let mut keys = Vec::new();
    if let Some(actor) = finding.actor.as_ref().filter(|actor| actor.kind.is_person_or_workload()) {
        if matches!(actor.kind, PrincipalKind::User | PrincipalKind::Role | PrincipalKind::Federated) {
            keys.push(actor.arn.clone());
        }
        keys.extend(actor.access_key.clone());
        keys.extend(
            actor.session.clone().filter(|s| actor.kind == PrincipalKind::Role && target::is_instance_id(s)),
        );
    }
    let playbook = finding.playbook.as_deref().and_then(|name| playbooks.named(name));
    let is_about = |kind| playbook.is_some_and(|p| p.is_about_resources(kind));
    for resource in &finding.resources {
        match resource.kind {
            // A key that was made or used is as good as who has it.
            ResourceKind::AccessKey => keys.push(resource.name.clone()),
            ResourceKind::Instance => keys.push(target::short(&resource.arn).to_owned()),
            ResourceKind::Bucket if is_about(Kind::BlockPublicAccess) => keys.push(resource.arn.clone()),
            ResourceKind::Trail if is_about(Kind::RestartTrail) => keys.push(resource.arn.clone()),
            _ => {}
        }
    }
    keys.retain(|key| !key.is_empty() && !key.contains('*'));
    keys.sort();
    keys.dedup();
    keys
}
