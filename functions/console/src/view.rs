//! What a person is shown of an incident, and what they may do about it.

use domain::{BlastRadius, Finding, Incident, Person, Status, Time};

use crate::api::{ApprovalCard, IncidentRow, LedgerReport, May};

pub(crate) fn row(incident: &Incident) -> IncidentRow {
    let waits = incident.status == Status::AwaitingApproval;
    IncidentRow {
        id: incident.id.clone(),
        title: incident.title.clone(),
        status: incident.status,
        risk: incident.risk,
        opened: incident.opened,
        updated: incident.updated,
        principals: incident.principals.iter().map(|p| p.name.clone()).collect(),
        findings: u32::try_from(incident.findings.len()).unwrap_or(u32::MAX),
        expires: incident.approval.as_ref().filter(|_| waits).map(|a| a.request.expires),
        drill: incident.drill,
    }
}

pub(crate) fn may(incident: &Incident, person: &Person, now: Time) -> May {
    let why_not = why_not_vote(incident, person, now);
    let undo = incident
        .actions
        .iter()
        .filter(|record| incident.may_undo(&record.id, person).is_ok())
        .map(|record| record.id.clone())
        .collect();
    May { vote: why_not.is_none(), why_not, undo }
}

fn why_not_vote(incident: &Incident, person: &Person, now: Time) -> Option<String> {
    let Some(approval) = incident.approval.as_ref().filter(|_| incident.status == Status::AwaitingApproval)
    else {
        return Some("No approval is asked for.".into());
    };
    let mut approval = approval.clone();
    approval.know_subjects(incident.principals.iter().map(|principal| principal.arn.as_str()));
    approval.may_vote(person, now).err().map(|refusal| refusal.to_string())
}

pub(crate) fn card(
    incident: &Incident,
    findings: &[Finding],
    blast_radius: Option<BlastRadius>,
    person: &Person,
    now: Time,
) -> Option<ApprovalCard> {
    Some(ApprovalCard {
        incident: incident.id.clone(),
        title: incident.title.clone(),
        risk: incident.risk,
        happened: findings.iter().map(Finding::sentence).collect(),
        plan: incident.plan.clone()?,
        verdict: incident.verdict.clone()?,
        approval: incident.approval.clone()?,
        blast_radius,
        may: may(incident, person, now),
        now,
        drill: incident.drill,
    })
}

pub(crate) fn report(report: compliance::verify::Report) -> LedgerReport {
    LedgerReport {
        ok: report.faults.is_empty(),
        entries: report.entries,
        checkpoints: report.checkpoints,
        unsealed: report.unsealed,
        faults: report.faults,
    }
}
