//! Questions, from everyday ones to such as nobody should ask.

use domain::{
    ActionId, Effect, Risk,
    verdict::{Question, QuestionAction},
};
use proptest::{
    collection::{btree_map, vec},
    prelude::*,
    sample::select,
};

const USER: &str = "arn:aws:iam::111122223333:user/alice";
const VOLUME: &str = "arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0";

/// What may be applied without asking.
const SAFE: [&str; 3] = ["block_public_access", "restart_trail", "snapshot_volumes"];
/// What the rules name otherwise, and what they do not.
const KINDS: [&str; 8] = [
    "deactivate_access_key",
    "isolate_instance",
    "revoke_iam_user",
    "revoke_role_sessions",
    "block_ip",
    "Snapshot_Volumes",
    "",
    "*",
];
const TARGETS: [&str; 8] = [
    USER,
    VOLUME,
    "arn:aws:s3:::exports",
    "arn:aws:iam::111122223333:role/team/deploy",
    "arn:aws:iam::111122223333:root",
    "arn:aws:sns:us-east-1:111122223333:topic:sub:scription/role/x",
    "arn:aws-cn:iam::111122223333:user/\u{e9}ric",
    "arn:aws:cloudtrail:us-east-1:111122223333:trail/main",
];
/// Never touched, or close to it, or no ARN.
const ODD: [&str; 18] = [
    "arn:aws:iam::111122223333:role/asoc-response",
    "arn:aws:iam::111122223333:role/a/b/ASOC-x",
    "arn:aws:iam::111122223333:role/asoc-",
    "arn:aws:iam::111122223333:role/asoc",
    "arn:aws:iam::111122223333:ROLE/Asoc-\u{130}\u{3a3}",
    "arn:aws:iam::111122223333:user/break-glass",
    "arn:aws:iam::111122223333:user/x/Break-Glass",
    "arn:aws:iam::111122223333:user/brea\u{212a}-gla\u{17f}s",
    "arn:aws:iam::111122223333:user/break-glass/",
    "arn:aws:iam::111122223333:role/break-glass*",
    "arn:aws:iam::111122223333:",
    "arn:::::",
    "arn::::",
    "arn:",
    "",
    "ARN:aws:iam::111122223333:user/alice",
    "i-0123456789abcdef0",
    "arn:aws:iam::111122223333:/",
];

fn action(
    kind: BoxedStrategy<String>,
    target: BoxedStrategy<String>,
    tagged: u32,
) -> impl Strategy<Value = QuestionAction> {
    let id = prop_oneof![8 => "act-[0-9a-f]{4}", 1 => ".{0,12}"];
    let key = prop_oneof![
        select(vec!["asoc:tier", "asoc:exempt", "ASOC:exempt", "Name", ""]).prop_map(str::to_owned),
        ".{0,6}"
    ];
    let value =
        prop_oneof![select(vec!["crown-jewel", "true", "True", "1", ""]).prop_map(str::to_owned), ".{0,6}"];
    let tags = prop_oneof![10 => Just(Default::default()), tagged => btree_map(key, value, 0..3)];
    (id, kind, target, tags, any::<bool>()).prop_map(|(id, kind, target, tags, administrator)| {
        QuestionAction { id: ActionId(id), kind, target, tags, administrator }
    })
}

fn one_of(known: &[&'static str]) -> BoxedStrategy<String> {
    select(known.to_vec()).prop_map(str::to_owned).boxed()
}

/// What may be allowed, so that this comes as often as the rest.
fn calm() -> impl Strategy<Value = Question> {
    let actions = vec(action(one_of(&SAFE), one_of(&TARGETS), 1), 0..4);
    (0i64..=62, actions, 0u32..22).prop_flat_map(finish)
}

fn usual() -> impl Strategy<Value = Question> {
    let kind = prop_oneof![one_of(&SAFE), one_of(&KINDS)].boxed();
    let target = prop_oneof![12 => one_of(&TARGETS), 1 => one_of(&ODD)].boxed();
    let risk = prop_oneof![0i64..=100, select(vec![0, 59, 60, 61, 89, 90, 100])];
    (risk, vec(action(kind, target, 2), 0..5), prop_oneof![0u32..24, select(vec![19, 20, 21])])
        .prop_flat_map(finish)
}

fn wild() -> impl Strategy<Value = Question> {
    let kind = prop_oneof![one_of(&SAFE), one_of(&KINDS), ".{0,16}"].boxed();
    let target = prop_oneof![
        one_of(&TARGETS),
        one_of(&ODD),
        ".{0,24}",
        ".{0,12}".prop_map(|end| format!("arn:aws:iam::111122223333:{end}")),
        "(?i:arn:aws:iam::1:(role|user)/([a-z]{1,3}/)?(asoc-[a-z\u{e9}]{0,4}|break-glass))",
        ".{0,8}".prop_map(|name| format!("arn:aws:iam::1:role/asoc-{name}")),
    ]
    .boxed();
    (0i64..=100, vec(action(kind, target, 10), 0..24), any::<u32>()).prop_flat_map(finish)
}

fn finish((risk, actions, hour): (i64, Vec<QuestionAction>, u32)) -> impl Strategy<Value = Question> {
    (any::<bool>(), vec(prop_oneof![Just(USER.to_owned()), ".{0,12}"], 0..3)).prop_map(
        move |(drill, principals)| Question {
            risk: Risk::new(risk),
            drill,
            actions: actions.clone(),
            principals,
            actions_last_hour: hour,
        },
    )
}

/// Any question; each answer comes often.
pub(super) fn question() -> impl Strategy<Value = Question> {
    prop_oneof![3 => calm(), 4 => usual(), 2 => wild()]
}

/// A question for each answer: what OPA says, and what may be said without it.
pub(super) fn one_of_each() -> [(Question, Effect, Effect); 3] {
    let question = |risk, target: &str| Question {
        risk: Risk::new(risk),
        drill: false,
        actions: vec![QuestionAction {
            id: ActionId::from("act-1"),
            kind: "snapshot_volumes".to_owned(),
            target: target.to_owned(),
            tags: Default::default(),
            administrator: false,
        }],
        principals: vec![USER.to_owned()],
        actions_last_hour: 0,
    };
    [
        (question(10, VOLUME), Effect::Allow, Effect::Approval),
        (question(90, VOLUME), Effect::Approval, Effect::Approval),
        (question(10, "arn:aws:iam::111122223333:role/asoc-response"), Effect::Deny, Effect::Deny),
    ]
}
