//! What must hold of a machine as a whole, beyond each field being known.

use std::collections::BTreeSet;

use crate::{
    failure::{ErrorEquals, Retrier},
    language::{Fail, Flow, Resource, State, Task},
    path::{Path, ResultPath, Step},
    template::Template,
};

/// Why a machine cannot be run, with the state's and the field's name.
pub(crate) fn machine(flow: &Flow) -> Result<(), String> {
    // Names are unique over all branches: history and idempotency keys tell states apart by name alone.
    flow_in(flow, &mut BTreeSet::new())
}

fn flow_in<'m>(flow: &'m Flow, names: &mut BTreeSet<&'m str>) -> Result<(), String> {
    if !flow.states.contains_key(&flow.start_at) {
        return Err(format!("`StartAt` names no state: `{}`", flow.start_at));
    }
    for (name, state) in &flow.states {
        let within = |why: String| format!("state `{name}`: {why}");
        if !names.insert(name) {
            return Err(within("another branch has a state of this name".to_owned()));
        }
        for next in state.successors() {
            if !flow.states.contains_key(next) {
                return Err(within(format!("leads to `{next}`, which does not stand beside it")));
            }
        }
        check(state).map_err(within)?;
        if let State::Parallel(parallel) = state {
            for branch in &parallel.branches {
                flow_in(branch, names).map_err(within)?;
            }
        }
    }
    reachable(flow)
}

fn reachable(flow: &Flow) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    let mut open = vec![flow.start_at.as_str()];
    while let Some(name) = open.pop() {
        if seen.insert(name) {
            open.extend(flow.states.get(name).into_iter().flat_map(State::successors));
        }
    }
    match flow.states.keys().find(|name| !seen.contains(name.as_str())) {
        Some(name) => Err(format!("state `{name}`: nothing leads to it")),
        None if flow.states.values().any(ends) => Ok(()),
        None => Err("no state ends it".to_owned()),
    }
}

fn ends(state: &State) -> bool {
    matches!(state, State::Succeed { .. } | State::Fail(_)) || matches!(state.transition(), Some((_, true)))
}

fn check(state: &State) -> Result<(), String> {
    if let Some((next, end)) = state.transition()
        && next.is_some() == end
    {
        return Err("has not exactly one of `Next` and `\"End\": true`".to_owned());
    }
    all_comes_last("Retry", state.retry().iter().map(|retrier| &retrier.error_equals))?;
    all_comes_last("Catch", state.catch().iter().map(|catcher| &catcher.error_equals))?;
    state.retry().iter().try_for_each(retrier)?;
    match state {
        State::Task(s) => task(s),
        State::Parallel(s) if s.branches.is_empty() => Err("`Branches` is empty".to_owned()),
        State::Parallel(s) => {
            s.output_path.as_ref().map_or(Ok(()), |path| data("OutputPath", path))?;
            selector(s.result_selector.as_ref())
        }
        State::Choice(s) if s.choices.is_empty() => Err("`Choices` is empty".to_owned()),
        State::Choice(s) => s.choices.iter().try_for_each(|rule| data("Variable", &rule.variable)),
        State::Wait(s) => data("SecondsPath", &s.seconds_path),
        State::Fail(s) => fail(s),
        State::Pass(s) if s.result.is_none() && s.result_path != ResultPath::Whole => {
            Err("`ResultPath` without `Result`".to_owned())
        }
        State::Pass(_) | State::Succeed { .. } => Ok(()),
    }
}

fn task(task: &Task) -> Result<(), String> {
    match (task.timeout_seconds, &task.timeout_seconds_path) {
        (Some(0), _) => return Err("`TimeoutSeconds` is 0".to_owned()),
        (Some(_), None) => {}
        (None, Some(path)) => data("TimeoutSecondsPath", path)?,
        (Some(_), Some(_)) => return Err("has both `TimeoutSeconds` and `TimeoutSecondsPath`".to_owned()),
        (None, None) => return Err("has neither `TimeoutSeconds` nor `TimeoutSecondsPath`".to_owned()),
    }
    if task.parameters.function_name.is_empty() {
        return Err("`FunctionName` is empty".to_owned());
    }
    let mut passes_token = false;
    for path in task.parameters.payload.paths().into_iter().filter(|path| path.in_context) {
        let names: Vec<_> = path
            .steps
            .iter()
            .map(|step| match step {
                Step::Field(name) => name.as_str(),
                Step::Index(_) => "",
            })
            .collect();
        match names[..] {
            ["Execution", "Id" | "Name" | "StartTime"] | ["Execution", "Input", ..] => {}
            ["State", "Name" | "EnteredTime" | "RetryCount"] => {}
            ["Task", "Token"] => passes_token = true,
            _ => return Err(format!("the context object has no `{}`", path.as_str())),
        }
    }
    match (task.resource, passes_token) {
        (Resource::Invoke, true) => Err("has no task token, because it does not wait for one".to_owned()),
        (Resource::InvokeAndWait, false) => {
            Err("waits for a task token that `Payload` does not pass".to_owned())
        }
        _ => selector(task.result_selector.as_ref()),
    }
}

fn fail(fail: &Fail) -> Result<(), String> {
    for (name, fixed, path) in
        [("Error", &fail.error, &fail.error_path), ("Cause", &fail.cause, &fail.cause_path)]
    {
        if fixed.is_some() && path.is_some() {
            return Err(format!("has both `{name}` and `{name}Path`"));
        }
        path.as_ref().map_or(Ok(()), |path| data(&format!("{name}Path"), path))?;
    }
    Ok(())
}

fn selector(template: Option<&Template>) -> Result<(), String> {
    template.into_iter().flat_map(Template::paths).try_for_each(|path| data("ResultSelector", path))
}

fn data(field: &str, path: &Path) -> Result<(), String> {
    if path.in_context {
        return Err(format!("`{field}` into the context object is not supported: `{}`", path.as_str()));
    }
    Ok(())
}

fn all_comes_last<'m>(
    field: &str,
    mut errors: impl DoubleEndedIterator<Item = &'m ErrorEquals>,
) -> Result<(), String> {
    errors.next_back();
    if errors.any(ErrorEquals::is_all) {
        return Err(format!("`States.ALL` stands only in the last entry of `{field}`"));
    }
    Ok(())
}

fn retrier(retrier: &Retrier) -> Result<(), String> {
    if retrier.interval_seconds == 0 {
        return Err("`IntervalSeconds` is 0".to_owned());
    }
    if retrier.backoff_rate < 1.0 {
        return Err("`BackoffRate` is less than 1.0".to_owned());
    }
    if retrier.max_delay_seconds.is_some_and(|most| most < retrier.interval_seconds) {
        return Err("`MaxDelaySeconds` is less than `IntervalSeconds`".to_owned());
    }
    Ok(())
}
