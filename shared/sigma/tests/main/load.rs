//! What loads, what is refused, and what a rule says of itself.

use json::Document;
use serde_json::json;
use sigma::{LogSource, Placeholders, RuleSet};

use crate::{cloudtrail, ids, load, of_item, rule};

#[test]
fn what_is_not_supported_is_refused_by_name_and_place() {
    let condition = |condition: &str| format!("  sel: {{a: 1}}\n  condition: {condition}");
    for (detection, problem, line) in [
        (of_item("a|base32: x"), "`base32`", Some(8)),
        (of_item("a|i: x"), "`i`", Some(8)),
        (of_item("a|contains|re: x"), "do not go together", Some(8)),
        (of_item("a|contains|fieldref|re: x"), "do not go together", Some(8)),
        (of_item("a|base64|wide: x"), "do not go together", Some(8)),
        (of_item("a|wide|utf16: x"), "do not go together", Some(8)),
        (of_item("a|windash|base64: x"), "do not go together", Some(8)),
        (of_item("a|lt|cased: 5"), "do not go together", Some(8)),
        (of_item("a|hour|day: 5"), "do not go together", Some(8)),
        (of_item("a|re|expand: x"), "do not go together", Some(8)),
        (of_item("a|re: '(?=x)'"), "look-around", Some(8)),
        (of_item("a|re: '('"), "regular expression", Some(8)),
        (of_item("a|re: 5"), "regular expression", Some(8)),
        (of_item("a|cidr: here"), "CIDR", Some(8)),
        (of_item("a|exists: maybe"), "true or false", Some(8)),
        (of_item("a|contains: null"), "must be text", Some(8)),
        (of_item("a|contains: ''"), "empty value", Some(8)),
        (of_item("a|all: x"), "single value", Some(8)),
        (of_item("a|gt: x"), "must be a number", Some(8)),
        (of_item("a|hour: x"), "must be a number", Some(8)),
        (of_item("a|base64: 'x*'"), "wildcard", Some(8)),
        (of_item("a|utf16: x"), "not text", Some(8)),
        (of_item("a|fieldref: 5"), "name a field", Some(8)),
        (of_item("a|expand: '%who%'"), "`%who%`", Some(8)),
        (of_item("a: []"), "empty list", Some(8)),
        (of_item("a: {b: c}"), "must be text", Some(8)),
        (of_item("'|startswith': x"), "keyword", Some(8)),
        (of_item("'|lt': 5"), "keyword", Some(8)),
        ("  sel: []\n  condition: sel".into(), "empty", Some(7)),
        ("  sel: [[x]]\n  condition: sel".into(), "fields or keywords", Some(7)),
        (condition("sal"), "`sal`", Some(8)),
        (condition("sel and"), "ends too early", Some(8)),
        (condition("(sel"), "not closed", Some(8)),
        (condition("sel sel"), "does not belong", Some(8)),
        (condition("sel | count() > 5"), "aggregation", Some(8)),
        (condition("sel near sel"), "`near`", Some(8)),
        (condition("near sel"), "`near`", Some(8)),
        (condition("2 of them"), "`2 of`", Some(8)),
        (condition("1 of x*"), "`x*`", Some(8)),
        ("  sel: {a: 1}\n  timeframe: 5m\n  condition: sel".into(), "timeframe", Some(8)),
        ("  sel: {a: 1}".into(), "`condition` is missing", Some(6)),
        (condition(&format!("{}sel", "not ".repeat(100))), "nested deeper", Some(8)),
        ("  sel: {a: 1\n  condition: sel".into(), "YAML", Some(8)),
    ] {
        let (rules, errors) = RuleSet::load(&[rule(&detection)]);
        assert!(rules.rules().is_empty(), "{detection}");
        assert!(errors[0].problem.contains(problem), "{detection}: {}", errors[0]);
        let place = (errors[0].file.as_str(), errors[0].line);
        assert_eq!(place, ("test.yml", line), "{detection}: {}", errors[0]);
    }
    let good = rule("  sel: {a: 1}\n  condition: sel").1;
    for (old, new, problem) in [
        ("level: high", "level: huge", "`huge`"),
        ("title: Test", "name: Test", "`title` is missing"),
        ("title: Test", "title: Test\nstatus: unsupported", "unsupported"),
        ("title: Test", "title: Test\ntaxonomy: ecs", "`ecs`"),
        ("product: aws, service: cloudtrail", "definition: x", "`logsource` needs"),
        ("title: Test", "title: Test\ncorrelation: {}", "`type` is missing"),
        ("title: Test", "title: Test\naction: global", "`action`"),
        (
            "title: Test",
            "title: Test\nfilter: {selection: {a: 1}, condition: selection}",
            "`rules` is missing",
        ),
        (
            "title: Test",
            "title: Test\nfilter: {rules: any, selection: {a: 1}, condition: [selection]}",
            "a filter has one condition",
        ),
    ] {
        let (rules, errors) = RuleSet::load(&[("test.yml".into(), good.replace(old, new))]);
        assert!(rules.rules().is_empty() && errors[0].problem.contains(problem), "{new}: {}", errors[0]);
    }
}

#[test]
fn good_rules_load_beside_bad_ones() {
    let good = rule("  sel: {a: 1}\n  condition: sel");
    let bad = ("bad.yml".to_owned(), "title: [".to_owned());
    let tests = ("test.tests.json".to_owned(), "{}".to_owned());
    let (rules, errors) = RuleSet::load(&[bad, good.clone(), tests, ("copy.yaml".into(), good.1)]);
    assert_eq!(rules.rules().len(), 1);
    let files: Vec<_> = errors.iter().map(|e| e.file.as_str()).collect();
    assert_eq!(files, ["bad.yml", "copy.yaml"]);
}

#[test]
fn a_file_may_hold_several() {
    let one = rule("  sel: {a: 1}\n  condition: sel").1;
    let two = rule("  sel: {a: 2}\n  condition: sel").1.replace("-000000000000", "-000000000002");
    let file = format!(
        "# all of them\n---\n{one}--- # another\n{two}---\ntitle: [\n---\ntitle: No detection\n---\n# nothing\n"
    );
    let (rules, errors) = RuleSet::load(&[("test.yml".into(), file)]);
    assert_eq!(rules.rules().len(), 2);
    assert_eq!(ids(&rules, &cloudtrail(), &json!({"a": 2})), ["00000000-0000-4000-8000-000000000002"]);
    let lines: Vec<_> = errors.iter().map(|error| error.line).collect();
    assert_eq!(lines, [Some(21), None], "{errors:?}");
}

#[test]
fn what_a_rule_says_of_itself() {
    let text = "title: Few words\nlogsource: {product: aws, definition: any, category: null}\nstatus: test\n\
                author: me\ndate: 2026-01-05\nfields: [x]\nrelated: [{id: x, type: similar}]\ncustom: {a: 1}\n\
                detection:\n  sel: {a: 1}\n  condition: sel\n";
    let named = text.replace("title", "name: few_words\ntitle");
    let rules = load(&[("a.yml".into(), text.into()), ("b.yml".into(), named)]);
    let [plain, named] = rules.rules() else { panic!() };
    assert_eq!(
        (plain.id.len(), named.id.as_str(), named.name.as_deref()),
        (16, "few_words", Some("few_words"))
    );
    assert_eq!(plain.level, domain::Level::Medium);
    assert!(plain.raises && plain.attack.is_empty());
    for (tags, expected) in [
        ("attack.persistence, attack.t1098.001", vec!["T1098.001 persistence"]),
        ("attack.t1611, attack.privilege-escalation", vec!["T1611 privilege-escalation"]),
        ("attack.privilege_escalation, attack.T1611", vec!["T1611 privilege-escalation"]),
        ("attack.t1611", vec![]),
        ("attack.stealth, attack.t1070", vec![]),
        ("attack.impact, attack.t1485, attack.defense-impairment, attack.t1562", vec!["T1485 impact"]),
        (
            "attack.execution, attack.g0007, attack.s0002, cve.2021-44228, attack.t1059",
            vec!["T1059 execution"],
        ),
    ] {
        let rules = load(&[("a.yml".into(), format!("tags: [{tags}]\n{text}"))]);
        let attack = rules.rules()[0].attack.iter();
        assert_eq!(attack.map(|t| format!("{} {}", t.id, t.tactic)).collect::<Vec<_>>(), expected, "{tags}");
    }
}

#[test]
fn a_match_tells_which_fields_and_values() {
    let detection =
        "  sel: {eventName: [a, 'b*'], 'x.y|contains': z}\n  filter: {u: 1}\n  condition: sel and not filter";
    let rules = load(&[rule(detection)]);
    let event = json!({"eventName": "Bee", "x": [{"y": "no"}, {"y": "Zoo"}], "u": 2}).to_string();
    let event = Document::parse(event.as_bytes()).unwrap();
    let found = rules.matches(&cloudtrail(), &event);
    assert_eq!(found[0].fields, [("eventName".into(), "Bee".into()), ("x.y".into(), "Zoo".into())]);
    assert!(rules.matches(&LogSource::new("aws", "guardduty"), &event).is_empty());
}

#[test]
fn logs_cover_logs() {
    let kubernetes = LogSource::new("kubernetes", "audit").of_category("application");
    for (logsource, event, expected) in [
        ("product: aws", cloudtrail(), true),
        ("service: cloudtrail", cloudtrail(), true),
        ("product: AWS", cloudtrail(), true),
        ("product: aws, service: guardduty", cloudtrail(), false),
        ("product: aws, category: network", cloudtrail(), false),
        ("category: application, product: kubernetes, service: audit", kubernetes.clone(), true),
        ("category: application", kubernetes.clone(), true),
        ("product: kubernetes", kubernetes.clone(), true),
        ("product: kubernetes", cloudtrail(), false),
    ] {
        let text = rule(&of_item("a: 1")).1.replace("product: aws, service: cloudtrail", logsource);
        let found = ids(&load(&[("a.yml".into(), text)]), &event, &json!({"a": 1}));
        assert_eq!(!found.is_empty(), expected, "{logsource}");
    }
}

#[test]
fn fields_go_by_the_names_of_the_taxonomy() {
    let kubernetes = LogSource::new("kubernetes", "audit").of_category("application");
    let flow = LogSource::new("aws", "vpcflow");
    let pod = json!({"verb": "create", "objectRef": {"resource": "pods", "namespace": "kube-system"},
        "requestObject": {"spec": {
            "volumes": [{"name": "x"}, {"name": "root", "hostPath": {"path": "/"}}],
            "containers": [{"securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}]}}});
    let own = json!({"namespace": "mine", "objectRef": {"namespace": "kube-system"}});
    for (source, item, event, expected) in [
        (&kubernetes, "resource: pods", &pod, true),
        (&kubernetes, "hostPath: '*'", &pod, true),
        (&kubernetes, "hostPath|exists: true", &pod, true),
        (&kubernetes, "hostPath: '*'", &own, false),
        (&kubernetes, "capabilities: SYS_*", &pod, true),
        (&kubernetes, "namespace: kube-system", &pod, true),
        (&kubernetes, "namespace: kube-system", &own, false),
        (&kubernetes, "namespace|fieldref: objectRef.namespace", &pod, true),
        (&flow, "dst_port: 22", &json!({"dstport": 22}), true),
        (&flow, "src_ip|cidr: 10.0.0.0/8", &json!({"srcaddr": "10.0.0.1"}), true),
        (&cloudtrail(), "dst_port: 22", &json!({"dstport": 22}), false),
    ] {
        let logsource = format!("product: {}", source.product.clone().unwrap());
        let service = format!("{logsource}, service: {}", source.service.clone().unwrap());
        let text = rule(&of_item(item)).1.replace("product: aws, service: cloudtrail", &service);
        let found = ids(&load(&[("a.yml".into(), text)]), source, event);
        assert_eq!(!found.is_empty(), expected, "{item} {event}");
    }
}

#[test]
fn placeholders_are_filled_or_refused() {
    let known: Placeholders = [
        ("admins".to_owned(), vec!["ann".to_owned(), "adm-*".to_owned()]),
        ("nets".to_owned(), vec!["10.0.0.0/8".to_owned(), "fc00::/7".to_owned()]),
        ("none".to_owned(), vec![]),
    ]
    .into();
    for (item, value, expected) in [
        ("a|expand: '%admins%'", json!("Ann"), Some(true)),
        ("a|expand: '%admins%'", json!("adm-bob"), Some(true)),
        ("a|expand: '%admins%'", json!("bob"), Some(false)),
        ("a|expand: 'x-%admins%-%admins%'", json!("x-ann-adm-1"), Some(true)),
        ("a|expand|contains: '%admins%'", json!("joann"), Some(true)),
        (r"a|expand: '\%plain%admins%'", json!("%plainann"), Some(true)),
        ("a|expand: '5%'", json!("5%"), Some(true)),
        ("a: '%admins%'", json!("%admins%"), Some(true)),
        ("a|cidr|expand: '%nets%'", json!("10.1.1.1"), Some(true)),
        ("a|expand: '%none%'", json!("x"), None),
        ("a|expand: '%others%'", json!("x"), None),
    ] {
        let (rules, errors) = RuleSet::load_with(&[rule(&of_item(item))], &known);
        assert_eq!(errors.is_empty(), expected.is_some(), "{item} {errors:?}");
        let found = ids(&rules, &cloudtrail(), &json!({"a": value}));
        assert_eq!(!found.is_empty(), expected == Some(true), "{item} {value}");
    }
}

#[test]
fn filters_hold_for_the_rules_that_they_name() {
    let rules = "title: One\nid: one\nname: first\nlogsource: {product: aws, service: cloudtrail}\ndetection: {sel: {a: 1}, condition: sel}\n\
                 ---\ntitle: Two\nid: two\nlogsource: {product: aws}\ndetection: {sel: {a: 1}, condition: [sel, sel]}\n";
    let event = |user: &str| json!({"a": 1, "user": user});
    for (logsource, filter, ann, bob) in [
        ("product: aws", "rules: [one], selection: {user: ann}, condition: not selection", "two", "one two"),
        ("product: aws", "rules: [one], selection: {user: ann}, condition: selection", "one two", "two"),
        (
            "product: aws",
            "rules: first, sel: {user: ann}, other: {user: eve}, condition: not 1 of them",
            "two",
            "one two",
        ),
        ("product: aws", "rules: any, selection: {user: ann}, condition: not selection", "", "one two"),
        ("product: aws", "rules: All, selection: {user: ann}, condition: not selection", "", "one two"),
        ("product: aws", "rules: [], selection: {user: ann}, condition: not selection", "", "one two"),
        (
            "service: cloudtrail",
            "rules: [one, two], selection: {user: ann}, condition: not selection",
            "two",
            "one two",
        ),
        (
            "product: windows",
            "rules: any, selection: {user: ann}, condition: not selection",
            "one two",
            "one two",
        ),
    ] {
        // Before the rules, to show that the order does not matter.
        let text = format!("title: Filter\nlogsource: {{{logsource}}}\nfilter: {{{filter}}}\n---\n{rules}");
        let set = load(&[("a.yml".into(), text)]);
        assert_eq!(set.rules().len(), 2);
        assert_eq!(ids(&set, &cloudtrail(), &event("ann")).join(" "), ann, "{filter}");
        assert_eq!(ids(&set, &cloudtrail(), &event("bob")).join(" "), bob, "{filter}");
    }
    let unknown = "title: Filter\nlogsource: {product: aws}\nfilter: {rules: [one, six], sel: {user: ann}, condition: not sel}\n---\n";
    let (set, errors) = RuleSet::load(&[("a.yml".into(), format!("{unknown}{rules}"))]);
    assert!(errors[0].problem.contains("`six`") && errors[0].line == Some(3), "{errors:?}");
    assert_eq!(ids(&set, &cloudtrail(), &event("ann")), ["two"]);
}
