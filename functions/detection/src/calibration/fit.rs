//! A bounded search for better weights: one weight after the other is moved by a little, as long as that helps.

use crate::{
    calibration::{GROUPS, Group, Item, Scale},
    weights::Weights,
};

/// How far a level's points may move, and by how much at a time.
const LEVEL_REACH: i32 = 15;
const LEVEL_STEP: i32 = 5;
/// How far the points of a part may move, in tenths of what they were.
const PART_REACH: i32 = 5;
/// Rounds over all weights at most.
const ROUNDS: usize = 20;
/// What a move has to gain: less is noise, and the weights stay as people know them.
const GAIN: f64 = 1e-4;

const LEVELS: usize = 5;
/// How far each level (in points) and each group (in tenths) has moved.
type Moves = [i32; LEVELS + GROUPS.len()];

pub(super) fn fit(items: &[Item], start: &Weights) -> Weights {
    let loss = |weights: &Weights| loss(items, start, weights);
    let Some(mut best) = loss(start) else { return start.clone() };
    let (mut moves, mut weights) = ([0; LEVELS + GROUPS.len()], start.clone());
    for _ in 0..ROUNDS {
        let before = best;
        for at in 0..moves.len() {
            let (step, reach) = if at < LEVELS { (LEVEL_STEP, LEVEL_REACH) } else { (1, PART_REACH) };
            for by in [step, -step] {
                let mut tried: Moves = moves;
                if let Some(tried) = tried.get_mut(at) {
                    *tried = (*tried + by).clamp(-reach, reach);
                }
                let Some(candidate) = moved(start, &tried) else { continue };
                if let Some(loss) = loss(&candidate).filter(|loss| *loss < best - GAIN) {
                    (best, moves, weights) = (loss, tried, candidate);
                    break;
                }
            }
        }
        if best >= before {
            break;
        }
    }
    weights
}

/// The mean squared error of the risk as a probability (Brier's score), malicious and benign items counting the same however
/// many there are of each: labelled sets hold far more attacks than a day does. Nothing if one of the two is missing.
fn loss(items: &[Item], scored: &Weights, weights: &Weights) -> Option<f64> {
    let scale = Scale::between(scored, weights);
    let mean = |malicious: bool| {
        let errors = items.iter().filter(|item| item.malicious == malicious).map(|item| {
            let wanted = if malicious { 1.0 } else { 0.0 };
            (f64::from(scale.risk(item)) / 100.0 - wanted).powi(2)
        });
        let (sum, count) = errors.fold((0.0, 0.0), |(sum, count), error| (sum + error, count + 1.0));
        (count > 0.0).then_some(sum / count)
    };
    Some(mean(true)? + mean(false)?)
}

/// The weights after these moves; nothing if that would put them in contradiction to each other.
fn moved(start: &Weights, moves: &Moves) -> Option<Weights> {
    let mut weights = start.clone();
    let (levels, groups) = moves.split_at(LEVELS);
    let level = &mut weights.level;
    let points =
        [&mut level.informational, &mut level.low, &mut level.medium, &mut level.high, &mut level.critical];
    for (points, by) in points.into_iter().zip(levels) {
        *points += by;
    }
    for (group, tenths) in GROUPS.into_iter().zip(groups) {
        for points in points_of(group, &mut weights) {
            *points = rounded(*points, *tenths);
        }
    }
    weights.check().ok().map(|()| weights)
}

/// Points changed by so many tenths of what they were, rounded; what is not 0 keeps its sign.
fn rounded(points: i32, tenths: i32) -> i32 {
    let scaled = f64::from(points) * (1.0 + f64::from(tenths) / 10.0);
    #[allow(clippy::cast_possible_truncation)] // Weights are below 100.
    let scaled = scaled.round() as i32;
    if scaled == 0 { points.signum() } else { scaled }
}

fn points_of(group: Group, weights: &mut Weights) -> Vec<&mut i32> {
    match group {
        Group::Stage => weights.stage.values_mut().collect(),
        Group::Power => vec![&mut weights.power.administrator, &mut weights.power.escalates],
        Group::Worth => vec![&mut weights.worth.crown_jewel],
        Group::Related => vec![&mut weights.related.each, &mut weights.related.most],
        Group::Novelty => {
            let novelty = &mut weights.novelty;
            vec![
                &mut novelty.api,
                &mut novelty.network,
                &mut novelty.region,
                &mut novelty.agent,
                &mut novelty.most,
            ]
        }
        Group::Intelligence => vec![&mut weights.intelligence],
        Group::Model => vec![&mut weights.model.most],
        Group::Failed => vec![&mut weights.failed],
        Group::Service => vec![&mut weights.service],
    }
}
