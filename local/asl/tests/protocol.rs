//! What the engine promises its host: each answer counts once and in time, and nothing secret is kept.

use asl::{Answer, EventKind, Machine, Refused, Status, Stimulus, TaskId, pending};
use jiff::SignedDuration;
use serde_json::json;

use crate::host::{Act, Host, epoch, substitutions, token};

fn waiter() -> Machine {
    let definition = json!({
        "StartAt": "Ask",
        "States": { "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": { "FunctionName": "f", "Payload": { "task_token.$": "$$.Task.Token" } },
            "TimeoutSeconds": 30,
            "End": true
        } }
    });
    Machine::load("waiter", &definition.to_string(), &substitutions()).unwrap()
}

fn waiting(machine: &Machine) -> (Host<'_>, TaskId) {
    let mut host = Host::start(machine, json!({}), [("Ask".to_owned(), [Act::Submit].into())].into());
    host.step(crate::host::Crash::No);
    let task = host.execution.waiting(jiff::Timestamp::MAX).unwrap();
    (host, task)
}

#[test]
fn a_token_counts_once() {
    let machine = waiter();
    let (mut host, task) = waiting(&machine);
    assert_eq!(host.execution.holder_of(&token(&task)), Some(task.clone()));
    assert_eq!(host.execution.holder_of("guessed"), None);
    host.answer(&task, Answer::Succeeded(json!("yes"))).unwrap();
    let before = host.execution.clone();
    let refused = host.answer(&task, Answer::Succeeded(json!("no")));
    assert_eq!(refused, Err(Refused::NotWaiting { task }));
    assert_eq!(host.execution, before);
    assert_eq!(host.execution.status, Status::Succeeded { output: json!("yes") });
    assert_eq!(host.execution.waiting(jiff::Timestamp::MAX), None);
}

#[test]
fn a_late_answer_is_refused_and_the_time_out_stands() {
    let machine = waiter();
    let (mut host, task) = waiting(&machine);
    let deadline = epoch() + SignedDuration::from_secs(30);
    assert_eq!(host.execution.wake_at(), Some(deadline));
    host.now = deadline - SignedDuration::from_millis(1);
    host.take(&Stimulus::TimePassed).unwrap();
    assert_eq!(host.execution.status, Status::Running);
    host.now = deadline;
    let refused = host.answer(&task, Answer::Succeeded(json!("yes")));
    assert_eq!(refused, Err(Refused::TimedOut { task, deadline }));
    host.take(&Stimulus::TimePassed).unwrap();
    assert_eq!(host.kinds().last(), Some(&EventKind::ExecutionFailed));
}

#[test]
fn a_returned_function_is_not_asked_again_after_a_crash() {
    let machine = waiter();
    let (mut host, task) = waiting(&machine);
    host.crash();
    assert_eq!(host.asked.len(), 1);
    assert_eq!(host.answer(&task, Answer::Submitted), Err(Refused::NotWaiting { task }));
}

#[test]
fn tokens_stand_in_requests_only() {
    let machine = waiter();
    let (host, task) = waiting(&machine);
    let secret = token(&task);
    assert_eq!(host.asked[0].payload, json!({ "task_token": secret }));
    assert!(!serde_json::to_string(&host.execution).unwrap().contains(&secret));
    assert!(!serde_json::to_string(&host.history).unwrap().contains(&secret));
}

#[test]
fn an_execution_stays_with_its_definition() {
    let machine = waiter();
    let (mut host, task) = waiting(&machine);
    let other = r#"{"StartAt":"Ask","States":{"Ask":{"Type":"Succeed"}}}"#;
    let other = Machine::load("waiter", other, &substitutions()).unwrap();
    assert!(matches!(pending(&other, &host.execution, &token), Err(Refused::OtherDefinition { .. })));
    host.machine = &other;
    assert!(matches!(host.answer(&task, Answer::Succeeded(json!(1))), Err(Refused::OtherDefinition { .. })));
}

#[test]
fn a_clock_that_is_set_back_does_not_turn_history_around() {
    let machine = waiter();
    let (mut host, task) = waiting(&machine);
    host.now = epoch() - SignedDuration::from_secs(3600);
    host.answer(&task, Answer::Succeeded(json!("yes"))).unwrap();
    assert!(host.history.is_sorted_by_key(|event| event.time));
}

#[test]
fn long_details_stand_in_the_history_by_digest() {
    let machine = waiter();
    let (mut host, task) = waiting(&machine);
    host.answer(&task, Answer::Succeeded(json!("x".repeat(100_000)))).unwrap();
    assert!(host.history.iter().all(|event| event.detail.to_string().len() < 20_000));
    assert!(host.history.iter().any(|event| event.detail["truncated"] == json!(true)));
}
