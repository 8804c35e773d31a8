//! The incident, the plan and the targets that tests are about.

use domain::{
    Action, Approval, ApprovalRequest, Effect, Incident, Inventory, Outcome, Time, Vote, approval::Answer,
};

pub(super) use crate::proofs::{approver, incident, start, verdict};

pub(super) const WEB: &str = "i-0a1b2c3d4e5f60001";
pub(super) const PROXY: &str = "i-0a1b2c3d4e5f60004";
pub(super) const ACL: &str = "acl-0ac10000000000pub1";
pub(super) const TRAIL: &str = "arn:aws:cloudtrail:us-east-1:111122223333:trail/org-trail";

pub(super) fn account() -> Inventory {
    sandbox::default_account().unwrap()
}

pub(super) fn revoke_user(name: &str) -> Action {
    Action::RevokeIamUser { user: name.to_owned() }
}

pub(super) fn deactivate(user: &str, access_key: &str) -> Action {
    Action::DeactivateAccessKey { user: user.to_owned(), access_key: access_key.to_owned() }
}

pub(super) fn revoke_role(name: &str) -> Action {
    Action::RevokeRoleSessions { role: name.to_owned() }
}

pub(super) fn block(cidr: &str) -> Action {
    Action::BlockIp { cidr: cidr.parse().unwrap(), network_acl: ACL.to_owned() }
}

pub(super) fn isolate(instance: &str) -> Action {
    Action::IsolateInstance { instance: instance.to_owned() }
}

pub(super) fn snapshot(instance: &str) -> Action {
    Action::SnapshotVolumes { instance: instance.to_owned() }
}

pub(super) fn block_bucket(name: &str) -> Action {
    Action::BlockPublicAccess { bucket: name.to_owned() }
}

pub(super) fn restart() -> Action {
    Action::RestartTrail { trail: TRAIL.to_owned() }
}

/// An action of every kind, and where it matters on targets of different shape.
pub(super) fn every_action() -> Vec<Action> {
    vec![
        revoke_user("ci-deploy"),
        revoke_user("tom.reyes"),
        deactivate("ci-deploy", "AKIAIOSFODNNCIDEPLOY"),
        deactivate("tom.reyes", "AKIAIOSFODNNTOMREOLD"),
        revoke_role("web-app"),
        revoke_role("deploy"),
        block("203.0.113.66/32"),
        block("2001:db8::66/128"),
        snapshot(WEB),
        isolate(WEB),
        isolate(PROXY),
        block_bucket("lumen-books-exports"),
        block_bucket("lumen-books-assets"),
        restart(),
    ]
}

/// The same, but people had to agree, and at this time agreed to the actions in these places of the plan.
pub(super) fn approved(mut incident: Incident, places: &[usize], at: Time) -> Incident {
    let plan = incident.plan.as_ref().unwrap();
    let verdict = verdict(Effect::Approval);
    let actions: Vec<_> = places.iter().map(|place| plan.actions[*place].hash.clone()).collect();
    let mut approval = Approval::new(ApprovalRequest::new(plan, &verdict, Vec::new(), at));
    approval.votes.push(Vote {
        by: "dana".to_owned(),
        principals: Vec::new(),
        at,
        answer: Answer::Approve { actions: actions.clone() },
    });
    approval.outcome = Some(Outcome::Approved { actions, by: vec!["dana".to_owned()] });
    incident.verdict = Some(verdict);
    incident.approval = Some(approval);
    incident
}
