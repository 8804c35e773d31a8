//! An incident as it stands now, with what people need to decide about it.

use agent::Ctx;
use domain::{Approval, BlastRadius, Finding, Incident, IncidentId, Status, Time};

/// The facts.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The incident.
    pub incident: Incident,
    /// What happened, a sentence each, oldest first. Hostile text.
    pub happened: Vec<String>,
    /// What each action would break, once forensics has looked.
    pub radius: Option<BlastRadius>,
    /// Now.
    pub now: Time,
}

impl Facts {
    /// Reads them; none if there is no such incident.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn read(ctx: &Ctx, id: &IncidentId) -> anyhow::Result<Option<Self>> {
        let Some(incident) = ctx.store.incident(id).await? else { return Ok(None) };
        let findings: Vec<_> = incident.findings.iter().map(|finding| finding.id.clone()).collect();
        let happened = ctx.store.findings(&findings).await?.iter().map(Finding::sentence).collect();
        let radius = ctx.store.blast_radius(id).await?;
        Ok(Some(Self { incident, happened, radius, now: ctx.clock.now() }))
    }

    /// The request that waits for people, with the votes that count.
    pub fn asked(&self) -> Option<Approval> {
        let waits = self.incident.status == Status::AwaitingApproval;
        let mut approval = self.incident.approval.clone().filter(|a| waits && a.outcome.is_none())?;
        approval.know_subjects(self.incident.principals.iter().map(|principal| principal.arn.as_str()));
        Some(approval).filter(|approval| self.now < approval.request.expires)
    }
}
