//! Whatever is not known is refused at load, by the state's and the field's name.

use asl::Machine;
use serde_json::{Value, json};

use crate::host::substitutions;

fn base() -> Value {
    json!({
        "StartAt": "A",
        "States": {
            "A": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": { "FunctionName": "f", "Payload": { "x.$": "$.x" } },
                "TimeoutSeconds": 5,
                "Retry": [{ "ErrorEquals": ["E"] }],
                "Catch": [{ "ErrorEquals": ["E"], "Next": "Z" }],
                "Next": "C"
            },
            "C": {
                "Type": "Choice",
                "Choices": [{ "Variable": "$.x", "StringEquals": "s", "Next": "P" }],
                "Default": "W"
            },
            "P": {
                "Type": "Parallel",
                "Branches": [{ "StartAt": "B", "States": { "B": { "Type": "Pass", "End": true } } }],
                "End": true
            },
            "W": { "Type": "Wait", "SecondsPath": "$.n", "Next": "F" },
            "F": { "Type": "Fail", "Error": "e" },
            "Z": { "Type": "Succeed" }
        }
    })
}

/// Sets or adds what the pointer names.
fn set(document: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    document.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value);
}

#[test]
fn the_base_is_accepted() {
    Machine::load("base", &base().to_string(), &substitutions()).unwrap();
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    let waits = "arn:aws:states:::lambda:invoke.waitForTaskToken";
    #[rustfmt::skip]
    let cases: Vec<(&str, Value, &[&str])> = vec![
        // The language beyond what is used here.
        ("/QueryLanguage", json!("JSONata"), &["QueryLanguage"]),
        ("/TimeoutSeconds", json!(5), &["TimeoutSeconds"]),
        ("/States/A/Type", json!("Map"), &["`A`", "Map"]),
        ("/States/A/QueryLanguage", json!("JSONata"), &["`A`", "QueryLanguage"]),
        ("/States/A/Assign", json!({}), &["`A`", "Assign"]),
        ("/States/A/Arguments", json!({}), &["`A`", "Arguments"]),
        ("/States/A/HeartbeatSeconds", json!(5), &["`A`", "HeartbeatSeconds"]),
        ("/States/A/InputPath", json!("$.x"), &["`A`", "InputPath"]),
        ("/States/A/OutputPath", json!("$.x"), &["`A`", "OutputPath"]),
        ("/States/A/Credentials", json!({}), &["`A`", "Credentials"]),
        ("/States/A/Parameters/Qualifier", json!("1"), &["`A`", "Qualifier"]),
        ("/States/A/Parameters/FunctionName.$", json!("$.f"), &["`A`", "FunctionName.$"]),
        ("/States/A/Resource", json!("arn:aws:lambda:us-east-1:111122223333:function:f"), &["`A`", "Resource", "function:f"]),
        ("/States/A/Resource", json!("arn:aws:states:::sqs:sendMessage"), &["`A`", "Resource", "sqs"]),
        ("/States/A/Parameters/Payload/y.$", json!("States.Format('{}', $.x)"), &["`A`", "y.$", "States.Format"]),
        ("/States/A/Parameters/Payload/y.$", json!("$..x"), &["`A`", "y.$", "$..x"]),
        ("/States/A/Parameters/Payload/y.$", json!("$.x[*]"), &["`A`", "y.$", "$.x[*]"]),
        ("/States/A/Parameters/Payload/y.$", json!("$.x[?(@.a)]"), &["`A`", "y.$"]),
        ("/States/A/Parameters/Payload/y.$", json!(5), &["`A`", "y.$"]),
        ("/States/A/Parameters/Payload/x", json!(5), &["`A`", "`x`"]),
        ("/States/A/Parameters/Payload/y.$", json!("$$.Map.Item.Value"), &["`A`", "$$.Map.Item.Value"]),
        ("/States/A/Parameters/Payload/y.$", json!("$$.StateMachine.Id"), &["`A`", "$$.StateMachine.Id"]),
        ("/States/A/ResultPath", json!("$$.x"), &["`A`", "ResultPath"]),
        ("/States/A/ResultPath", json!("$.x[0]"), &["`A`", "ResultPath"]),
        ("/States/A/ResultSelector", json!({ "x.$": "$$.State.Name" }), &["`A`", "ResultSelector"]),
        ("/States/C/Choices", json!([{ "Variable": "$.x", "StringMatches": "s*", "Next": "P" }]), &["`C`", "StringMatches"]),
        ("/States/C/Choices", json!([{ "Variable": "$.x", "IsPresent": true, "Next": "P" }]), &["`C`", "IsPresent"]),
        ("/States/C/Choices", json!([{ "And": [], "Next": "P" }]), &["`C`", "And"]),
        ("/States/W/Seconds", json!(5), &["`W`", "Seconds"]),
        ("/States/W/Timestamp", json!("2026-01-01T00:00:00Z"), &["`W`", "Timestamp"]),
        ("/States/Z/InputPath", json!("$.x"), &["`Z`", "InputPath"]),
        ("/States/P/Branches", json!([{ "StartAt": "B", "States": { "B": { "Type": "Pass", "Parameters": {}, "End": true } } }]), &["`P`", "`B`", "Parameters"]),
        // The language's own rules.
        ("/StartAt", json!("Nowhere"), &["StartAt", "Nowhere"]),
        ("/States/A/Next", json!("Nowhere"), &["`A`", "Nowhere"]),
        ("/States/A/Next", json!("B"), &["`A`", "`B`"]),
        ("/States/A/End", json!(true), &["`A`", "Next", "End"]),
        ("/States/A/Next", Value::Null, &["`A`", "Next", "End"]),
        ("/States/Y", json!({ "Type": "Succeed" }), &["`Y`", "nothing leads"]),
        ("/States/A/Catch", json!([{ "ErrorEquals": ["E"], "Next": "Nowhere" }]), &["`A`", "Nowhere"]),
        ("/States/A/Catch", json!([{ "ErrorEquals": ["States.ALL"], "Next": "Z" }, { "ErrorEquals": ["E"], "Next": "Z" }]), &["`A`", "Catch", "States.ALL"]),
        ("/States/A/Retry", json!([{ "ErrorEquals": ["States.ALL", "E"] }]), &["`A`", "States.ALL"]),
        ("/States/A/Retry", json!([{ "ErrorEquals": ["States.BranchFailed"] }]), &["`A`", "States.BranchFailed"]),
        ("/States/A/Retry", json!([{ "ErrorEquals": [] }]), &["`A`", "ErrorEquals"]),
        ("/States/A/Retry", json!([{ "ErrorEquals": ["E"], "BackoffRate": 0.5 }]), &["`A`", "BackoffRate"]),
        ("/States/A/Retry", json!([{ "ErrorEquals": ["E"], "IntervalSeconds": 0 }]), &["`A`", "IntervalSeconds"]),
        ("/States/A/Retry", json!([{ "ErrorEquals": ["E"], "IntervalSeconds": 9, "MaxDelaySeconds": 5 }]), &["`A`", "MaxDelaySeconds"]),
        ("/States/A/Retry", json!([{ "ErrorEquals": ["E"], "JitterStrategy": "HALF" }]), &["`A`", "HALF"]),
        ("/States/A/Retry", json!([{ "ErrorEquals": ["E"], "Patience": 1 }]), &["`A`", "Patience"]),
        ("/States/A/TimeoutSeconds", Value::Null, &["`A`", "TimeoutSeconds"]),
        ("/States/A/TimeoutSeconds", json!(0), &["`A`", "TimeoutSeconds"]),
        ("/States/A/TimeoutSecondsPath", json!("$.t"), &["`A`", "TimeoutSecondsPath"]),
        ("/States/A/Resource", json!(waits), &["`A`", "token"]),
        ("/States/A/Parameters/Payload/t.$", json!("$$.Task.Token"), &["`A`", "token"]),
        ("/States/C/Choices", json!([{ "Variable": "$.x", "StringEquals": "s", "BooleanEquals": true, "Next": "P" }]), &["`C`", "operator"]),
        ("/States/C/Choices", json!([]), &["`C`", "Choices"]),
        ("/States/P/Branches", json!([]), &["`P`", "Branches"]),
        ("/States/P/Branches", json!([{ "StartAt": "A", "States": { "A": { "Type": "Pass", "End": true } } }]), &["`A`", "name"]),
        ("/States/F/ErrorPath", json!("$.e"), &["`F`", "ErrorPath"]),
        ("/States/A/Parameters/FunctionName", json!("${Unknown}"), &["${Unknown}"]),
        ("/States/A/Parameters/FunctionName", json!("${Open"), &["${"]),
    ];
    for (pointer, value, names) in cases {
        let mut document = base();
        set(&mut document, pointer, value.clone());
        let why = match Machine::load("changed", &document.to_string(), &substitutions()) {
            Ok(_) => panic!("{pointer} = {value} was accepted"),
            Err(why) => why.to_string(),
        };
        for name in names {
            assert!(why.contains(name), "{pointer} = {value}: `{why}` does not name {name}");
        }
    }
}

#[test]
fn a_machine_that_cannot_end_is_refused() {
    let text = r#"{"StartAt":"A","States":{"A":{"Type":"Wait","SecondsPath":"$.n","Next":"A"}}}"#;
    assert!(Machine::load("loop", text, &substitutions()).unwrap_err().to_string().contains("ends"));
}

#[test]
fn a_name_that_stands_twice_is_refused() {
    for text in [
        r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"},"A":{"Type":"Fail"}}}"#,
        r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"A":1,"A":2},"End":true}}}"#,
    ] {
        let why = Machine::load("twice", text, &substitutions()).unwrap_err().to_string();
        assert!(why.contains("`A` stands twice"), "{why}");
    }
}

#[test]
fn a_substitution_cannot_leave_its_string() {
    let text = r#"{"Comment":"${Evil}","StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#;
    let evil = [("Evil".to_owned(), r#"","QueryLanguage":"JSONata"#.to_owned())].into();
    Machine::load("evil", text, &evil).unwrap();
}
