//! Measures of a risk against labels.

use std::collections::BTreeMap;

use super::{Band, Measure, Report, Threshold};

pub(super) fn report(risks: &[(bool, u8)], parts: BTreeMap<String, Measure>) -> Report {
    let malicious = risks.iter().filter(|(malicious, _)| *malicious).count();
    Report {
        malicious,
        benign: risks.len() - malicious,
        auc: auc(risks),
        thresholds: (0..=100).step_by(5).map(|risk| threshold(risks, risk, malicious)).collect(),
        reliability: (0..10).map(|tenth| band(risks, tenth)).collect(),
        parts,
    }
}

/// The area under the ROC curve, which is the Mann-Whitney statistic over the number of pairs.
pub(super) fn auc(risks: &[(bool, u8)]) -> Option<f64> {
    let mut counts = [(0_u64, 0_u64); 101];
    for (malicious, risk) in risks {
        if let Some((bad, good)) = counts.get_mut(usize::from(*risk)) {
            *(if *malicious { bad } else { good }) += 1;
        }
    }
    let (mut below, mut halves, mut all) = (0_u64, 0_u64, 0_u64);
    for (bad, good) in counts {
        halves += bad * (2 * below + good);
        below += good;
        all += bad;
    }
    share(halves, 2 * all * below)
}

fn threshold(risks: &[(bool, u8)], risk: u8, malicious: usize) -> Threshold {
    let taken = risks.iter().filter(|(_, r)| *r >= risk);
    let right = taken.clone().filter(|(malicious, _)| *malicious).count();
    Threshold {
        risk,
        precision: share(right as u64, taken.count() as u64),
        recall: share(right as u64, malicious as u64),
    }
}

/// 0 to 9, 10 to 19, … 90 to 100.
fn band(risks: &[(bool, u8)], tenth: u8) -> Band {
    let (from, to) = (tenth * 10, if tenth == 9 { 100 } else { tenth * 10 + 9 });
    let inside = risks.iter().filter(|(_, risk)| (from..=to).contains(risk));
    let malicious = inside.clone().filter(|(malicious, _)| *malicious).count();
    let items = inside.count();
    Band { from, to, items, malicious: share(malicious as u64, items as u64) }
}

#[allow(clippy::cast_precision_loss)] // Labelled sets are small.
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
