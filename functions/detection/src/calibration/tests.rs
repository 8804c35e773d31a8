use domain::{Risk, Time};

use super::*;
use crate::weights::Levels;

fn weights() -> Weights {
    Weights::parse(include_str!("../../../../policies/risk/weights.yaml")).unwrap()
}

/// A finding of a level, with a stage's points and a refusal's.
fn finding(level: Level, stage: i32, failed: i32) -> Finding {
    let part = |name: &str, points: i32| Contribution { name: name.into(), points, why: String::new() };
    let mut contributions = vec![part("rule level", weights().level(level))];
    contributions.extend((stage != 0).then(|| part("ATT&CK stage", stage)));
    contributions.extend((failed != 0).then(|| part("failed attempt", failed)));
    Finding {
        id: "f".into(),
        rule: "r".into(),
        title: String::new(),
        description: String::new(),
        level,
        risk: Risk::of(&contributions),
        contributions,
        attack: vec![],
        playbook: None,
        event: "e".into(),
        time: Time::from_millis(0),
        operation: String::new(),
        actor: None,
        origin: None,
        account: None,
        resources: vec![],
        matched: vec![],
        false_positives: vec![],
        opinion: None,
        drill: false,
    }
}

fn of(items: Vec<(bool, Vec<Finding>)>) -> Calibration {
    Calibration::of(items.into_iter(), weights())
}

#[test]
fn measures_are_those_of_the_textbook() {
    use Level::{High, Low, Medium};
    let calibration = of(vec![
        (true, vec![finding(High, 10, 0), finding(Low, 0, 0)]), // 65
        (true, vec![finding(Medium, 0, 0)]),                    // 35
        (false, vec![finding(Medium, 0, 0)]),                   // 35
        (false, vec![finding(Low, 0, -15)]),                    // 0
        (false, vec![]),                                        // 0
    ]);
    let report = calibration.report(&weights());
    assert_eq!((report.malicious, report.benign), (2, 3));
    // Six pairs: five won, one tied.
    assert_eq!(report.auc, Some(5.5 / 6.0));
    let at = |risk: u8| report.thresholds.iter().find(|t| t.risk == risk).unwrap();
    assert_eq!((at(0).precision, at(0).recall), (Some(0.4), Some(1.0)));
    assert_eq!((at(35).precision, at(35).recall), (Some(2.0 / 3.0), Some(1.0)));
    assert_eq!((at(40).precision, at(40).recall), (Some(1.0), Some(0.5)));
    assert_eq!((at(70).precision, at(70).recall), (None, Some(0.0)));
    assert_eq!(report.thresholds.len(), 21);
    let bands: Vec<_> = report.reliability.iter().map(|b| (b.from, b.to, b.items, b.malicious)).collect();
    assert_eq!((bands[0], bands[3]), ((0, 9, 2, Some(0.0)), (30, 39, 2, Some(0.5))));
    assert_eq!((bands[6], bands[9]), ((60, 69, 1, Some(1.0)), (90, 100, 0, None)));
    assert_eq!(report.parts["ATT&CK stage"], Measure { malicious: 10.0 / 3.0, benign: 0.0 });
    assert_eq!(report.parts["failed attempt"], Measure { malicious: 0.0, benign: -7.5 });
}

#[test]
fn one_label_alone_measures_nothing_and_fits_nothing() {
    let calibration = of(vec![(true, vec![finding(Level::High, 0, 0)])]);
    let report = calibration.report(&weights());
    assert_eq!((report.auc, report.thresholds[0].recall), (None, Some(1.0)));
    assert_eq!(calibration.fit(), weights());
    assert_eq!(of(vec![]).fit(), weights());
}

/// Attacks at low levels and late stages, everyday work at high levels: what is proposed does better, and stays in bounds.
#[test]
fn fitting_helps_and_keeps_the_bounds() {
    use Level::{High, Informational, Low, Medium};
    let mut items = Vec::new();
    for n in 0..40 {
        items.push((true, vec![finding(if n % 4 == 0 { Medium } else { High }, 15, 0)]));
        items.push((
            false,
            vec![finding(if n % 3 == 0 { Medium } else { Low }, 0, if n % 2 == 0 { -15 } else { 0 })],
        ));
        items.push((false, vec![finding(Informational, 5, 0)]));
    }
    let calibration = of(items);
    let (before, fitted) = (weights(), calibration.fit());
    assert_ne!(fitted, before);
    fitted.check().unwrap();
    let auc = |weights: &Weights| calibration.report(weights).auc.unwrap();
    assert!(auc(&fitted) >= auc(&before), "{} {}", auc(&fitted), auc(&before));
    let levels = |w: &Weights| {
        let Levels { informational, low, medium, high, critical } = w.level;
        [informational, low, medium, high, critical]
    };
    assert!(levels(&fitted).is_sorted());
    assert!(levels(&fitted).iter().zip(levels(&before)).all(|(a, b)| (a - b).abs() <= 15));
    assert!(fitted.failed < 0 && fitted.failed >= before.failed * 3 / 2 - 1 && fitted.service < 0);
    for (tactic, points) in &fitted.stage {
        let was = before.stage[tactic];
        assert!(points.signum() == was.signum() && *points <= was * 3 / 2 + 1, "{tactic} {points}");
    }
    assert_eq!(calibration.fit(), fitted, "the same data propose the same");
}

#[test]
fn a_report_by_other_weights_scores_anew() {
    let calibration =
        of(vec![(true, vec![finding(Level::High, 10, 0)]), (false, vec![finding(Level::High, 0, 0)])]);
    let mut flat = weights();
    flat.stage.values_mut().for_each(|points| *points = 0);
    assert_eq!(calibration.report(&weights()).auc, Some(1.0));
    assert_eq!(calibration.report(&flat).auc, Some(0.5));
}
