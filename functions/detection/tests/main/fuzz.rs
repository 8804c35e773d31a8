//! Any bytes in the files that people write: they are read or refused, and nothing panics.

use std::fs;

use detection::{Indicators, Weights};

use crate::{now, project};

/// A text in which the bytes change a few places: where, how much goes, what comes.
fn changed(text: &str, bytes: &[u8]) -> String {
    let mut changed = text.as_bytes().to_vec();
    for change in bytes.chunks(8) {
        let [high, low, gone, new @ ..] = change else { break };
        let from = usize::from(u16::from_be_bytes([*high, *low])) % (changed.len() + 1);
        let to = changed.len().min(from + usize::from(*gone % 16));
        changed.splice(from..to, new.iter().copied());
    }
    String::from_utf8_lossy(&changed).into_owned()
}

#[test]
fn fuzz_indicators() {
    let list = "198.51.100.0/24  the leak of March\n203.0.113.66 level=high expires=2030-01-01\nevil.example\n\
                2001:db8::/32\n*.bad.example # why\n44d88612fea8a8f36de82e1278abb02f\n[2001:db8::1]\nhxxp://x[.]example/y\n";
    bolero::check!().for_each(|bytes: &[u8]| {
        for text in [changed(list, bytes), String::from_utf8_lossy(bytes).into_owned()] {
            let (indicators, errors) = Indicators::load(&[("iocs.txt".into(), text.clone())]);
            assert!(indicators.len() + errors.len() <= text.lines().count());
            for word in text.split_whitespace().take(64) {
                if let Ok(address) = word.parse() {
                    indicators.address(address, now());
                }
                for found in [indicators.domain(word, now()), indicators.hash(word, now())] {
                    assert!(found.is_none_or(|entry| entry.place.starts_with("iocs.txt:")));
                }
            }
            indicators.text(&text, now());
        }
    });
}

#[test]
fn fuzz_weights() {
    let shipped = fs::read_to_string(project("policies/risk/weights.yaml")).unwrap();
    let written: serde_json::Value = serde_json::to_value(Weights::parse(&shipped).unwrap()).unwrap();
    let short = written.to_string();
    bolero::check!().for_each(|bytes: &[u8]| {
        for text in [changed(&short, bytes), String::from_utf8_lossy(bytes).into_owned()] {
            if let Ok(weights) = Weights::parse(&text) {
                let again = serde_json::to_string(&weights).unwrap();
                assert_eq!(Weights::parse(&again).unwrap(), weights);
            }
        }
    });
}
