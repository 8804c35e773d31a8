//! Branches that run side by side.

use serde_json::{Value, json};

use crate::{
    engine::Stimulus,
    execution::{Branch, Frame, Rest, Visit},
    history::EventKind,
    language::{Flow, Parallel, State},
    run::{Outcome, Run, Step, lost},
};

impl Run<'_, '_> {
    /// Starts branches that are not there yet, and stirs those that run. The first failure stops them all.
    pub(crate) fn branches(
        &mut self,
        state: &State,
        visit: Visit,
        branches: Vec<Option<Branch>>,
        stimulus: &Stimulus,
    ) -> Step {
        let State::Parallel(Parallel { branches: flows, .. }) = state else {
            return Step::Stop(lost(&visit.state));
        };
        let (mut after, mut failed) = (Vec::new(), None);
        for (flow, branch) in flows.iter().zip(branches) {
            let outcome = match branch {
                Some(Branch::Done(output)) => Outcome::Done(output),
                Some(Branch::Running(frame)) if failed.is_some() => Outcome::Rests(*frame),
                Some(Branch::Running(frame)) => self.stir(flow, *frame, stimulus),
                None if failed.is_some() => continue,
                None => self.enter(flow, &flow.start_at, visit.input.clone()),
            };
            match outcome {
                Outcome::Done(output) => after.push((flow, Branch::Done(output))),
                Outcome::Rests(frame) => after.push((flow, Branch::Running(Box::new(frame)))),
                Outcome::Failed(failure) => failed = Some(failure),
            }
        }
        if let Some(failure) = failed {
            for (flow, branch) in &after {
                self.abort(flow, branch);
            }
            self.record(EventKind::ParallelStateFailed, Some(&visit.state), json!(failure));
            return self.fail(state, visit, failure);
        }
        let mut outputs = Vec::new();
        for (_, branch) in &after {
            match branch {
                Branch::Done(output) => outputs.push(output.clone()),
                Branch::Running(_) => {
                    let rest = Rest::Branches(after.into_iter().map(|(_, branch)| branch).collect());
                    return Step::Stop(Outcome::Rests(Frame { visit, rest }));
                }
            }
        }
        self.record(EventKind::ParallelStateSucceeded, Some(&visit.state), json!({}));
        self.succeed(state, visit, Value::Array(outputs))
    }

    fn abort(&mut self, flow: &Flow, branch: &Branch) {
        let Branch::Running(frame) = branch else { return };
        let Some(state) = flow.states.get(&frame.visit.state) else { return };
        if let (State::Parallel(parallel), Rest::Branches(branches)) = (state, &frame.rest) {
            for (flow, branch) in parallel.branches.iter().zip(branches) {
                self.abort(flow, branch);
            }
        }
        if let Some(kind) = EventKind::aborted(state) {
            self.record(kind, Some(&frame.visit.state), json!({}));
        }
    }
}
