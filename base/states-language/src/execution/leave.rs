//! Leaving a state: its output, the variables that it assigns, and where its frame goes.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Outcome;
use super::enter::seen;
use super::frame::{FrameId, Phase};
use super::run::{Run, no_frame, payload};
use crate::definition::{Catcher, Kind, State, StateId};
use crate::event::{Details, EventType};
use crate::failure::{Failure, names};
use crate::path::{Path, reference};
use crate::scope::{Scope, Subject};
use crate::template::{Language, Template};

/// What a state leaves behind.
struct Left {
    output: Value,
    assigned: Option<Map<String, Value>>,
}

impl Run<'_> {
    /// Ends a state with the result of what it did.
    pub(super) fn give(&mut self, id: FrameId, state: &State, result: Value) -> Result<(), Failure> {
        let left = match state.language {
            Language::JsonPath => self.of_paths(id, state, result),
            Language::Jsonata => self.of_queries(id, state, result),
        };
        self.leave(id, state, left?, state.next)
    }

    /// Ends a state that does nothing with its input.
    pub(super) fn go_on(&mut self, id: FrameId, state: &State) -> Result<(), Failure> {
        self.leave_plainly(id, state, state.output.as_ref(), state.assign.as_ref(), state.next)
    }

    /// Ends a state whose output is its input, or what a template makes of it.
    pub(super) fn leave_plainly(
        &mut self,
        id: FrameId,
        state: &State,
        output: Option<&Template>,
        assign: Option<&Template>,
        next: Option<StateId>,
    ) -> Result<(), Failure> {
        let left = self.ask(id, state, |scope, data| {
            let subject = Subject::data(data);
            let assigned = assign.map(|assign| variables(assign, scope, subject)).transpose()?;
            let output = match output {
                Some(output) => output.evaluate(scope, subject)?,
                None => seen(state.output_path.as_ref(), "OutputPath", scope, data)?.into_owned(),
            };
            Ok(Left { output, assigned })
        })?;
        self.leave(id, state, left, next)
    }

    /// ResultSelector, Assign, ResultPath and OutputPath, one after the other.
    fn of_paths(&self, id: FrameId, state: &State, result: Value) -> Result<Left, Failure> {
        let Some(frame) = self.frame(id) else { return Err(no_frame()) };
        let scope = self.scope(id, frame, None);
        let selected = match &state.result_selector {
            Some(selector) => selector.evaluate(&scope, Subject::result(&result))?,
            None => result,
        };
        let assign = state.assign.as_ref();
        let assigned =
            assign.map(|assign| variables(assign, &scope, Subject::result(&selected))).transpose()?;
        let combined = combined(state.result_path.as_ref(), &frame.input, selected)?;
        let output = seen(state.output_path.as_ref(), "OutputPath", &scope, &combined)?.into_owned();
        Ok(Left { output, assigned })
    }

    /// Assign and Output, each from what was there before.
    fn of_queries(&self, id: FrameId, state: &State, result: Value) -> Result<Left, Failure> {
        let Some(frame) = self.frame(id) else { return Err(no_frame()) };
        let scope = self.scope(id, frame, None);
        let subject = Subject::result(&result);
        let assign = state.assign.as_ref();
        let assigned = assign.map(|assign| variables(assign, &scope, subject)).transpose()?;
        let output = match &state.output {
            Some(output) => output.evaluate(&scope, subject)?,
            None => result,
        };
        Ok(Left { output, assigned })
    }

    /// Goes where an error leads.
    pub(super) fn leave_by_catch(
        &mut self,
        id: FrameId,
        state: &State,
        catcher: &Catcher,
        failure: &Failure,
    ) -> Result<(), Failure> {
        let left = self.caught(id, catcher, failure)?;
        self.leave(id, state, left, Some(catcher.next))
    }

    fn caught(&self, id: FrameId, catcher: &Catcher, failure: &Failure) -> Result<Left, Failure> {
        let Some(frame) = self.frame(id) else { return Err(no_frame()) };
        let scope = self.scope(id, frame, None);
        let error = failure.output();
        let subject = Subject::error(&error);
        let assign = catcher.assign.as_ref();
        let assigned = assign.map(|assign| variables(assign, &scope, subject)).transpose()?;
        let output = match &catcher.output {
            Some(output) => output.evaluate(&scope, subject)?,
            None => combined(catcher.result_path.as_ref(), &frame.input, error.clone())?,
        };
        Ok(Left { output, assigned })
    }

    fn leave(
        &mut self,
        id: FrameId,
        state: &State,
        left: Left,
        next: Option<StateId>,
    ) -> Result<(), Failure> {
        let output = payload(&left.output, &state.name)?;
        if let Some(assigned) = &left.assigned {
            payload(&Value::Object(assigned.clone()), &state.name)?;
        }
        let assigned = left.assigned.as_ref().map(|assigned| {
            let texts = assigned.iter().map(|(name, value)| (name.clone(), value.to_string()));
            texts.collect::<BTreeMap<_, _>>()
        });
        let name = state.name.to_string();
        self.event_of(
            id,
            exited(&state.kind),
            Details::StateExited { name, output: output.clone(), assigned },
        );
        if let Some(frame) = self.frame_mut(id) {
            frame.variables.extend(left.assigned.unwrap_or_default());
        }
        match next {
            Some(next) => self.move_to(id, next, left.output),
            None => self.end(id, left.output, output),
        }
        Ok(())
    }

    fn move_to(&mut self, id: FrameId, next: StateId, input: Value) {
        if let Some(frame) = self.frame_mut(id) {
            frame.state = next;
            frame.input = input;
        }
        self.ready(id);
    }

    /// Ends a frame.
    fn end(&mut self, id: FrameId, output: Value, text: String) {
        let Some(frame) = self.frame_mut(id) else { return };
        match frame.parent {
            Some(parent) => {
                frame.input = Value::Null;
                frame.phase = Phase::Done(output);
                self.child_done(parent, id);
            }
            None => {
                self.event_of(id, EventType::ExecutionSucceeded, Details::Output(text.clone()));
                self.complete(Outcome::Succeeded(text));
            }
        }
    }
}

/// What a state assigns: an object, whose fields are variables.
fn variables(
    assign: &Template,
    scope: &Scope<'_>,
    subject: Subject<'_>,
) -> Result<Map<String, Value>, Failure> {
    match assign.evaluate(scope, subject)? {
        Value::Object(variables) => Ok(variables),
        other => Err(assign.unexpected("object", &other)),
    }
}

/// The input with the result where ResultPath puts it.
fn combined(path: Option<&Path>, input: &Value, result: Value) -> Result<Value, Failure> {
    let Some(path) = path else { return Ok(input.clone()) };
    let steps = path.reference().unwrap_or_default();
    if steps.is_empty() {
        return Ok(result);
    }
    let mut output = input.clone();
    if reference::put(&mut output, steps, result) {
        return Ok(output);
    }
    let cause = format!("Unable to apply ReferencePath {} to input {input}", path.text());
    Err(Failure::of_state(names::RESULT_PATH, cause))
}

fn exited(kind: &Kind) -> EventType {
    match kind {
        Kind::Pass { .. } | Kind::Fail { .. } => EventType::PassStateExited,
        Kind::Task(_) => EventType::TaskStateExited,
        Kind::Choice { .. } => EventType::ChoiceStateExited,
        Kind::Wait(_) => EventType::WaitStateExited,
        Kind::Succeed => EventType::SucceedStateExited,
        Kind::Parallel { .. } => EventType::ParallelStateExited,
        Kind::Map(_) => EventType::MapStateExited,
    }
}
