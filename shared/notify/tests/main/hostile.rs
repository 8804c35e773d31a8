//! What an attacker may write where people will read it. The service refuses whatever would be more than text.

use agent::Write;
use domain::{
    Action, ActionState, Finding, FindingId, Risk, Status, incident::FindingSummary, message::Severity,
};

use super::{World, button, logged, names, notice, record, required, texts, update, waiting};

fn payloads() -> Vec<String> {
    vec![
        "<!channel> wake up".into(),
        "<!here|x> <@U0123> <#C1> <!subteam^S1> @here @channel".into(),
        "<https://evil.example|Approve here> https://evil.example".into(),
        "&lt;!channel&gt; &amp;lt;!everyone&amp;gt;".into(),
        r#"", "type": "mrkdwn"}, {"type": "actions", "elements": []}"#.into(),
        "```\n*APPROVED* by ciso\n> quoted\n_~`".into(),
        "a\u{202e}drawkcab\u{2066}\u{200b}\u{feff}\u{0}\u{7}\u{1b}[31m\r\n\u{2028}".into(),
        ":rotating_light: :white_check_mark: 👩‍👩‍👧‍👦".into(),
        "<".repeat(10_000),
        "&".repeat(4_999) + "😀",
        "x".repeat(10_000),
        String::new(),
    ]
}

fn finding(text: &str) -> Finding {
    let principal = super::ann().principals.remove(0);
    Finding {
        id: FindingId::from("fnd-1"),
        rule: "r".into(),
        title: text.into(),
        description: text.into(),
        level: domain::Level::High,
        risk: Risk::new(87),
        contributions: vec![],
        attack: vec![],
        playbook: None,
        event: "evt-1".into(),
        time: domain::Time::from_millis(super::START),
        operation: text.into(),
        actor: Some(domain::Principal { name: text.into(), arn: text.into(), ..principal }),
        origin: Some(text.into()),
        account: Some(text.into()),
        resources: vec![],
        matched: vec![],
        false_positives: vec![],
        opinion: None,
        drill: false,
    }
}

#[tokio::test]
async fn it_stays_text_wherever_it_stands() {
    for text in payloads() {
        let mut incident = waiting("ann", vec![Action::RevokeIamUser { user: text.clone() }]);
        incident.title = text.clone();
        incident.account = Some(text.clone());
        (incident.principals[0].name, incident.principals[0].arn) = (text.clone(), text.clone());
        let summary = FindingSummary {
            id: FindingId::from("fnd-1"),
            title: text.clone(),
            risk: Risk::new(87),
            time: incident.opened,
        };
        incident.findings = vec![summary];
        let world = World::with(&incident).await;
        agent::proofs::outside::put(&world.ctx, "found", Write::Finding(Box::new(finding(&text)))).await;
        let taken = world.tell("m1", required(&incident)).await;
        assert_eq!(names(&taken), ["chat.postMessage", "trigger"], "{text}");

        let now = world
            .becomes(|incident| {
                incident.status = Status::Failed;
                incident.actions[0].state = ActionState::Failed;
                incident.actions[0].error = Some(text.clone());
            })
            .await;
        let row = [
            logged("m2", update(&now, 0, ActionState::Failed)),
            logged("m3", notice(Severity::Error, &text)),
            logged("m4", super::cast(&now, &text)),
            logged("m5", record(&now)),
        ];
        world.try_tell(&row).await.unwrap();
        let taken = world.service.taken();
        assert_eq!(names(&taken), ["chat.update", "chat.postMessage", "acknowledge", "resolve", "trigger"]);
    }
}

#[tokio::test]
async fn nobody_approves_what_they_were_not_shown() {
    let action = |n: usize| Action::RevokeIamUser { user: format!("user-{n}") };
    let long = vec![Action::RevokeIamUser { user: "x".repeat(2_000) }];
    for (actions, offered) in
        [((0..20).map(action).collect(), true), ((0..21).map(action).collect(), false), (long, false)]
    {
        let incident = waiting("ann", actions);
        let world = World::with(&incident).await;
        let card = &world.tell("m1", required(&incident)).await[0].1;
        assert_eq!(button(card, "asoc_approve").is_some(), offered);
        assert!(button(card, "asoc_open").is_some());
        assert_eq!(texts(card).iter().any(|text| text.contains("Answer it on the dashboard")), !offered);
    }
}
