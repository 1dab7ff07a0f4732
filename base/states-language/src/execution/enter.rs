//! Entering a state, and what states without tasks and branches do.

use serde_json::{Map, Value};

use super::Timer;
use super::frame::{FrameId, Phase};
use super::run::{Run, no_frame, payload};
use crate::definition::{Field, Kind, Rule, State, StateId, Until};
use crate::event::{Details, EventType};
use crate::failure::{Failure, names};
use crate::path::Path;
use crate::scope::{Scope, Subject};
use crate::template::Language;
use crate::time;

/// The bounds of a Wait state's Seconds.
const WAIT_S: (u64, u64) = (0, 99_999_999);

impl Run<'_> {
    /// Enters the state that a frame has come to.
    pub(super) fn enter(&mut self, id: FrameId) {
        let Some(state) = self.state_of(id) else { return };
        let now_ms = self.now_ms;
        let text = self.frame(id).map(|frame| payload(&frame.input, &state.name));
        let (input, too_large) = match text {
            Some(Ok(text)) => (text, None),
            Some(Err(failure)) => (String::new(), Some(failure)),
            None => return,
        };
        let details = Details::StateEntered { name: state.name.to_string(), input };
        let event = entered(&state.kind);
        let event = self.event_of(id, event, details);
        if let Some(frame) = self.frame_mut(id) {
            frame.phase = Phase::Idle;
            frame.entered_event = event;
            frame.entered_ms = now_ms;
            frame.attempts = vec![0; state.retry.len()];
        }
        match too_large {
            Some(failure) => self.fail(id, failure),
            None => self.begin(id),
        }
    }

    /// Does what the state of a frame does: once it was entered, and for each attempt.
    pub(super) fn begin(&mut self, id: FrameId) {
        let Some(state) = self.state_of(id) else { return };
        let begun = match &state.kind {
            Kind::Pass { result } => self.pass(id, state, result.as_ref()),
            Kind::Task(task) => self.schedule(id, state, task),
            Kind::Choice { rules, default } => self.choose(id, state, rules, *default),
            Kind::Wait(until) => self.wait(id, state, until),
            Kind::Succeed => self.go_on(id, state),
            Kind::Fail { error, cause } => self.fail_state(id, state, error.as_ref(), cause.as_ref()),
            Kind::Parallel { branches } => self.start_branches(id, state, branches),
            Kind::Map(map) if map.distributed.is_some() => self.start_map_run(id, state, map),
            Kind::Map(map) => self.start_items(id, state, map),
        };
        if let Err(failure) = begun {
            self.fail(id, failure);
        }
    }

    /// Asks about a frame: with what its expressions see, and its input behind InputPath.
    pub(super) fn ask<R>(
        &self,
        id: FrameId,
        state: &State,
        ask: impl FnOnce(&Scope<'_>, &Value) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let Some(frame) = self.frame(id) else { return Err(no_frame()) };
        let scope = self.scope(id, frame, None);
        let data = seen(state.input_path.as_ref(), "InputPath", &scope, &frame.input)?;
        ask(&scope, &data)
    }

    fn pass(&mut self, id: FrameId, state: &State, result: Option<&Value>) -> Result<(), Failure> {
        if state.language == Language::Jsonata {
            return self.go_on(id, state);
        }
        let result = self.ask(id, state, |scope, data| match (result, &state.arguments) {
            (Some(result), _) => Ok(result.clone()),
            (None, Some(template)) => template.evaluate(scope, Subject::data(data)),
            (None, None) => Ok(data.clone()),
        })?;
        self.give(id, state, result)
    }

    fn choose(
        &mut self,
        id: FrameId,
        state: &State,
        rules: &[Rule],
        default: Option<StateId>,
    ) -> Result<(), Failure> {
        let chosen = self.ask(id, state, |scope, data| {
            for rule in rules {
                if rule.condition.holds(scope, Subject::data(data))? {
                    return Ok(Some(rule));
                }
            }
            Ok(None)
        })?;
        let next = chosen.map(|rule| rule.next).or(default).ok_or_else(no_choice)?;
        let output = chosen.and_then(|rule| rule.output.as_ref()).or(state.output.as_ref());
        let assign = chosen.and_then(|rule| rule.assign.as_ref()).or(state.assign.as_ref());
        self.leave_plainly(id, state, output, assign, Some(next))
    }

    fn wait(&mut self, id: FrameId, state: &State, until: &Until) -> Result<(), Failure> {
        let now_ms = self.now_ms;
        let at_ms = self.ask(id, state, |scope, data| match until {
            Until::Seconds(field) => {
                let seconds = field.integer(scope, Subject::data(data), WAIT_S)?;
                Ok(now_ms.saturating_add(seconds * 1000))
            }
            Until::Timestamp(field) => {
                let text = field.text(scope, Subject::data(data))?;
                time::parse_ms(&text).ok_or_else(|| no_moment(&text))
            }
        })?;
        if at_ms <= now_ms {
            return self.go_on(id, state);
        }
        let waited = self.wait_for(id, Phase::Waiting);
        self.set_timer(Timer::Wait(waited), at_ms - now_ms);
        Ok(())
    }

    pub(super) fn wait_ended(&mut self, id: FrameId) {
        let Some(state) = self.state_of(id) else { return };
        self.idle(id);
        if let Err(failure) = self.go_on(id, state) {
            self.fail(id, failure);
        }
    }

    fn fail_state(
        &self,
        id: FrameId,
        state: &State,
        error: Option<&Field>,
        cause: Option<&Field>,
    ) -> Result<(), Failure> {
        let (error, cause) = self.ask(id, state, |scope, data| {
            let text =
                |field: Option<&Field>| field.map(|field| field.text(scope, Subject::data(data))).transpose();
            Ok((text(error)?, text(cause)?))
        })?;
        Err(Failure::reported(error, cause))
    }
}

/// The input or output that a path shows: null shows an empty object.
pub(super) fn seen<'v>(
    path: Option<&Path>,
    field: &str,
    scope: &'v Scope<'_>,
    value: &'v Value,
) -> Result<std::borrow::Cow<'v, Value>, Failure> {
    match path {
        None => Ok(std::borrow::Cow::Owned(Value::Object(Map::new()))),
        Some(path) => path.find(scope, value)?.ok_or_else(|| {
            let text = path.text();
            let why = match field {
                "OutputPath" => {
                    format!("Invalid OutputPath '{text}': The Output path references an invalid value.")
                }
                _ => format!("Invalid path '{text}': The {field} references an invalid value."),
            };
            Failure::field(names::RUNTIME, why)
        }),
    }
}

fn entered(kind: &Kind) -> EventType {
    match kind {
        Kind::Pass { .. } => EventType::PassStateEntered,
        Kind::Task(_) => EventType::TaskStateEntered,
        Kind::Choice { .. } => EventType::ChoiceStateEntered,
        Kind::Wait(_) => EventType::WaitStateEntered,
        Kind::Succeed => EventType::SucceedStateEntered,
        Kind::Fail { .. } => EventType::FailStateEntered,
        Kind::Parallel { .. } => EventType::ParallelStateEntered,
        Kind::Map(_) => EventType::MapStateEntered,
    }
}

fn no_choice() -> Failure {
    let cause = "Failed to transition out of the state. The state does not point to a next state.";
    Failure::of_state(names::NO_CHOICE, cause)
}

fn no_moment(text: &str) -> Failure {
    let cause = format!("The value '{text}' is not a valid timestamp as ISO 8601 has it");
    Failure::field(names::RUNTIME, cause)
}
