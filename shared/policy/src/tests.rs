use std::path::Path;

use domain::{ActionId, Effect, Risk, account::Tags, verdict::QuestionAction};
use proptest::prelude::*;

use super::*;

/// The policy as it stands in the repository.
fn sources() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/authorization");
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn action(id: &str, kind: &str, target: &str) -> QuestionAction {
    QuestionAction {
        id: ActionId::from(id),
        kind: kind.to_owned(),
        target: target.to_owned(),
        tags: Tags::new(),
        administrator: false,
    }
}

fn question(risk: i64, actions: Vec<QuestionAction>) -> Question {
    Question { risk: Risk::new(risk), drill: false, actions, principals: vec![], actions_last_hour: 0 }
}

/// A policy whose one rule answers with this.
fn answering(answer: &str) -> Vec<(String, String)> {
    let text = format!("package asoc.authorization\nimport rego.v1\nverdict := {answer}\n");
    vec![("answer.rego".to_owned(), text)]
}

const USER: &str = "arn:aws:iam::111122223333:user/alice";
const INSTANCE: &str = "arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0";
const TRAIL: &str = "arn:aws:cloudtrail:us-east-1:111122223333:trail/main";

#[test]
fn the_policys_own_tests_pass() {
    let trials = Rego::test(&sources()).unwrap();
    let failed: Vec<_> = trials.iter().filter(|t| t.failure.is_some()).collect();
    assert!(trials.len() > 15 && failed.is_empty(), "{failed:#?}");
}

#[test]
fn a_failing_test_is_told_from_a_passing_one() {
    let mut sources = answering("1");
    let text = "package t_test\nimport rego.v1\ntest_good if true\ntest_bad if false\ntest_ugly := 1\n";
    sources.push(("t_test.rego".to_owned(), text.to_owned()));
    let passed: Vec<_> =
        Rego::test(&sources).unwrap().into_iter().map(|t| (t.rule, t.failure.is_none())).collect();
    let expected =
        [("data.t_test.test_bad", false), ("data.t_test.test_good", true), ("data.t_test.test_ugly", false)];
    assert_eq!(passed, expected.map(|(rule, passed)| (rule.to_owned(), passed)));
}

#[test]
fn questions_and_verdicts() {
    use Effect::{Allow, Approval, Deny};
    let rego = Rego::load(&sources()).unwrap();
    let snapshot = || action("snap", "snapshot_volumes", INSTANCE);
    let revoke = || action("revoke", "revoke_iam_user", USER);
    let tagged = |mut action: QuestionAction, key: &str, value: &str| {
        action.tags.insert(key.to_owned(), value.to_owned());
        action
    };
    let admin = |mut action: QuestionAction| {
        action.administrator = true;
        action
    };
    let jewel = || tagged(action("isolate", "isolate_instance", INSTANCE), "asoc:tier", "crown-jewel");
    let role =
        |name| action("role", "revoke_role_sessions", &format!("arn:aws:iam::111122223333:role/{name}"));

    let cases = [
        ("nothing to do", question(100, vec![]), Allow, 0, vec![]),
        (
            "harmless and low",
            question(60, vec![action("t", "restart_trail", TRAIL), snapshot()]),
            Allow,
            0,
            vec![],
        ),
        ("harmless and high", question(61, vec![snapshot()]), Approval, 1, vec!["snap"]),
        (
            "low, but it takes something away",
            question(10, vec![snapshot(), revoke()]),
            Approval,
            1,
            vec!["snap"],
        ),
        (
            "a kind of later days",
            question(0, vec![action("x", "delete_everything", USER)]),
            Approval,
            1,
            vec![],
        ),
        ("a crown jewel", question(10, vec![jewel()]), Approval, 2, vec![]),
        ("an administrator", question(90, vec![admin(revoke())]), Approval, 2, vec![]),
        ("an administrator, less sure", question(89, vec![admin(revoke())]), Approval, 1, vec![]),
        ("its own role", question(70, vec![snapshot(), role("asoc-response")]), Deny, 0, vec![]),
        ("its own role under a path", question(70, vec![role("a/b/asoc-response")]), Deny, 0, vec![]),
        ("exempt", question(5, vec![tagged(snapshot(), "asoc:exempt", "true")]), Deny, 0, vec![]),
        (
            "no ARN",
            question(5, vec![action("s", "snapshot_volumes", "i-0123456789abcdef0")]),
            Deny,
            0,
            vec![],
        ),
        (
            "too many",
            Question { actions_last_hour: 20, ..question(5, vec![snapshot()]) },
            Approval,
            2,
            vec![],
        ),
    ];
    for (name, question, effect, approvers, on_expiry) in cases {
        let verdict = rego.ask(&question).unwrap();
        assert_eq!((verdict.effect, verdict.approvers), (effect, approvers), "{name}: {verdict:?}");
        assert_eq!(
            verdict.on_expiry,
            on_expiry.into_iter().map(ActionId::from).collect::<Vec<_>>(),
            "{name}"
        );
        assert_eq!(verdict.policy, rego.digest().to_string(), "{name}");
    }
}

#[test]
fn errors_name_file_and_line() {
    let cases = [
        ("a.rego", "package a\n\nimport rego.v1\nx := := 1\n", "a.rego:4: "),
        ("settings.json", "{\n  \"a\": 1,\n}\n", "settings.json:3: "),
        ("a.rego", "package asoc.authorization\nimport rego.v1\nverdict := nosuch(1)\n", "a.rego:3: "),
        ("a.rego", "package asoc.authorization\nimport rego.v1\nverdict := y\n", "a.rego:3: "),
        (
            "a.rego",
            "package a\nimport rego.v1\nx := 1\n",
            "the policy's answer is not a verdict: `data.asoc.",
        ),
    ];
    for (file, text, starts) in cases {
        let error = Rego::load(&[(file.to_owned(), text.to_owned())]).unwrap_err().to_string();
        assert!(error.starts_with(starts), "{error}");
    }
}

#[test]
fn an_answer_that_must_not_be_relied_on_is_refused() {
    let fine = [
        ("effect", "\"approval\""),
        ("reasons", "[\"r\"]"),
        ("approvers", "1"),
        ("expires_seconds", "60"),
        ("on_expiry", "[]"),
        ("observe", "[]"),
    ];
    let with = |changes: &[(&str, &str)]| {
        let mut fields: std::collections::BTreeMap<_, _> = fine.into();
        fields.extend(changes.iter().copied());
        let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
        format!("{{{}}}", fields.map(|(k, v)| format!("\"{k}\": {v}")).collect::<Vec<_>>().join(", "))
    };
    assert!(Rego::load(&answering(&with(&[]))).is_ok());
    let cases: &[&[(&str, &str)]] = &[
        &[("effect", "\"maybe\"")],
        &[("effect", "")],
        &[("reasons", "[]")],
        &[("approvers", "0")],
        &[("approvers", "-1")],
        &[("expires_seconds", "0")],
        &[("observe", "true")],
        &[("observe", "[\"act-unasked\"]")],
        &[("on_expiry", "[\"act-unasked\"]")],
        &[("unheard_of", "1")],
    ];
    for changes in cases {
        let error = Rego::load(&answering(&with(changes))).unwrap_err();
        assert!(matches!(error, PolicyError::Answer(_)), "{changes:?}: {error}");
    }
}

#[test]
fn an_undefined_answer_is_an_error() {
    let text = "package asoc.authorization\nimport rego.v1\nverdict := 1 if input.nosuch\n";
    let error = Rego::load(&[("a.rego".to_owned(), text.to_owned())]).unwrap_err();
    assert!(matches!(error, PolicyError::Answer(_)), "{error}");
}

#[test]
fn a_policy_that_takes_too_long_is_given_up() {
    let text = "package asoc.authorization\nimport rego.v1\n\
                verdict := count([1 | some a in numbers.range(1, 3000); some b in numbers.range(1, 3000); a == b])\n";
    let error = Rego::load(&[("a.rego".to_owned(), text.to_owned())]).unwrap_err();
    assert!(matches!(error, PolicyError::Evaluation(_)), "{error}");
}

#[test]
fn the_digest_covers_what_is_in_force() {
    let original = Rego::load(&sources()).unwrap();
    let changed = |file: &str, from: &str, to: &str| {
        let mut sources = sources();
        sources.reverse();
        let (_, text) = sources.iter_mut().find(|(path, _)| path == file).unwrap();
        assert!(text.contains(from));
        *text = text.replace(from, to);
        Rego::load(&sources).unwrap().digest == original.digest
    };
    assert!(changed("settings.json", "20", "20"), "order does not matter");
    assert!(!changed("settings.json", "20", "21"));
    assert!(!changed("authorization.rego", "# Denied", "# Refused"));
    assert!(changed("authorization_test.rego", "# What is denied", "# What is refused"));
}

/// Words before `(` in the rules are built-ins that both evaluators are said to know, or the policy's own functions.
#[test]
fn rules_use_only_the_capabilities() {
    let sources = sources();
    let (_, capabilities) = sources.iter().find(|(path, _)| path == "capabilities.json").unwrap();
    let capabilities: serde_json::Value = serde_json::from_str(capabilities).unwrap();
    let known: Vec<_> =
        capabilities["builtins"].as_array().unwrap().iter().map(|b| b["name"].as_str().unwrap()).collect();
    for (path, text) in sources.iter().filter(|(path, _)| path.ends_with(".rego")) {
        let own = |name: &str| text.lines().any(|line| line.starts_with(&format!("{name}(")));
        let code = text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
        // Texts hold parentheses too.
        let code: String = code.split('"').step_by(2).collect();
        for (before, _) in code.match_indices('(').map(|(at, _)| code.split_at(at)) {
            let word =
                before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '_')).next().unwrap();
            assert!(word.is_empty() || known.contains(&word) || own(word), "{path}: {word}");
        }
    }
}

fn any_action() -> impl Strategy<Value = QuestionAction> {
    let kind = prop_oneof![
        Just("restart_trail"),
        Just("snapshot_volumes"),
        Just("isolate_instance"),
        Just("revoke_iam_user"),
        Just("deactivate_access_key"),
        Just("revoke_role_sessions"),
        Just("block_ip"),
        "[a-z_]{0,8}".prop_map(|_| "unheard_of"),
    ];
    let target = prop_oneof![Just(USER.to_owned()), Just(INSTANCE.to_owned()), Just(TRAIL.to_owned()), ".*"];
    let tags = proptest::collection::btree_map(
        prop_oneof![Just("asoc:tier".to_owned()), Just("asoc:exempt".to_owned()), ".*"],
        prop_oneof![Just("crown-jewel".to_owned()), Just("true".to_owned()), ".*"],
        0..3,
    );
    (".{0,12}", kind, target, tags, any::<bool>()).prop_map(|(id, kind, target, tags, administrator)| {
        QuestionAction { id: ActionId(id), kind: kind.to_owned(), target, tags, administrator }
    })
}

fn any_question() -> impl Strategy<Value = Question> {
    (0i64..=100, proptest::collection::vec(any_action(), 0..4), prop_oneof![0u32..40, any::<u32>()]).prop_map(
        |(risk, actions, actions_last_hour)| Question { actions_last_hour, ..question(risk, actions) },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_question_gets_a_verdict_and_no_unsafe_one(question in any_question()) {
        static REGO: std::sync::LazyLock<Rego> = std::sync::LazyLock::new(|| Rego::load(&sources()).unwrap());
        let verdict = REGO.ask(&question).unwrap();
        if question.risk.points() > 60 && !question.actions.is_empty() {
            prop_assert_ne!(verdict.effect, Effect::Allow);
        }
        if question.actions.iter().any(|a| a.tags.get("asoc:exempt").is_some_and(|v| v == "true")) {
            prop_assert_eq!(verdict.effect, Effect::Deny);
        }
        let safe = ["restart_trail", "snapshot_volumes"];
        for id in &verdict.on_expiry {
            prop_assert!(question.actions.iter().any(|a| &a.id == id && safe.contains(&a.kind.as_str())));
        }
        prop_assert_eq!(verdict, REGO.ask(&question).unwrap(), "the same question gets the same verdict");
    }

    #[test]
    fn what_is_never_touched_is_never_allowed(
        mut question in any_question(),
        name in "(role/([a-z]{1,5}/)?asoc-[a-zA-Z]{0,8}|role/break-glass|user/break-glass)",
        at in any::<prop::sample::Index>(),
    ) {
        static REGO: std::sync::LazyLock<Rego> = std::sync::LazyLock::new(|| Rego::load(&sources()).unwrap());
        let place = at.index(question.actions.len() + 1);
        question.actions.insert(place, action("own", "snapshot_volumes", &format!("arn:aws:iam::111122223333:{name}")));
        prop_assert_eq!(REGO.ask(&question).unwrap().effect, Effect::Deny);
    }
}
