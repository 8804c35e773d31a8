//! The bounds of a risk.

use domain::{Contribution, Risk};
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_risk_is_held_to_its_range(points in any::<i64>(), parts in prop::collection::vec(any::<i32>(), 0..9)) {
        prop_assert_eq!(i64::from(Risk::new(points).points()), points.clamp(0, 100));
        let parts: Vec<_> = parts
            .into_iter()
            .map(|points| Contribution { name: String::new(), points, why: String::new() })
            .collect();
        let sum: i64 = parts.iter().map(|c| i64::from(c.points)).sum();
        prop_assert_eq!(Risk::of(&parts), Risk::new(sum));
        prop_assert!((0.0..=1.0).contains(&Risk::of(&parts).score()));
    }
}

#[test]
fn only_0_to_100_is_read() {
    for points in 0..=100u8 {
        let read: Risk = serde_json::from_str(&points.to_string()).unwrap();
        assert_eq!(read, Risk::new(points.into()));
        assert_eq!(serde_json::to_string(&read).unwrap(), points.to_string());
    }
    for wrong in ["101", "256", "-1", "50.5", "\"50\"", "null"] {
        assert!(serde_json::from_str::<Risk>(wrong).is_err(), "{wrong}");
    }
}
