//! `asoc detect` and `asoc rules`, as whoever types them sees them.

use std::{
    fs,
    io::Write,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

fn asoc(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_asoc"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn call(number: usize, service: &str, name: &str, parameters: &Value) -> Value {
    json!({
        "eventVersion": "1.11", "eventID": format!("e-{number}"), "eventType": "AwsApiCall",
        "eventTime": format!("2026-01-05T03:{:02}:{:02}Z", number / 60, number % 60),
        "eventSource": format!("{service}.amazonaws.com"), "eventName": name, "awsRegion": "eu-central-1",
        "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2.30.0", "recipientAccountId": "111122223333",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ann", "userName": "ann",
            "accountId": "111122223333", "accessKeyId": "AKIAEXAMPLE"},
        "requestParameters": parameters,
    })
}

#[test]
fn detect_answers_a_line_for_each_record() {
    let dir = tempfile::tempdir().unwrap();
    let rules = dir.path().join("own.yml");
    let text = "title: Trail stopped\nname: stopped\nid: 11111111-0000-4000-8000-000000000001\nlevel: high\n\
         tags: [attack.defense-evasion, attack.t1562.008]\nlogsource: {product: aws, service: cloudtrail}\n\
         detection: {selection: {eventName: StopLogging}, condition: selection}\n\
         ---\ntitle: Many buckets read\nid: 11111111-0000-4000-8000-000000000003\nlevel: medium\n\
         correlation:\n  type: value_count\n  rules: [read]\n  group-by: [userIdentity.arn]\n  timespan: 1m\n  \
         condition: {field: requestParameters.bucketName, gte: 3}\n\
         ---\ntitle: Read\nname: read\nid: 11111111-0000-4000-8000-000000000002\nlevel: low\n\
         logsource: {product: aws, service: cloudtrail}\n\
         detection: {selection: {eventName: GetObject}, condition: selection}\n";
    fs::write(&rules, text).unwrap();
    fs::write(dir.path().join("faulty.yml"), "title: No detection\n").unwrap();
    // Out of order, one twice, and one that is broken: none of it costs the others.
    let mut log: Vec<String> = [2, 0, 0, 1]
        .map(|n| call(n, "s3", "GetObject", &json!({"bucketName": format!("b-{n}")})).to_string())
        .into();
    log.insert(1, "{\"eventName\": ".into());
    log.push(call(9, "cloudtrail", "StopLogging", &json!({"name": "main"})).to_string());
    let arguments = ["detect", "--json", "--rules", dir.path().to_str().unwrap(), "-"];
    let output = asoc(&arguments, (log.join("\n") + "\n").as_bytes());
    let answers = lines(&output);
    assert_eq!(answers.iter().map(|a| a["event"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    assert!(answers[1]["error"].as_str().is_some_and(|reason| reason.contains("JSON")), "{}", answers[1]);
    let titles = |answer: &Value| -> Vec<String> {
        let findings = answer["findings"].as_array().into_iter().flatten();
        findings.map(|finding| finding["title"].as_str().unwrap().to_owned()).collect()
    };
    let found: Vec<_> = answers.iter().map(titles).collect();
    assert_eq!(found[0..4], [vec![""; 0], vec![], vec![], vec![]], "{found:?}");
    assert_eq!(found[4], ["Many buckets read"]);
    assert_eq!(found[5], ["Trail stopped"]);
    let finding = &answers[5]["findings"][0];
    assert_eq!((&finding["level"], &finding["attack"]), (&json!("high"), &json!(["T1562.008"])));
    let points: i64 = finding["contributions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["points"].as_i64().unwrap())
        .sum();
    let score = finding["risk_score"].as_f64().unwrap();
    assert!((score * 100.0 - points as f64).abs() < 0.01, "{finding}");
    assert_eq!(output.status.code(), Some(5), "something could not be read");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("faulty.yml") && told.contains("6 records, 1 of them not readable"), "{told}");

    // To find nothing because no rule was loaded is a failure.
    fs::remove_file(&rules).unwrap();
    let output = asoc(&arguments, log[5].as_bytes());
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert!(String::from_utf8(output.stderr).unwrap().contains("no rule was loaded"));
    fs::write(&rules, text).unwrap();

    // People are told what was found, and nothing of what was not.
    let output = asoc(&["detect", "--rules", dir.path().to_str().unwrap(), "-"], log[5].as_bytes());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert!(
        text.contains("high") && text.contains("Trail stopped: StopLogging by ann from 198.51.100.7"),
        "{text}"
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn hostile_text_cannot_reach_the_terminal() {
    let parameters = json!({"name": "x"});
    let mut event = call(0, "cloudtrail", "StopLogging", &parameters);
    event["userIdentity"]["userName"] = json!("\u{1b}[2J\u{202e}ann\nfake: line");
    let output = asoc(&["detect", "-"], event.to_string().as_bytes());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("ann") && !text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    assert!(text.lines().all(|line| line.starts_with("2026-01-05T")), "{text}");
}

#[test]
fn indicators_are_found_and_faulty_lines_named() {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("bad.txt");
    fs::write(&list, "198.51.100.0/24 level=high seen before\n10.0.0.0/8\nnot an indicator!\n").unwrap();
    let event = call(0, "s3", "ListBuckets", &json!({})).to_string();
    let arguments = ["detect", "--json", "--indicators", list.to_str().unwrap(), "-"];
    let output = asoc(&arguments, event.as_bytes());
    let finding = lines(&output)[0]["findings"].to_string();
    assert!(finding.contains("asoc-indicator-seen") && finding.contains("198.51.100.7"), "{finding}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("bad.txt:2") && told.contains("bad.txt:3"), "{told}");
}

#[test]
fn the_rules_that_come_along_are_well() {
    for arguments in [["rules", "test"], ["rules", "lint"]] {
        let output = asoc(&arguments, b"");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    }
    let layer: Value =
        serde_json::from_slice(&asoc(&["rules", "coverage", "--navigator"], b"").stdout).unwrap();
    let techniques = layer["techniques"].as_array().unwrap();
    assert!(
        techniques.len() > 80
            && techniques.iter().all(|t| t["techniqueID"].as_str().unwrap().starts_with('T'))
    );
}

#[test]
fn calibration_tells_attacks_from_everyday_work() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("labelled.jsonl");
    let labelled: Vec<String> = (0..40)
        .map(|n| {
            let (label, event) = if n % 4 == 0 {
                ("malicious", call(n, "cloudtrail", "StopLogging", &json!({"name": "main"})))
            } else {
                ("benign", call(n, "s3", "GetBucketLocation", &json!({"bucketName": "b"})))
            };
            json!({"label": label, "event": event}).to_string()
        })
        .collect();
    fs::write(&file, labelled.join("\n")).unwrap();
    let path = file.to_str().unwrap();
    let output = asoc(&["rules", "calibrate", "--json", path], b"");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["malicious"], &report["benign"]), (&json!(10), &json!(30)));
    assert_eq!(report["auc"], json!(1.0), "{report}");
    let output = asoc(&["rules", "calibrate", "--fit", path], b"");
    let weights = detection::Weights::parse(&String::from_utf8(output.stdout).unwrap()).unwrap();
    assert!(weights.level.high >= weights.level.medium);
}
