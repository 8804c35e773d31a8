use domain::{
    Action, Event, EventOutcome, Finding, IncidentId, Inventory, Principal, PrincipalKind, Resource,
    action::EXEMPT_TAG,
};
use proptest::prelude::*;

use super::fixture::{
    ACCOUNT, TRAIL, WEB_1, WEB_2, account, arn, assumed, at, bucket, finding, instance, key_made, on,
    password_set, plan, playbooks, role, trail, user,
};
use crate::{
    Acts, Ground, Playbooks,
    proposal::{self, Proposal},
};

fn draft(findings: &[Finding]) -> Proposal {
    drafted(findings, Acts::default())
}

fn drafted(findings: &[Finding], acts: Acts) -> Proposal {
    let ground = Ground { findings: findings.to_vec(), account: with_trail(), acts };
    proposal::draft(&IncidentId::from("inc-1"), findings, &playbooks(), &ground)
}

/// The account, in which the trail exists whatever the shop's file says.
fn with_trail() -> Inventory {
    let mut account = account();
    account.trails.entry(TRAIL.to_owned()).or_default();
    for name in ["lumen-books-orders", "lumen-books-exports"] {
        account.buckets.entry(name.to_owned()).or_default();
    }
    account
}

#[test]
fn findings_and_their_plans() {
    let from = |origin: &str, finding: Finding| Finding { origin: Some(origin.to_owned()), ..finding };
    let of_account = |id: &str, finding: Finding| Finding { account: Some(id.to_owned()), ..finding };
    let stolen = |session| finding("f", "compromised-instance", Some(role("web-app", session)), 0);
    let hostile = |origin| on([instance(WEB_1)], from(origin, finding("f", "hostile-address", None, 0)));
    let foreign =
        Principal { arn: "arn:aws:iam::999999999999:user/maya.ortiz".to_owned(), ..user("maya.ortiz") };
    let service = Principal { kind: PrincipalKind::Service, ..user("ci-deploy") };

    let cases: Vec<(&str, Vec<Finding>, Vec<&str>, usize)> = vec![
        ("nothing answers it", vec![finding("f", "", Some(user("ci-deploy")), 0)], vec![], 0),
        ("an unknown playbook", vec![finding("f", "nosuch", Some(user("ci-deploy")), 0)], vec![], 1),
        (
            "a user",
            vec![finding("f", "compromised-user", Some(user("ci-deploy")), 0)],
            vec!["revoke_iam_user ci-deploy"],
            0,
        ),
        ("a user that is gone", vec![finding("f", "compromised-user", Some(user("nobody")), 0)], vec![], 1),
        ("an exempt user", vec![finding("f", "compromised-user", Some(user("break-glass")), 0)], vec![], 1),
        ("another account's user", vec![finding("f", "compromised-user", Some(foreign), 0)], vec![], 0),
        (
            "a finding of another account",
            vec![of_account("999999999999", finding("f", "compromised-user", Some(user("ci-deploy")), 0))],
            vec![],
            0,
        ),
        ("a service", vec![finding("f", "compromised-user", Some(service), 0)], vec![], 0),
        (
            "a role that AWS manages",
            vec![finding(
                "f",
                "compromised-role",
                Some(role("AWSReservedSSO_Support_0123456789abcdef", "ann")),
                0,
            )],
            vec![],
            1,
        ),
        (
            "an instance's credentials",
            vec![stolen(WEB_1)],
            vec![
                "snapshot_volumes i-0a1b2c3d4e5f60001",
                "isolate_instance i-0a1b2c3d4e5f60001",
                "revoke_role_sessions web-app",
            ],
            0,
        ),
        // Whoever assumes a role names the session.
        (
            "a session named after an instance that has no such role",
            vec![stolen("i-0a1b2c3d4e5f60004")],
            vec!["revoke_role_sessions web-app"],
            0,
        ),
        (
            "a session of another role named after an instance",
            vec![finding("f", "compromised-instance", Some(role("deploy", WEB_1)), 0)],
            vec!["revoke_role_sessions deploy"],
            0,
        ),
        ("any other session", vec![stolen("ann@example.com")], vec!["revoke_role_sessions web-app"], 0),
        (
            "a hostile address",
            vec![hostile("203.0.113.66")],
            vec!["block_ip acl-0ac10000000000prv1", "block_ip acl-0ac10000000000pub1"],
            0,
        ),
        ("a private address", vec![hostile("10.0.2.41")], vec![], 0),
        ("one's own address", vec![hostile("192.0.2.10")], vec![], 0),
        ("a service's host name", vec![hostile("cloudformation.amazonaws.com")], vec![], 0),
        (
            "an address, and no instance",
            vec![finding("f", "hostile-address", Some(user("ci-deploy")), 0)],
            vec![],
            0,
        ),
        (
            "a bucket, and one of someone else",
            vec![on(
                [bucket("lumen-books-orders"), bucket("someone-elses")],
                finding("f", "public-bucket", Some(user("maya.ortiz")), 0),
            )],
            vec!["block_public_access lumen-books-orders"],
            1,
        ),
        (
            "a trail first, who stopped it after",
            vec![on([trail()], finding("f", "trail-stopped", Some(user("ci-deploy")), 0))],
            vec!["restart_trail org-trail", "revoke_iam_user ci-deploy"],
            0,
        ),
        (
            "several findings, each action once, users before roles",
            vec![
                finding("f1", "compromised-role", Some(role("deploy", "x")), 0),
                finding("f2", "compromised-user", Some(user("ci-deploy")), 1),
                finding("f3", "compromised-user", Some(user("ci-deploy")), 2),
                on([trail()], finding("f4", "trail-stopped", Some(role("deploy", "x")), 3)),
            ],
            vec!["restart_trail org-trail", "revoke_iam_user ci-deploy", "revoke_role_sessions deploy"],
            0,
        ),
    ];
    for (name, findings, expected, left_out) in cases {
        let proposal = draft(&findings);
        assert_eq!(plan(&proposal.actions), expected, "{name}");
        assert_eq!(proposal.left_out.len(), left_out, "{name}: {:?}", proposal.left_out);
    }
}

#[test]
fn people_are_told_what_is_left_out_and_why_it_is_proposed() {
    let findings =
        ["break-glass", "ci-deploy"].map(|name| finding(name, "compromised-user", Some(user(name)), 0));
    let proposal = draft(&findings);
    assert!(proposal.left_out[0].contains("break-glass") && proposal.left_out[0].contains("exempt"));
    assert_eq!(proposal.actions[0].why, "Title of ci-deploy: its credentials are used by somebody else");
    assert_eq!(proposal.actions[0].target.arn, "arn:aws:iam::111122223333:user/ci-deploy");
}

#[test]
fn what_was_obtained_is_part_of_the_plan() {
    let leak = finding("leak", "compromised-user", Some(user("ci-deploy")), 0);
    let maya_key = "AKIAIOSFODNNMAYAORTZ";
    let deploy = || assumed("assumed", &arn("role", "deploy"), "ASIADEPLOY");
    let made = || key_made("made", "maya.ortiz", Some(maya_key));
    let by = |actor: Principal, event: Event| Event { actor: Some(actor), ..event };
    let at_time = |seconds, event: Event| Event { time: at(seconds), ..event };
    let in_session = |key: &str| Principal { access_key: Some(key.to_owned()), ..role("deploy", "s") };
    let failed = Event { outcome: EventOutcome::Failure("AccessDenied".to_owned()), ..deploy() };
    let sso = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Support_0123456789abcdef";
    let user_line = "revoke_iam_user ci-deploy";
    let cases: Vec<(&str, Vec<Event>, Vec<&str>, usize)> = vec![
        ("a role", vec![deploy()], vec![user_line, "revoke_role_sessions deploy"], 0),
        (
            "a key before a role, each once",
            vec![deploy(), made(), at_time(9, deploy()), at_time(9, made())],
            vec![user_line, "deactivate_access_key maya.ortiz", "revoke_role_sessions deploy"],
            0,
        ),
        (
            "a key of the user who goes anyway",
            vec![key_made("m", "ci-deploy", Some("AKIAIOSFODNNCIDEPLOY"))],
            vec![user_line],
            0,
        ),
        ("a key that is gone", vec![key_made("m", "maya.ortiz", Some("AKIAGONE"))], vec![user_line], 1),
        ("a key that the record does not name", vec![key_made("m", "maya.ortiz", None)], vec![user_line], 1),
        ("a password", vec![password_set("p", "maya.ortiz")], vec![user_line], 1),
        ("a password of the user who goes anyway", vec![password_set("p", "ci-deploy")], vec![user_line], 0),
        ("an exempt user's key", vec![key_made("m", "break-glass", Some("AKIAGLASS"))], vec![user_line], 1),
        ("an exempt role", vec![assumed("a", &arn("role", "asoc-response"), "ASIAX")], vec![user_line], 1),
        ("a role of Identity Center", vec![assumed("a", sso, "ASIAX")], vec![user_line], 1),
        (
            "a role of another account",
            vec![assumed("a", "arn:aws:iam::999999999999:role/deploy", "ASIAX")],
            vec![user_line],
            1,
        ),
        ("a refused call", vec![failed], vec![user_line], 0),
        ("before the incident began", vec![at_time(-1, deploy())], vec![user_line], 0),
        ("somebody else, from the same address", vec![by(user("tom.reyes"), deploy())], vec![user_line], 0),
        (
            "a service",
            vec![by(Principal { kind: PrincipalKind::Service, ..user("ci-deploy") }, deploy())],
            vec![user_line],
            0,
        ),
        (
            "with what was obtained",
            vec![deploy(), by(in_session("ASIADEPLOY"), at_time(9, made()))],
            vec![user_line, "deactivate_access_key maya.ortiz", "revoke_role_sessions deploy"],
            0,
        ),
        (
            "with another session of the same role",
            vec![deploy(), by(in_session("ASIAOTHER"), at_time(9, made()))],
            vec![user_line, "revoke_role_sessions deploy"],
            0,
        ),
    ];
    for (name, events, expected, left_out) in cases {
        let proposal = drafted(std::slice::from_ref(&leak), Acts { events, is_cut: false });
        assert_eq!(plan(&proposal.actions), expected, "{name}");
        assert_eq!(proposal.left_out.len(), left_out, "{name}: {:?}", proposal.left_out);
    }

    let proposal =
        drafted(std::slice::from_ref(&leak), Acts { events: vec![deploy(), made()], is_cut: true });
    let whys: Vec<_> = proposal.actions.iter().skip(1).map(|a| a.why.split(": ").next().unwrap()).collect();
    assert_eq!(
        whys,
        [
            "ci-deploy made an access key for maya.ortiz at 6 Jan 2026, 10:00:05 UTC",
            "ci-deploy assumed role deploy at 6 Jan 2026, 10:00:05 UTC"
        ]
    );
    assert_eq!(proposal.left_out.len(), 1, "that not all was looked at is said");
}

/// A team may go further, or not so far.
#[test]
fn the_playbook_says_what_becomes_of_what_was_obtained() {
    let entry = |entries: &str| {
        let text = format!(
            "name: p\nabout: a\nactions:\n  - {{ do: restart_trail, on: [resources], why: w }}\n{entries}"
        );
        Playbooks::load(&[("p.yaml".to_owned(), text)]).unwrap()
    };
    let leak = finding("leak", "p", Some(user("ci-deploy")), 0);
    let events =
        vec![key_made("m", "maya.ortiz", Some("AKIAIOSFODNNMAYAORTZ")), password_set("p", "maya.ortiz")];
    for (entries, expected, left_out) in [
        ("", vec![], 1),
        ("  - { do: revoke_iam_user, on: [obtained], why: w }\n", vec!["revoke_iam_user maya.ortiz"], 0),
    ] {
        let acts = Acts { events: events.clone(), is_cut: false };
        let ground = Ground { findings: vec![leak.clone()], account: account(), acts };
        let proposal =
            proposal::draft(&IncidentId::from("inc-1"), &ground.findings, &entry(entries), &ground);
        assert_eq!(plan(&proposal.actions), expected as Vec<&str>, "{entries}");
        assert_eq!(proposal.left_out.len(), left_out, "{entries}");
    }
}

fn any_principal() -> impl Strategy<Value = Principal> {
    let names = ["ci-deploy", "maya.ortiz", "break-glass", "nobody", "web-app", "deploy", "asoc-response"];
    let sessions = [WEB_1, WEB_2, "i-0a1b2c3d4e5f60004", "ann", ""];
    (0..names.len(), 0..sessions.len(), any::<bool>(), ".{0,20}").prop_map(
        move |(name, session, is_user, noise)| {
            let principal = if is_user { user(names[name]) } else { role(names[name], sessions[session]) };
            if name == 0 { Principal { arn: noise, ..principal } } else { principal }
        },
    )
}

fn any_resource() -> impl Strategy<Value = Resource> {
    prop_oneof![
        Just(instance(WEB_1)),
        Just(instance(WEB_2)),
        Just(instance("i-0a1b2c3d4e5f6dead")),
        Just(bucket("lumen-books-orders")),
        Just(bucket("lumen-books-exports")),
        Just(trail()),
        ".{0,30}".prop_map(|arn| Resource { arn, ..instance(WEB_1) }),
        ".{0,30}".prop_map(|name| bucket(&name)),
    ]
}

fn any_finding() -> impl Strategy<Value = Finding> {
    let names: Vec<String> =
        playbooks().iter().map(|p| p.name.clone()).chain(["nosuch".to_owned()]).collect();
    (
        0..names.len(),
        proptest::option::of(any_principal()),
        proptest::collection::vec(any_resource(), 0..4),
        prop_oneof![Just("203.0.113.66".to_owned()), Just("10.0.0.1".to_owned()), ".{0,20}"],
    )
        .prop_map(move |(playbook, actor, resources, origin)| Finding {
            origin: Some(origin),
            ..on(resources, finding("f", &names[playbook], actor, 0))
        })
}

fn any_acts() -> impl Strategy<Value = Acts> {
    let act =
        (0..6usize, any_principal(), ".{0,20}", -5i64..50).prop_map(|(which, actor, noise, seconds)| {
            let by = |event: Event| Event { actor: Some(actor.clone()), time: at(seconds), ..event };
            by(match which {
                0 => assumed(&noise, &arn("role", "deploy"), "ASIAX"),
                1 => assumed("2", &noise, &noise),
                2 => key_made("3", "maya.ortiz", Some("AKIAIOSFODNNMAYAORTZ")),
                3 => key_made("4", &noise, Some(&noise)),
                4 => key_made("5", "break-glass", None),
                _ => password_set("6", "maya.ortiz"),
            })
        });
    (proptest::collection::vec(act, 0..5), any::<bool>()).prop_map(|(events, is_cut)| Acts { events, is_cut })
}

/// The account in which some things have become exempt.
fn any_account() -> impl Strategy<Value = Inventory> {
    proptest::collection::vec(any::<bool>(), 4).prop_map(|exempt| {
        let mut account = with_trail();
        let mark = |place: usize, tags: &mut domain::account::Tags| {
            if exempt[place] {
                tags.insert(EXEMPT_TAG.to_owned(), "true".to_owned());
            }
        };
        mark(0, &mut account.users.get_mut("maya.ortiz").unwrap().tags);
        mark(1, &mut account.roles.get_mut("web-app").unwrap().tags);
        mark(2, &mut account.instances.get_mut(WEB_1).unwrap().tags);
        mark(3, &mut account.buckets.get_mut("lumen-books-orders").unwrap().tags);
        account
    })
}

fn is_exempt(action: &Action, account: &Inventory) -> bool {
    let facts = domain::action::preconditions(action, account).expect("the target exists");
    facts.get("exempt").is_some_and(|exempt| exempt == true)
}

proptest! {
    #[test]
    fn a_draft_is_deterministic_and_touches_only_what_exists_and_may_be_touched(
        findings in proptest::collection::vec(any_finding(), 0..5),
        account in any_account(),
        acts in any_acts(),
    ) {
        let id = IncidentId::from("inc-1");
        let ground = Ground { findings: findings.clone(), account: account.clone(), acts };
        let proposal = proposal::draft(&id, &findings, &playbooks(), &ground);
        prop_assert_eq!(&proposal, &proposal::draft(&id, &findings, &playbooks(), &ground));
        let revoked: Vec<_> = proposal.actions.iter().filter(|a| a.action.kind() == "revoke_iam_user").collect();
        let mut ids = Vec::new();
        for planned in &proposal.actions {
            prop_assert!(planned.is_intact());
            prop_assert!(!is_exempt(&planned.action, &account), "{}", planned.does);
            prop_assert!(planned.target.arn.starts_with("arn:aws:"), "{}", planned.target.arn);
            prop_assert!(planned.target.arn.contains(ACCOUNT) || planned.target.arn.starts_with("arn:aws:s3:::"));
            let is_redundant = planned.action.kind() == "deactivate_access_key"
                && revoked.iter().any(|revoked| revoked.target.arn == planned.target.arn);
            prop_assert!(!is_redundant, "{}", planned.does);
            ids.push(&planned.id);
        }
        ids.sort();
        ids.dedup();
        prop_assert_eq!(ids.len(), proposal.actions.len(), "each action once");

        let mut reversed = findings.clone();
        reversed.reverse();
        let ground = Ground { findings: reversed.clone(), ..ground };
        let again = proposal::draft(&id, &reversed, &playbooks(), &ground);
        prop_assert_eq!(plan(&proposal.actions), plan(&again.actions), "the order of findings does not matter");
    }
}
