//! The agent on a store, an account and the real policy, task by task.

use std::sync::Arc;

use agent::{
    Agent, Commit, Ctx, DecisionRecord, Write,
    proofs::{
        outside::{Remembered, outside},
        prove,
    },
};
use domain::{
    AccountWrite, ActionRecord, Ballot, Digest, Effect, Event, Finding, Incident, IncidentId, Outcome, Party,
    Person, Principal, Role, Status, Step, StepOutcome, Time, approval::Answer,
};
use policy::Rego;
use sandbox::Sandbox;
use serde_json::json;
use store::SqlStore;

use super::fixture::{
    WEB_1, account, arn, assumed, at, finding, instance, key_made, on, plan, playbooks, policies, role, user,
};
use crate::{Ending, Input, Output, Placed, Supervisor};

struct World {
    ctx: Ctx,
    calls: Arc<Remembered>,
    supervisor: Supervisor,
}

impl World {
    async fn new() -> Self {
        let store = Arc::new(SqlStore::open_in_memory().await.unwrap());
        let (ctx, calls) = outside(store, Arc::new(Sandbox::new(account())), at(11));
        let policy = Arc::new(Rego::load(&policies("authorization")).unwrap());
        let ctx = Ctx { policy, ..ctx };
        Self { ctx, calls, supervisor: Supervisor { playbooks: playbooks() } }
    }

    /// Writes as another agent would.
    async fn write(&self, agent: Party, key: &str, write: Write) {
        let record = DecisionRecord {
            agent,
            key: key.to_owned(),
            time: at(0),
            input: json!(null),
            evidence: Digest::of(b"{}"),
            output: json!(null),
            decision: Digest::zero(),
            calls: vec![],
            carried_out: true,
            policies: Digest::zero(),
        };
        let done = self.ctx.store.commit(&record, b"{}", &[write], &[]).await.unwrap();
        assert_eq!(done, Commit::Committed);
    }

    async fn ask(&self, key: &str, input: Input) -> Output {
        prove(&self.supervisor, &self.ctx, key, input).await
    }

    async fn triage(&self, report: Finding) -> (IncidentId, Placed) {
        self.write(Party::Detection, report.id.as_str(), Write::Finding(Box::new(report.clone()))).await;
        let key = format!("msg-{}", report.id);
        match self.ask(&key, Input::Triage { report: Box::new(report), detected: None }).await {
            Output::Placed { incident, placed } => (incident, placed),
            other => panic!("{other:?}"),
        }
    }

    async fn incident(&self, id: &IncidentId) -> Incident {
        self.ctx.store.incident(id).await.unwrap().unwrap()
    }

    fn calls(&self) -> Vec<String> {
        self.calls.calls()
    }
}

fn leak() -> Finding {
    finding("leak", "compromised-user", Some(user("ci-deploy")), 0)
}

fn isolate() -> Finding {
    on([instance(WEB_1)], finding("isolate", "compromised-instance", Some(user("ci-deploy")), 6))
}

#[tokio::test]
async fn from_the_first_finding_to_the_second_plan() {
    let world = World::new().await;
    let (id, placed) = world.triage(leak()).await;
    assert_eq!((placed, world.calls()), (Placed::Opened, vec![format!("start incident {id}")]));

    let evaluate = || Input::Evaluate { incident: id.clone() };
    let ask = || Input::Ask { incident: id.clone() };
    let asks = Output::Evaluated { effect: Effect::Approval, expires_seconds: 1800 };
    assert_eq!(world.ask("Evaluate 1", evaluate()).await, asks);
    assert_eq!(world.ask("Ask 1", ask()).await, Output::Asked);
    assert_eq!(world.ask("Ask 1, told again", ask()).await, Output::Asked);
    assert_eq!(world.incident(&id).await.status, Status::AwaitingApproval);
    assert_eq!(world.calls(), Vec::<String>::new());

    let more = finding("more", "compromised-user", Some(user("ci-deploy")), 3);
    assert_eq!(world.triage(more).await, (id.clone(), Placed::Joined), "it asks for nothing more");
    assert_eq!(world.triage(isolate()).await, (id.clone(), Placed::Superseded));
    let superseded = format!(r#"settle {id} {{"apply":false,"decision":"superseded"}}"#);
    assert_eq!(world.calls(), std::slice::from_ref(&superseded));
    let ended = world.ask("Expire, at the same time", Input::Expire { incident: id.clone() }).await;
    assert_eq!(ended, Output::Ended { decision: Ending::Superseded, apply: false });

    assert_eq!(world.ask("Evaluate 2", evaluate()).await, asks);
    let late = on(
        [instance("i-0a1b2c3d4e5f60002")],
        finding("late", "compromised-instance", Some(user("ci-deploy")), 8),
    );
    assert_eq!(world.triage(late).await, (id.clone(), Placed::Joined));
    assert_eq!(world.ask("Ask 2", ask()).await, Output::Asked);
    assert_eq!(world.calls(), [superseded], "what joined before people were asked");

    assert_eq!(world.ask("Evaluate 3", evaluate()).await, asks);
    assert_eq!(world.ask("Ask 3", ask()).await, Output::Asked);
    let incident = world.incident(&id).await;
    let plan = incident.plan.as_ref().unwrap();
    assert_eq!((plan.revision, plan.actions.len(), incident.actions.len()), (3, 5, 5));
    assert_eq!(incident.approval.as_ref().unwrap().request.plan, plan.hash);

    // Nobody answers; the default covers the snapshots.
    let ended = world.ask("Expire", Input::Expire { incident: id.clone() }).await;
    assert_eq!(ended, Output::Ended { decision: Ending::Expired, apply: true });
    let incident = world.incident(&id).await;
    assert_eq!((incident.status, incident.approval.unwrap().granted().len()), (Status::Responding, 2));

    // Nothing of it is applied yet, so the next finding opens another incident.
    let again = finding("again", "compromised-user", Some(user("ci-deploy")), 9);
    let (next, placed) = world.triage(again).await;
    assert_eq!((placed, world.incident(&next).await.follows), (Placed::Opened, Some(id)));
}

/// What was got since, step by step from credential to credential, is looked up for each plan.
#[tokio::test]
async fn what_was_obtained_is_found_in_the_history() {
    let world = World::new().await;
    let (id, _) = world.triage(leak()).await;
    let with_session = |event: Event| {
        let actor = Principal { access_key: Some("ASIADEPLOY".to_owned()), ..role("deploy", "s") };
        Event { actor: Some(actor), time: at(7), ..event }
    };
    let first = vec![
        assumed("assumed", &arn("role", "deploy"), "ASIADEPLOY"),
        with_session(key_made("made", "maya.ortiz", Some("AKIAIOSFODNNMAYAORTZ"))),
        Event { actor: Some(user("tom.reyes")), ..assumed("other", &arn("role", "admin"), "ASIAADMIN") },
    ];
    world.write(Party::Telemetry, "first", Write::Events(first)).await;
    world.ask("Evaluate 1", Input::Evaluate { incident: id.clone() }).await;
    let incident = world.incident(&id).await;
    assert_eq!(
        plan(&incident.plan.unwrap().actions),
        ["revoke_iam_user ci-deploy", "deactivate_access_key maya.ortiz", "revoke_role_sessions deploy"]
    );

    // What comes before people are asked makes another plan, and so does a finding afterwards.
    let second = with_session(assumed("second", &arn("role", "admin"), "ASIAADMIN"));
    world.write(Party::Telemetry, "second", Write::Events(vec![second])).await;
    world.ask("Ask 1", Input::Ask { incident: id.clone() }).await;
    assert_eq!(
        world.calls().pop().unwrap(),
        format!(r#"settle {id} {{"apply":false,"decision":"superseded"}}"#)
    );
    world.ask("Evaluate 2", Input::Evaluate { incident: id.clone() }).await;
    world.ask("Ask 2", Input::Ask { incident: id.clone() }).await;
    let third = assumed("third", &arn("role", "data-pipeline"), "ASIAPIPE");
    world.write(Party::Telemetry, "third", Write::Events(vec![third])).await;
    let late = finding("late", "compromised-user", Some(user("ci-deploy")), 8);
    assert_eq!(world.triage(late).await, (id.clone(), Placed::Superseded));
    world.ask("Evaluate 3", Input::Evaluate { incident: id.clone() }).await;
    let plan = world.incident(&id).await.plan.unwrap();
    assert_eq!((plan.revision, plan.actions.len()), (3, 5));
}

#[tokio::test]
async fn a_vote_of_the_last_moment_holds() {
    let world = World::new().await;
    let (id, _) = world.triage(leak()).await;
    world.ask("Evaluate", Input::Evaluate { incident: id.clone() }).await;
    world.ask("Ask", Input::Ask { incident: id.clone() }).await;

    let mut incident = world.incident(&id).await;
    let plan = incident.plan.clone().unwrap();
    let ann = Person { name: "ann".to_owned(), role: Role::Approver, principals: vec![] };
    let actions = plan.actions.iter().map(|a| a.hash.clone()).collect();
    let ballot = Ballot { plan: plan.hash.clone(), answer: Answer::Approve { actions } };
    incident.approval.as_mut().unwrap().cast(&ann, &ballot, at(60)).unwrap();
    assert!(matches!(incident.approval.as_ref().unwrap().outcome, Some(Outcome::Approved { .. })));
    incident.version += 1;
    world.write(Party::Console, "ballot", Write::Incident(Box::new(incident))).await;

    let ended = world.ask("Expire", Input::Expire { incident: id.clone() }).await;
    assert_eq!(ended, Output::Ended { decision: Ending::Approved, apply: true });
    // And if the workflow should wait once more, it is told.
    world.calls();
    world.ask("Ask again", Input::Ask { incident: id.clone() }).await;
    assert_eq!(world.calls(), [format!(r#"settle {id} {{"apply":true,"decision":"approved"}}"#)]);
}

#[tokio::test]
async fn a_finding_that_nothing_answers_is_noted() {
    let world = World::new().await;
    let (id, _) = world.triage(finding("quiet", "", None, 0)).await;
    let allowed = Output::Evaluated { effect: Effect::Allow, expires_seconds: 1800 };
    assert_eq!(world.ask("Evaluate", Input::Evaluate { incident: id.clone() }).await, allowed);
    let incident = world.incident(&id).await;
    assert_eq!((incident.keys, incident.plan.unwrap().actions), (vec![], vec![]));
    let (_, placed) = world.triage(finding("other", "", None, 1)).await;
    assert_eq!(placed, Placed::Opened, "two findings that share nothing are two incidents");
}

/// Whatever is open, the 21st action of an hour needs two people.
#[tokio::test]
async fn the_budget_counts_what_was_begun_in_the_last_hour() {
    let begun = |anchor: Time, sent: bool| ActionRecord {
        anchor: Some(anchor),
        steps: Vec::from_iter(sent.then(|| Step {
            time: anchor,
            call: AccountWrite::StartLogging { trail: "t".to_owned() },
            undo: false,
            outcome: StepOutcome::Sent,
        })),
        ..ActionRecord::planned("act-1".into())
    };
    let recent = at(0);
    for (name, record, approvers) in [
        ("begun", begun(recent, true), 2),
        ("only simulated", begun(recent, false), 1),
        ("long ago", begun(at(-7200), true), 1),
    ] {
        let world = World::new().await;
        let (busy, _) = world.triage(finding("busy", "", None, 0)).await;
        let mut incident = world.incident(&busy).await;
        incident.version += 1;
        incident.actions = vec![record; 20];
        world.write(Party::Response, "busy", Write::Incident(Box::new(incident))).await;

        let (id, _) = world.triage(leak()).await;
        world.ask("Evaluate", Input::Evaluate { incident: id.clone() }).await;
        assert_eq!(world.incident(&id).await.verdict.unwrap().approvers, approvers, "{name}");
    }
}

#[tokio::test]
async fn what_does_not_exist_is_an_error() {
    let world = World::new().await;
    let input = Input::Evaluate { incident: "inc-nosuch".into() };
    let error = world.supervisor.gather(&world.ctx, &input).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no incident inc-nosuch");
    let (id, _) = world.triage(leak()).await;
    let error = world.supervisor.gather(&world.ctx, &Input::Ask { incident: id.clone() }).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{id} has no plan to ask about"));
}

#[test]
fn inputs_and_outputs_as_the_workflow_writes_them() {
    let input: Input = serde_json::from_value(json!({ "task": "evaluate", "incident": "inc-1" })).unwrap();
    assert_eq!(input, Input::Evaluate { incident: "inc-1".into() });
    for (output, expected) in [
        (
            Output::Evaluated { effect: Effect::Approval, expires_seconds: 60 },
            json!({ "effect": "approval", "expires_seconds": 60 }),
        ),
        (
            Output::Ended { decision: Ending::Expired, apply: true },
            json!({ "decision": "expired", "apply": true }),
        ),
        (Output::Asked, json!(null)),
        (
            Output::Placed { incident: "inc-1".into(), placed: Placed::JoinedLate },
            json!({ "incident": "inc-1", "placed": "joined_late" }),
        ),
    ] {
        assert_eq!(serde_json::to_value(&output).unwrap(), expected);
        assert_eq!(serde_json::from_value::<Output>(expected).unwrap(), output);
    }
}
