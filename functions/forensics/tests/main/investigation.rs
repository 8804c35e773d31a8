//! What an investigation changes about its incident.

use agent::Write;
use domain::{
    Action, ActionState, Incident, Inventory, LastingCredential, Payload, Principal, ResourceKind, Status,
};
use forensics::Task;
use serde_json::json;

use crate::given::*;

fn before() -> Inventory {
    account(json!({
        "users": {"eve": {"inline_policies": {"p": allow(json!("sts:AssumeRole"), "*")}}, "gone": {}, "new": {}, "free": {}},
        "roles": {"web": {"max_session_seconds": 7200, "trust": trust(json!({"AWS": ACCOUNT}))}},
        "secrets": {"arn:secret:db": {"name": "db"}}
    }))
}

fn plan() -> Vec<Action> {
    ["eve", "gone", "new", "free"].map(|user| Action::RevokeIamUser { user: user.to_owned() }).to_vec()
}

fn investigate(
    account: &Inventory,
    incident: Incident,
    history: Vec<domain::Event>,
) -> (Option<Incident>, Vec<Payload>) {
    let decision =
        decide(&Task::Investigate { incident: "inc-1".into() }, evidence(account, incident, history));
    let written = decision.writes.into_iter().find_map(|w| match w {
        Write::Incident(incident) => Some(*incident),
        _ => None,
    });
    (written, decision.messages.into_iter().map(|m| m.payload).collect())
}

#[test]
fn void_actions_are_left_out_with_their_reason() {
    let mut now = before();
    let mut asked = planned(incident(vec![user("eve")]), &now, plan());
    asked.actions[0].state = ActionState::Planned;
    now.users.remove("gone");
    now.users.get_mut("new").unwrap().id = "AIDAother".to_owned();
    now.users.get_mut("free").unwrap().tags.insert("asoc:exempt".to_owned(), "true".to_owned());
    let (written, said) = investigate(&now, asked.clone(), vec![]);
    let written = written.unwrap();
    let states: Vec<_> = written.actions.iter().map(|r| (r.state, r.error.as_deref())).collect();
    assert_eq!(
        states,
        [
            (ActionState::Planned, None),
            (ActionState::LeftOut, Some("gone does not exist any more.")),
            (ActionState::LeftOut, Some("new is not as it was when this was planned: user id changed.")),
            (ActionState::LeftOut, Some("free is exempt (tag asoc:exempt).")),
        ]
    );
    assert_eq!((written.status, written.version, written.updated), (Status::Responding, 5, at(60)));
    assert_eq!(written.receipt.reached["investigated"], at(60));
    let kinds: Vec<_> = said.iter().map(Payload::kind).collect();
    assert_eq!(kinds, ["BLAST_RADIUS_UPDATE", "ACTION_UPDATE", "ACTION_UPDATE", "ACTION_UPDATE", "INCIDENT"]);

    // Whatever is not only planned any more is none of its business.
    asked.actions[1].state = ActionState::Failed;
    let (written, _) = investigate(&now, asked, vec![]);
    assert_eq!(written.unwrap().actions[1].state, ActionState::Failed);
}

#[test]
fn a_closed_incident_is_only_drawn() {
    let mut closed = incident(vec![user("eve")]);
    closed.status = Status::Rejected;
    assert!(investigate(&before(), closed, vec![]).0.is_none());
}

#[test]
fn the_receipt_says_how_long_credentials_live_and_what_is_lost() {
    let eve = user("eve");
    let assumed = |id: &str, minutes, role: &str| {
        let mut event = event(id, at(minutes), "sts:AssumeRole", &eve, ATTACKER);
        event.resources = vec![thing(ResourceKind::Role, &arn("role", role))];
        event
    };
    let mut read = event("e2", at(2), "secretsmanager:GetSecretValue", &eve, ATTACKER);
    read.resources = vec![thing(ResourceKind::Secret, "arn:secret:db")];
    let mut asked = planned(incident(vec![eve.clone()]), &before(), vec![]);
    asked.origins = vec![ATTACKER.to_owned()];
    let (written, _) = investigate(&before(), asked.clone(), vec![assumed("e1", 1, "web"), read]);
    let receipt = written.unwrap().receipt;
    assert_eq!(receipt.credential_alive_until, [(arn("role", "web"), at(121))].into());
    assert_eq!(
        receipt.notes,
        [
            "Still within reach after the whole plan: db.",
            "The attacker has a session of role web, and no action of the plan is about it.",
            "The secret db was read; change its value, as no action takes it back.",
            "eve is in the attacker's hands, has no end of its own, and no action of the plan cuts it off.",
        ]
    );
    let eve_for_good = LastingCredential { user: arn("user", "eve"), access_key: None };
    assert_eq!(receipt.credentials_without_end, [eve_for_good].into());

    let mut by_record = assumed("e1", 1, "web");
    by_record.raw = json!({"responseElements": {"credentials": {"expiration": at(90).to_string()}}});
    let (written, _) = investigate(&before(), asked.clone(), vec![by_record]);
    assert_eq!(written.unwrap().receipt.credential_alive_until, [(arn("role", "web"), at(90))].into());

    let (written, _) = investigate(&before(), asked, vec![assumed("e1", -100, "web")]);
    assert!(written.unwrap().receipt.credential_alive_until.is_empty(), "that session has ended");
}

#[test]
fn a_key_that_was_made_is_held_until_it_is_off() {
    let account = |status: &str| {
        account(json!({"users": {"eve": {}, "ann": {"access_keys": {
            "AKIAMADE": {"status": status}, "AKIAOWN": {"status": "Active"}}}}}))
    };
    let mut made = event("e1", at(1), "iam:CreateAccessKey", &user("eve"), ATTACKER);
    made.raw = json!({"requestParameters": {"userName": "ann"},
                      "responseElements": {"accessKey": {"userName": "ann", "accessKeyId": "AKIAMADE"}}});
    let by_key = |key: &str| {
        let ann = Principal { access_key: Some(key.to_owned()), ..user("ann") };
        event("e2", at(2), "s3:GetObject", &ann, ATTACKER)
    };
    let mut signed_in = event("e3", at(3), "iam:CreateLoginProfile", &user("eve"), ATTACKER);
    signed_in.raw = json!({"requestParameters": {"userName": "ann"}});

    let key = Action::DeactivateAccessKey { user: "ann".to_owned(), access_key: "AKIAMADE".to_owned() };
    let revoke = |user: &str| Action::RevokeIamUser { user: user.to_owned() };
    let (one, whole) = (vec![revoke("eve"), key.clone()], vec![revoke("eve"), revoke("ann")]);
    for (name, status, actions, history, held, noted) in [
        ("planned", "Active", &one, vec![made.clone()], Some("AKIAMADE"), false),
        ("not planned", "Active", &vec![revoke("eve")], vec![made.clone()], Some("AKIAMADE"), true),
        ("in use", "Active", &one, vec![made.clone(), by_key("AKIAMADE")], Some("AKIAMADE"), false),
        ("off already", "Inactive", &vec![revoke("eve")], vec![made.clone()], None, false),
        ("another key of hers, too", "Active", &one, vec![made.clone(), by_key("AKIAOWN")], Some(""), true),
        ("a password, too", "Active", &one, vec![made.clone(), signed_in.clone()], Some(""), true),
        ("all of her", "Active", &whole, vec![made.clone(), signed_in], Some(""), false),
    ] {
        let now = account(status);
        let mut asked = planned(incident(vec![user("eve")]), &now, actions.clone());
        asked.origins = vec![ATTACKER.to_owned()];
        let receipt = investigate(&now, asked, history).0.unwrap().receipt;
        let of_ann = receipt.credentials_without_end.iter().find(|c| c.user == arn("user", "ann"));
        let of_ann = of_ann.map(|c| c.access_key.as_deref().unwrap_or_default());
        assert_eq!(of_ann, held, "{name}");
        let notes = receipt.notes.iter().filter(|n| n.contains("ann") && n.contains("no end of its own"));
        assert_eq!(notes.count(), usize::from(noted), "{name}: {:?}", receipt.notes);
    }
}
