//! The drills, from the first record to the last undo: what is asked is what the attack calls for, what is reported is what
//! happened to the account, and the way back ends where it began.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use agent::{Store, invoke, ports::IncidentFilter};
use asoc::{drill, home::Home, host::Host, services::Services};
use console::{Console, Input, Output};
use domain::{
    ActionId, ActionState, Ballot, Digest, Incident, Inventory, Person, Role, Status,
    account::{KeyStatus, PublicAccessBlock, Scope},
    approval::Answer,
};
use serde_json::Value;
use tempfile::TempDir;

use crate::databases::Kind;

/// What takes longer than this has come to a halt.
const PATIENCE: Duration = Duration::from_secs(60);
const WEB_1: &str = "i-0a1b2c3d4e5f60001";
const TRAIL: &str = "arn:aws:cloudtrail:us-east-1:111122223333:trail/org-trail";
const DENY_ALL: &str = "arn:aws:iam::aws:policy/AWSDenyAll";
/// Stages of a receipt in the order in which an incident that people approved reaches them.
const STAGES: [&str; 9] = [
    "event",
    "detected",
    "opened",
    "evaluated",
    "asked",
    "answered",
    "investigated",
    "contained",
    "recorded",
];

/// A host on a home of its own, after a drill was played there and everything is done that needs no people.
pub(crate) struct Shop {
    pub(crate) host: Host,
    pub(crate) incident: Incident,
    _home: TempDir,
}

impl Shop {
    /// Under the policies that come with A-SOC, with this many seconds for an approval if it is to be another time.
    async fn after(kind: Kind, drill: &str, expires_seconds: Option<u32>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let policies = expires_seconds.map(|seconds| {
            changed_policies(dir.path(), |settings| settings["expires_seconds"] = seconds.into())
        });
        Self::on(dir, drill, policies, &kind.services().await).await
    }

    /// On these servers and under these policies.
    pub(crate) async fn on(
        dir: TempDir,
        drill: &str,
        policies: Option<PathBuf>,
        services: &Services,
    ) -> Self {
        let home = Home::at(&dir.path().join("home")).unwrap();
        let host = Host::open(home, policies, services).await.unwrap();
        host.run().await.unwrap();
        drill::load(drill).unwrap().play(&host, 0.0).await.unwrap();
        let begin = Instant::now();
        let incident = loop {
            assert!(begin.elapsed() < PATIENCE, "no incident came of {drill}");
            tokio::time::sleep(Duration::from_millis(5)).await;
            if !host.is_idle().await.unwrap() {
                continue;
            }
            // Read after it has come to rest, or it would be as it was on the way there.
            let found = host.store().incidents(&IncidentFilter::default()).await.unwrap();
            if let [one] = found.as_slice() {
                break one.clone();
            }
        };
        Self { host, incident, _home: dir }
    }

    pub(crate) async fn account(&self) -> Inventory {
        self.host.ctx().account.describe(&Scope::Everything).await.unwrap()
    }

    async fn ask(&self, key: &str, input: Input) -> Output {
        invoke(&Console, self.host.ctx(), key, None, input).await.unwrap()
    }

    /// Each of the people needed sends this answer, the last of them settles it.
    pub(crate) async fn answer(&mut self, answer: Answer, people: u8) {
        let plan = self.incident.plan.as_ref().unwrap().hash.clone();
        for n in 1..=people {
            let ballot = Ballot { plan: plan.clone(), answer: answer.clone() };
            let input = Input::Ballot { incident: self.incident.id.clone(), person: person(n), ballot };
            let output = self.ask(&format!("ballot {n}"), input).await;
            let Output::Counted { missing, outcome } = output else { panic!("it counts: {output:?}") };
            assert_eq!((missing, outcome.is_some()), (people - n, n == people));
        }
        self.until(|incident| incident.status.is_closed()).await;
    }

    async fn undo(&mut self, action: &ActionId) {
        let input = Input::Undo {
            incident: self.incident.id.clone(),
            action: action.clone(),
            person: person(1),
            reason: "It was a drill.".to_owned(),
            accept_risk: true,
        };
        assert_eq!(self.ask(&format!("undo {action}"), input).await, Output::UndoBegun);
        self.until(|incident| incident.action(action).is_some_and(|r| r.state == ActionState::Undone)).await;
    }

    /// Waits until this holds of the incident and nothing is left to do.
    pub(crate) async fn until(&mut self, holds: impl Fn(&Incident) -> bool) {
        let begin = Instant::now();
        loop {
            self.incident = self.host.store().incident(&self.incident.id).await.unwrap().unwrap();
            if holds(&self.incident) && self.host.is_idle().await.unwrap() {
                break;
            }
            assert!(begin.elapsed() < PATIENCE, "the incident came to a halt: {:#?}", self.incident);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.incident = self.host.store().incident(&self.incident.id).await.unwrap().unwrap();
    }

    /// Nobody is left, and the audit trail holds.
    pub(crate) async fn close(self) {
        // An incident is closed before the last step of its workflow has said so; one that is open waits for people.
        let begin = Instant::now();
        while self.incident.status.is_closed()
            && !self.host.store().running_executions().await.unwrap().is_empty()
            || !self.host.is_idle().await.unwrap()
        {
            assert!(begin.elapsed() < PATIENCE, "an execution came to a halt");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let report = compliance::verify::examine(self.host.store(), &[], |_| {}).await.unwrap();
        assert_eq!((report.faults, report.unsealed), (vec![], 0));
        self.host.stop().await;
    }

    pub(crate) fn hashes(&self) -> Vec<Digest> {
        self.incident.plan.as_ref().unwrap().actions.iter().map(|a| a.hash.clone()).collect()
    }

    pub(crate) fn approvers(&self) -> u8 {
        self.incident.approval.as_ref().unwrap().request.approvers
    }
}

crate::on_each_database!(
    a_leaked_key_and_all_that_was_got_with_it,
    a_stolen_instance_credential,
    a_dark_log_and_a_public_bucket,
    a_plan_that_is_rejected_changes_nothing,
    a_plan_that_nobody_answers_takes_its_declared_default,
);

fn person(n: u8) -> Person {
    Person { name: format!("approver-{n}"), role: Role::Approver, principals: vec![] }
}

/// The policies, with other settings for what is asked.
pub(crate) fn changed_policies(dir: &Path, change: impl FnOnce(&mut Value)) -> PathBuf {
    let (from, to) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies"), dir.join("policies"));
    for folder in ["authorization", "detections", "playbooks", "risk"] {
        fs::create_dir_all(to.join(folder)).unwrap();
        for entry in fs::read_dir(from.join(folder)).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), to.join(folder).join(entry.file_name())).unwrap();
        }
    }
    let path = to.join("authorization/settings.json");
    let mut settings: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut settings["asoc"]["settings"]);
    fs::write(path, settings.to_string()).unwrap();
    to
}

fn plan(incident: &Incident) -> Vec<String> {
    let actions = &incident.plan.as_ref().unwrap().actions;
    actions.iter().map(|a| format!("{} {}", a.action.kind(), a.target.name)).collect()
}

/// Attaching an instance again raises what its group wants by one, and nobody lowers it: see `isolate_instance`.
fn but_for_desired_capacity(mut account: Inventory) -> Inventory {
    for group in account.auto_scaling_groups.values_mut() {
        group.desired_capacity = 0;
    }
    account
}

fn revokes_older_sessions(account: &Inventory, role: &str) -> bool {
    account.roles[role].inline_policies.contains_key("AWSRevokeOlderSessions")
}

/// Plays a drill, approves its plan, and takes everything back. `contained` looks at what was done to the account.
async fn there_and_back(kind: Kind, drill: &str, expected: &[&str], contained: impl Fn(&Inventory)) {
    there_and_back_from(Shop::after(kind, drill, None).await, drill, expected, contained).await;
}

/// The same, after the drill.
pub(crate) async fn there_and_back_from(
    mut shop: Shop,
    drill: &str,
    expected: &[&str],
    contained: impl Fn(&Inventory),
) {
    assert_eq!(shop.incident.status, Status::AwaitingApproval, "{drill}");
    assert_eq!(plan(&shop.incident), expected, "{drill}");
    assert!(shop.incident.drill);
    let before = shop.account().await;

    let (actions, people) = (shop.hashes(), shop.approvers());
    shop.answer(Answer::Approve { actions }, people).await;
    assert_eq!(shop.incident.status, Status::Contained, "{drill}: {:#?}", shop.incident.actions);
    assert!(shop.incident.actions.iter().all(|record| record.state == ActionState::Verified));
    contained(&shop.account().await);
    let receipt = &shop.incident.receipt;
    let reached: Vec<_> = STAGES.iter().map(|stage| receipt.reached.get(*stage)).collect();
    assert!(reached.iter().all(Option::is_some) && reached.is_sorted(), "{drill}: {:?}", receipt.reached);
    assert!(receipt.credential_alive_until.is_empty(), "{drill}: {receipt:?}");
    assert!(receipt.credentials_without_end.is_empty(), "{drill}: {receipt:?}");
    assert!(!receipt.notes.iter().any(|note| note.contains("attacker")), "{drill}: {:?}", receipt.notes);
    let radius = shop.host.store().blast_radius(&shop.incident.id).await.unwrap().unwrap();
    assert!(!radius.counterfactuals.is_empty() && !radius.path.is_empty());

    let ids: Vec<_> = shop.incident.actions.iter().map(|record| record.id.clone()).collect();
    for action in ids.iter().rev() {
        shop.undo(action).await;
    }
    shop.until(|incident| incident.status == Status::Undone).await;
    assert_eq!(but_for_desired_capacity(shop.account().await), but_for_desired_capacity(before), "{drill}");
    shop.close().await;
}

async fn a_leaked_key_and_all_that_was_got_with_it(kind: Kind) {
    let expected =
        ["revoke_iam_user ci-deploy", "deactivate_access_key maya.ortiz", "revoke_role_sessions deploy"];
    there_and_back(kind, "leaked-key", &expected, |account| {
        let ci = &account.users["ci-deploy"];
        assert!(ci.attached_policies.iter().any(|arn| arn == DENY_ALL));
        assert!(ci.access_keys.values().all(|key| key.status == KeyStatus::Inactive));
        let maya = &account.users["maya.ortiz"];
        assert_eq!(maya.access_keys["AKIAIOSFODNNMAYASEC2"].status, KeyStatus::Inactive);
        assert_eq!(maya.access_keys["AKIAIOSFODNNMAYAORTZ"].status, KeyStatus::Active, "her own key is hers");
        assert!(maya.attached_policies.is_empty());
        assert!(revokes_older_sessions(account, "deploy") && !revokes_older_sessions(account, "web-app"));
    })
    .await;
}

async fn a_stolen_instance_credential(kind: Kind) {
    let expected = [
        "snapshot_volumes i-0a1b2c3d4e5f60001",
        "isolate_instance i-0a1b2c3d4e5f60001",
        "revoke_role_sessions web-app",
    ];
    there_and_back(kind, "stolen-instance-credential", &expected, |account| {
        let web = &account.instances[WEB_1];
        let volumes: Vec<_> = account.snapshots.values().map(|snapshot| &snapshot.volume).collect();
        assert!(web.volumes.values().all(|attached| volumes.contains(&&attached.volume)));
        assert!(web.volumes.values().all(|attached| !attached.delete_on_termination));
        for interface in web.interfaces.values() {
            let [group] = interface.groups.as_slice() else { panic!("{interface:?}") };
            let group = &account.security_groups[group];
            assert!(group.ingress.is_empty() && group.egress.is_empty() && interface.address.is_none());
        }
        assert!(web.instance_profile.is_none() && web.disable_api_termination);
        assert_eq!(web.shutdown_behavior, "stop");
        assert!(account.target_groups.values().all(|group| !group.targets.contains_key(WEB_1)));
        assert!(account.auto_scaling_groups.values().all(|g| !g.instances.iter().any(|i| i == WEB_1)));
        assert!(revokes_older_sessions(account, "web-app"));
    })
    .await;
}

async fn a_dark_log_and_a_public_bucket(kind: Kind) {
    let expected =
        ["restart_trail org-trail", "block_public_access lumen-books-exports", "revoke_iam_user maya.ortiz"];
    there_and_back(kind, "blinded-and-exposed", &expected, |account| {
        assert!(account.trails[TRAIL].logging);
        let exports = &account.buckets["lumen-books-exports"];
        assert_eq!(exports.public_access_block, Some(PublicAccessBlock::ALL));
        let maya = &account.users["maya.ortiz"];
        assert!(maya.attached_policies.iter().any(|arn| arn == DENY_ALL));
        assert!(maya.access_keys.values().all(|key| key.status == KeyStatus::Inactive));
    })
    .await;
}

async fn a_plan_that_is_rejected_changes_nothing(kind: Kind) {
    let mut shop = Shop::after(kind, "leaked-key", None).await;
    let before = shop.account().await;
    shop.answer(Answer::Reject { reason: "We test the pipeline today.".to_owned() }, 1).await;
    assert_eq!(shop.incident.status, Status::Rejected);
    assert!(shop.incident.actions.iter().all(|record| record.steps.is_empty()));
    assert_eq!(shop.account().await, before);
    shop.close().await;
}

/// What is left to do when nobody answers is declared beforehand: nothing of a leaked key's plan, of an instance's the
/// snapshots, which take nothing away from anybody.
async fn a_plan_that_nobody_answers_takes_its_declared_default(kind: Kind) {
    for (drill, default, status) in [
        ("leaked-key", vec![], Status::Expired),
        ("stolen-instance-credential", vec!["snapshot_volumes"], Status::Contained),
    ] {
        let mut shop = Shop::after(kind, drill, Some(5)).await;
        let before = shop.account().await;
        assert_eq!(shop.incident.status, Status::AwaitingApproval, "{drill}");
        shop.until(|incident| incident.status.is_closed()).await;
        assert_eq!(shop.incident.status, status, "{drill}");
        let actions = shop.incident.plan.as_ref().unwrap().actions.iter().zip(&shop.incident.actions);
        let verified = actions.filter(|(_, record)| record.state == ActionState::Verified);
        assert_eq!(
            verified.map(|(planned, _)| planned.action.kind()).collect::<Vec<_>>(),
            default,
            "{drill}"
        );
        let after = shop.account().await;
        assert_eq!(after.snapshots.len() > before.snapshots.len(), !default.is_empty(), "{drill}");
        assert_eq!(Inventory { snapshots: before.snapshots.clone(), ..after }, before, "{drill}");
        shop.close().await;
    }
}
