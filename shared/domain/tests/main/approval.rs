//! Whose ballot counts.

use domain::{
    Approval, ApprovalRequest, Ballot, Digest, Effect, Outcome, Person, Refusal, Role, Verdict,
    approval::Answer,
};
use proptest::prelude::*;

use super::{arn, at, person, plan};

const ASKED: i64 = 1_000;
const EXPIRES: i64 = ASKED + 600_000;

/// A request about user ann's key that so many must approve.
fn asked(approvers: u8) -> Approval {
    let verdict = Verdict {
        effect: Effect::Approval,
        reasons: vec![],
        approvers,
        expires_seconds: 600,
        on_expiry: vec![],
        observe: Vec::new(),
        policy: String::new(),
    };
    Approval::new(ApprovalRequest::new(&plan(), &verdict, vec![arn("ann")], at(ASKED)))
}

/// The hashes of the plan's actions at these places.
fn hashes(places: &[usize]) -> Vec<Digest> {
    let plan = plan();
    places.iter().map(|place| plan.actions[*place].hash.clone()).collect()
}

fn approve(places: &[usize]) -> Ballot {
    Ballot { plan: plan().hash, answer: Answer::Approve { actions: hashes(places) } }
}

fn reject(reason: &str) -> Ballot {
    Ballot { plan: plan().hash, answer: Answer::Reject { reason: reason.into() } }
}

fn approver(name: &str) -> Person {
    person(name, Role::Approver, &[])
}

#[test]
fn the_request_names_the_plan_and_each_action_of_it() {
    let request = asked(0).request;
    assert_eq!((request.plan, request.actions), (plan().hash, hashes(&[0, 1, 2])));
    assert_eq!((request.requested, request.expires), (at(ASKED), at(EXPIRES)));
    assert_eq!(request.approvers, 1, "somebody must agree, whatever the policy says");
}

#[test]
fn each_refusal_has_its_reason_and_changes_nothing() {
    let settled = {
        let mut approval = asked(1);
        approval.cast(&approver("zoe"), &approve(&[0]), at(ASKED)).unwrap();
        approval
    };
    let half = |by: Person| {
        let mut approval = asked(2);
        approval.cast(&by, &approve(&[0, 1]), at(ASKED)).unwrap();
        approval
    };
    let with_outcome = |outcome| Approval { outcome: Some(outcome), ..asked(1) };
    let forged = Ballot { plan: plan().hash, answer: Answer::Approve { actions: vec![Digest::of(b"else")] } };
    let mixed = {
        let actions = [hashes(&[0]), vec![Digest::of(b"else")]].concat();
        Ballot { plan: plan().hash, answer: Answer::Approve { actions } }
    };
    let other_plan = |ballot: Ballot| Ballot { plan: Digest::of(b"the plan before"), ..ballot };
    let expired = || Refusal::Expired { expired: at(EXPIRES) };
    let voted = |by: &str| Refusal::VotedAlready { by: by.into() };

    let table = [
        (
            "viewer",
            asked(1),
            person("v", Role::Viewer, &[]),
            approve(&[0]),
            ASKED,
            Refusal::Role { role: Role::Viewer },
        ),
        (
            "analyst",
            asked(1),
            person("a", Role::Analyst, &[]),
            reject("no"),
            ASKED,
            Refusal::Role { role: Role::Analyst },
        ),
        (
            "subject",
            asked(1),
            person("ann", Role::Approver, &["ann"]),
            approve(&[0]),
            ASKED,
            Refusal::Subject { arn: arn("ann") },
        ),
        (
            "subject, by another name and as admin",
            asked(1),
            person("x", Role::Admin, &["eve", "ann"]),
            reject("no"),
            ASKED,
            Refusal::Subject { arn: arn("ann") },
        ),
        ("another plan", asked(1), approver("zoe"), other_plan(approve(&[0])), ASKED, Refusal::PlanChanged),
        (
            "rejection of another plan",
            asked(1),
            approver("zoe"),
            other_plan(reject("no")),
            ASKED,
            Refusal::PlanChanged,
        ),
        ("at the very moment it expires", asked(1), approver("zoe"), approve(&[0]), EXPIRES, expired()),
        ("later", asked(1), approver("zoe"), reject("no"), EXPIRES + 1, expired()),
        ("settled", settled.clone(), approver("yan"), approve(&[0]), ASKED, Refusal::Settled),
        (
            "settled, and the same ballot again",
            settled.clone(),
            approver("zoe"),
            approve(&[0]),
            ASKED,
            Refusal::Settled,
        ),
        ("settled, and late", settled, approver("yan"), approve(&[0]), EXPIRES, Refusal::Settled),
        (
            "superseded",
            with_outcome(Outcome::Superseded),
            approver("zoe"),
            approve(&[0]),
            ASKED,
            Refusal::Settled,
        ),
        (
            "expired by the workflow",
            with_outcome(Outcome::Expired { actions: vec![] }),
            approver("zoe"),
            approve(&[0]),
            ASKED,
            Refusal::Settled,
        ),
        ("the same person twice", half(approver("zoe")), approver("zoe"), approve(&[0]), ASKED, voted("zoe")),
        (
            "one person with two names",
            half(person("zoe", Role::Approver, &["zo"])),
            person("zoe-admin", Role::Admin, &["root", "zo"]),
            approve(&[0]),
            ASKED,
            voted("zoe-admin"),
        ),
        ("a change of mind", half(approver("zoe")), approver("zoe"), reject("oh"), ASKED, voted("zoe")),
        ("nothing approved", asked(1), approver("zoe"), approve(&[]), ASKED, Refusal::NotInPlan),
        ("a hash outside the plan", asked(1), approver("zoe"), forged, ASKED, Refusal::NotInPlan),
        ("one outside among others", asked(1), approver("zoe"), mixed, ASKED, Refusal::NotInPlan),
        ("no reason", asked(1), approver("zoe"), reject(" \n\t"), ASKED, Refusal::NoReason),
    ];
    for (case, before, who, ballot, when, expected) in table {
        let mut approval = before.clone();
        assert_eq!(approval.cast(&who, &ballot, at(when)), Err(expected), "{case}");
        assert_eq!(approval, before, "{case}: nothing changed");
    }
}

#[test]
fn what_all_approve_is_granted_in_plan_order() {
    for (first, second, granted) in [
        (vec![0, 1, 2], vec![2, 1, 0], vec![0, 1, 2]),
        (vec![2, 0], vec![1, 2], vec![2]),
        (vec![1, 1], vec![1], vec![1]),
    ] {
        let mut approval = asked(2);
        approval.cast(&approver("zoe"), &approve(&first), at(ASKED)).unwrap();
        assert_eq!(
            (&approval.outcome, approval.granted()),
            (&None, [].as_slice()),
            "one of two grants nothing"
        );
        approval.cast(&approver("yan"), &approve(&second), at(EXPIRES - 1)).unwrap();
        let by = vec!["zoe".to_owned(), "yan".to_owned()];
        assert_eq!(approval.outcome, Some(Outcome::Approved { actions: hashes(&granted), by }));
        assert_eq!(approval.granted(), hashes(&granted));
    }
}

#[test]
fn two_who_approve_nothing_in_common_approve_nothing() {
    let mut approval = asked(2);
    approval.cast(&approver("zoe"), &approve(&[0]), at(ASKED)).unwrap();
    let before = approval.clone();
    assert_eq!(approval.cast(&approver("yan"), &approve(&[1, 2]), at(ASKED)), Err(Refusal::NothingInCommon));
    assert_eq!(approval, before);
    approval.cast(&approver("yan"), &approve(&[0, 1]), at(ASKED)).unwrap();
    assert_eq!(approval.granted(), hashes(&[0]));
}

#[test]
fn who_becomes_a_subject_later_no_longer_counts() {
    let zoe = person("zoe", Role::Approver, &["zoe"]);
    let mut approval = asked(2);
    approval.cast(&zoe, &approve(&[0]), at(ASKED)).unwrap();
    approval.know_subjects(["arn:aws:iam::111122223333:user/zoe"]);
    assert!(approval.votes.is_empty(), "the vote that was cast is dropped");
    let refusal = approval.may_vote(&zoe, at(ASKED)).unwrap_err();
    assert_eq!(refusal, Refusal::Subject { arn: "arn:aws:iam::111122223333:user/zoe".into() });
    approval.know_subjects(["arn:aws:iam::111122223333:user/zoe"]);
    assert_eq!(approval.request.subjects.iter().filter(|s| s.ends_with("/zoe")).count(), 1);
}

#[test]
fn one_rejection_ends_the_request() {
    let rejected = Some(Outcome::Rejected { by: "yan".into(), reason: "it is a test".into() });
    let mut alone = asked(2);
    alone.cast(&approver("yan"), &reject("it is a test"), at(ASKED)).unwrap();
    assert_eq!(alone.outcome, rejected);

    let mut second = asked(2);
    second.cast(&approver("zoe"), &approve(&[0, 1, 2]), at(ASKED)).unwrap();
    second.cast(&approver("yan"), &reject("it is a test"), at(ASKED)).unwrap();
    assert_eq!((&second.outcome, second.granted()), (&rejected, [].as_slice()));
    assert_eq!(second.cast(&approver("xu"), &approve(&[0]), at(ASKED)), Err(Refusal::Settled));
}

fn any_person() -> impl Strategy<Value = Person> {
    let role = prop::sample::select(vec![Role::Viewer, Role::Analyst, Role::Approver, Role::Admin]);
    let principals = prop::collection::vec(prop::sample::select(vec!["ann", "p1", "p2", "p3"]), 0..3);
    (0..4u8, role, principals).prop_map(|(n, role, principals)| person(&format!("n{n}"), role, &principals))
}

fn any_ballot() -> impl Strategy<Value = Ballot> {
    prop_oneof![
        8 => prop::collection::vec(0..3usize, 0..4).prop_map(|places| approve(&places)),
        1 => "[ a]{0,2}".prop_map(|reason| reject(&reason)),
    ]
}

proptest! {
    /// Whatever is cast in whatever order: what is granted, enough different people approved who may, and not a subject.
    #[test]
    fn nothing_is_granted_without_enough_different_approvers(
        approvers in 1..4u8,
        casts in prop::collection::vec((any_person(), any_ballot(), ASKED..EXPIRES + 1000), 0..12),
    ) {
        let mut approval = asked(approvers);
        let mut counted: Vec<(Person, Ballot)> = Vec::new();
        for (who, ballot, when) in casts {
            if approval.cast(&who, &ballot, at(when)).is_ok() {
                prop_assert!(when < EXPIRES && who.role >= Role::Approver);
                prop_assert!(!who.principals.contains(&arn("ann")));
                counted.push((who, ballot));
            }
        }
        for (n, (a, _)) in counted.iter().enumerate() {
            for (b, _) in &counted[..n] {
                prop_assert!(a.name != b.name && a.principals.iter().all(|arn| !b.principals.contains(arn)));
            }
        }
        if !approval.granted().is_empty() {
            prop_assert!(counted.len() >= usize::from(approvers));
        }
        for hash in approval.granted() {
            for (_, ballot) in &counted {
                let Answer::Approve { actions } = &ballot.answer else { panic!("a rejection grants nothing") };
                prop_assert!(actions.contains(hash));
            }
        }
    }
}
