//! Works measured in turns by the CPU time of their thread.
//!
//! Machines are shared and clocks change, so that the seconds of one run say little. A ratio of two works of the same round
//! says more, and the median of several rounds' more than that.

use rustix::time::{ClockId, clock_gettime};

/// Seconds of each work in each round.
pub(crate) struct Turns(Vec<Vec<f64>>);

impl Turns {
    /// Runs all works in each round, after one that is not counted.
    pub(crate) fn measure(rounds: usize, works: &[&dyn Fn()]) -> Self {
        works.iter().for_each(|work| work());
        let mut seconds = vec![Vec::new(); works.len()];
        for _ in 0..rounds {
            for (work, seconds) in works.iter().zip(&mut seconds) {
                let begin = cpu_seconds();
                work();
                seconds.push(cpu_seconds() - begin);
            }
        }
        Self(seconds)
    }

    /// CPU time of a work in seconds.
    pub(crate) fn seconds(&self, work: usize) -> f64 {
        median(self.0[work].clone())
    }

    /// How many times as long as the other one a work takes.
    pub(crate) fn ratio(&self, work: usize, other: usize) -> f64 {
        median(self.0[work].iter().zip(&self.0[other]).map(|(work, other)| work / other).collect())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn cpu_seconds() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}
