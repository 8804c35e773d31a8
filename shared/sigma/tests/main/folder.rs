//! A folder of rules as people share them: what is supported loads, and what is not is told with its place and its reason.

use std::{fs, path::Path};

use serde_json::json;
use sigma::{LogSource, RuleSet};

use crate::{cloudtrail, ids};

fn files(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push((path.to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap()));
        }
    }
}

fn folder() -> (RuleSet, Vec<String>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/folder");
    let mut found = Vec::new();
    files(&root, &mut found);
    found.sort();
    let (rules, errors) = RuleSet::load(&found);
    let within = format!("{}/", root.to_str().unwrap());
    (rules, errors.iter().map(|error| error.to_string().replace(&within, "")).collect())
}

#[test]
fn what_is_supported_loads_and_the_rest_is_told() {
    let (rules, errors) = folder();
    let titles: Vec<_> = rules.rules().iter().map(|rule| rule.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "Access Key Created, Old",
            "Without An Id",
            "Command Run In A Container",
            "Every Modifier",
            "Access Key Created",
            "Whoami",
            "Many Keys",
            "Keys Of Many",
            "Keys, Then A Command",
            "Both",
        ]
    );
    for (place, reason) in [
        ("other/broken.yml:3", "not valid YAML"),
        ("other/ecs.yml:3", "the taxonomy `ecs` is not known"),
        ("other/look_ahead.yml:9", "look-around"),
        ("rules-placeholder/admin_login.yml:17", "`%Administrators%`"),
        ("unsupported/collection.yml:1", "`action` is not supported"),
        ("unsupported/collection.yml", "`title` is missing"),
        ("unsupported/many_failures.yml:3", "calls itself unsupported"),
        ("unsupported/near.yml:11", "aggregation"),
        ("correlations/mr_keys.yml:59", "`value_sum` is not supported"),
        ("correlations/mr_keys.yml:74", "there is no rule `nobody`"),
    ] {
        let is_told = |error: &&String| error.starts_with(&format!("{place}: ")) && error.contains(reason);
        assert_eq!(errors.iter().filter(is_told).count(), 1, "{place} {reason} in {errors:#?}");
    }
    assert_eq!(errors.len(), 10, "{errors:#?}");
}

#[test]
fn what_loads_matches_and_filters_hold() {
    let (rules, _) = folder();
    let names = |event| {
        let mut names = ids(&rules, &cloudtrail(), &event);
        names.iter_mut().for_each(|id| *id = id.replace("10000000-0000-4000-8000-0000000000", ""));
        names.join(" ")
    };
    let call = |user: &str, account: &str| {
        json!({
            "eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey", "userAgent": "aws-cli",
            "userIdentity": {"type": "IAMUser", "userName": user}, "recipientAccountId": account,
        })
    };
    assert_eq!(names(call("ann", "444455556666")), "06 01");
    assert_eq!(names(call("adm_ann", "444455556666")), "");
    assert_eq!(names(call("ann", "111122223333")), "");
    assert_eq!(names(json!({"n": 5, "o": 1})), "");
    assert_eq!(names(json!({"n": 4, "o": 1})), "02");
    let exec = json!({"verb": "create", "objectRef": {"resource": "pods", "subresource": "exec"}});
    let audit = LogSource::new("kubernetes", "audit").of_category("application");
    assert_eq!(ids(&rules, &audit, &exec), ["10000000-0000-4000-8000-000000000003"]);
    let windows = LogSource { product: Some("windows".into()), ..LogSource::default() };
    let whoami = json!({"Image": "C:\\Windows\\System32\\whoami.exe"});
    let whoami = ids(&rules, &windows.of_category("process_creation"), &whoami);
    assert_eq!(whoami, ["10000000-0000-4000-8000-000000000004"]);
}
