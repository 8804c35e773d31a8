//! A host that dies anywhere ends where one that never dies does.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::Value;

use crate::{
    host::{Crash, Host},
    workflows::{Scenario, load, scenarios},
};

fn check(scenario: &Scenario, crashes: &mut dyn Iterator<Item = Crash>) {
    let machine = load(scenario.machine);
    let mut calm = Host::start(&machine, scenario.input(), scenario.script());
    let expected = calm.run().clone();
    let mut host = Host::start(&machine, scenario.input(), scenario.script());
    assert_eq!(*host.run_crashing(crashes), expected, "{}", scenario.name);
    assert_eq!(sorted(host.visited()), sorted(calm.visited()), "{}", scenario.name);

    // What is asked again is the same to the letter, and each visit has a key of its own.
    let mut asked: BTreeMap<_, &Value> = BTreeMap::new();
    for task in &host.asked {
        assert_eq!(*asked.entry(&task.task).or_insert(&task.payload), &task.payload, "{}", scenario.name);
    }
    let keys: BTreeSet<String> = host.asked.iter().map(|task| task.payload["key"].to_string()).collect();
    let calm_keys: BTreeSet<String> = calm.asked.iter().map(|task| task.payload["key"].to_string()).collect();
    assert_eq!(keys.len(), calm_keys.len(), "{}", scenario.name);
}

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names
}

#[test]
fn dying_before_every_task_changes_nothing() {
    for scenario in scenarios() {
        check(&scenario, &mut std::iter::repeat(Crash::BeforeTask));
    }
}

#[test]
fn dying_after_every_task_once_changes_nothing() {
    for scenario in scenarios() {
        check(&scenario, &mut [Crash::AfterTask, Crash::No].into_iter().cycle());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]
    #[test]
    fn dying_anywhere_changes_nothing(
        which in 0..scenarios().len(),
        crashes in prop::collection::vec(
            prop_oneof![Just(Crash::No), Just(Crash::BeforeTask), Just(Crash::AfterTask)], 0..40),
    ) {
        check(&scenarios()[which], &mut crashes.into_iter());
    }
}
