//! The incident, the plan and the targets that tests are about.

use domain::{
    Action, ActionRecord, Approval, ApprovalRequest, Effect, Incident, IncidentId, Inventory, Outcome,
    Person, Plan, PlannedAction, Receipt, Risk, Role, Status, Time, Verdict, Vote, action, approval::Answer,
};

pub(super) const WEB: &str = "i-0a1b2c3d4e5f60001";
pub(super) const PROXY: &str = "i-0a1b2c3d4e5f60004";
pub(super) const ACL: &str = "acl-0ac10000000000pub1";
pub(super) const TRAIL: &str = "arn:aws:cloudtrail:us-east-1:111122223333:trail/org-trail";

pub(super) fn start() -> Time {
    "2026-01-06T09:00:00Z".parse().unwrap()
}

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

pub(super) fn verdict(effect: Effect) -> Verdict {
    Verdict {
        effect,
        reasons: Vec::new(),
        approvers: 1,
        expires_seconds: 900,
        on_expiry: Vec::new(),
        observe: Vec::new(),
        policy: String::new(),
    }
}

/// An incident whose plan these actions are, planned on this account and allowed by the policy.
pub(super) fn incident(actions: &[Action], account: &Inventory) -> Incident {
    let id = IncidentId::from("inc-1");
    let planned = actions.iter().map(|action| {
        let target = action::resource(&account.account_id, &account.partition, &account.region, action);
        let preconditions = action::preconditions(action, account).unwrap_or_default();
        PlannedAction::new(&id, action.clone(), target, preconditions, "a test wants it".to_owned())
    });
    let plan = Plan::new(id.clone(), 1, planned.collect());
    Incident {
        version: 1,
        title: "A leaked key is in use".to_owned(),
        status: Status::Open,
        risk: Risk::new(90),
        began: start(),
        opened: start(),
        updated: start(),
        account: Some(account.account_id.clone()),
        principals: Vec::new(),
        resources: Vec::new(),
        origins: Vec::new(),
        findings: Vec::new(),
        attack: Vec::new(),
        keys: Vec::new(),
        actions: plan.actions.iter().map(|a| ActionRecord::planned(a.id.clone())).collect(),
        verdict: Some(verdict(Effect::Allow)),
        plan: Some(plan),
        approval: None,
        follows: None,
        execution: id.to_string(),
        receipt: Receipt::default(),
        drill: false,
        id,
    }
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

pub(super) fn approver() -> Person {
    Person { name: "dana".to_owned(), role: Role::Approver, principals: Vec::new() }
}
