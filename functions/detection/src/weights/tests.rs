use super::*;

const BUILT_IN: &str = include_str!("../../../../policies/risk/weights.yaml");

#[test]
fn the_built_in_weights_load_and_survive_being_written() {
    let weights = Weights::parse(BUILT_IN).unwrap();
    assert_eq!((weights.level(Level::Critical), weights.stage("impact"), weights.stage("none")), (75, 15, 0));
    assert_eq!(Weights::parse(&yaml_serde::to_string(&weights).unwrap()).unwrap(), weights);
}

#[test]
fn faulty_weights_are_refused_with_the_reason() {
    for (from, to, reason) in [
        ("high: 55", "high: 30", "level: points must rise"),
        ("informational: 5", "informational: -5", "level: points must be 0 to 100"),
        ("critical: 75", "critical: 175", "level: points must be 0 to 100"),
        ("  impact: 15", "  mischief: 15", "stage: mischief is not a tactic"),
        ("  impact: 15\n", "", "stage: impact is missing"),
        ("failed: -15", "failed: 15", "failed: points must be -100 to 0"),
        ("service: -20", "service: -200", "service: points must be -100 to 0"),
        ("intelligence: 15", "intelligence: -1", "intelligence: points must be 0 to 100"),
        ("intelligence: 15", "intelligence: much", "form of weights"),
        ("intelligence: 15", "", "form of weights"),
        ("intelligence: 15", "intelligence: 15\nluck: 1", "form of weights"),
        ("most: 15, from: 30", "most: 21, from: 30", "at most 20"),
        ("from: 30, to: 85", "from: 86, to: 85", "from..to"),
        ("crown_jewel: 15", "crown_jewel: -15", "worth: points must be 0 to 100"),
    ] {
        assert!(BUILT_IN.contains(from), "{from}");
        let error = Weights::parse(&BUILT_IN.replacen(from, to, 1)).unwrap_err();
        assert!(format!("{error:#}").contains(reason), "{from} -> {to}: {error:#}");
    }
    assert!(Weights::parse("").is_err() && Weights::parse("[1]").is_err());
}
