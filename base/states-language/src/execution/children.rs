//! Branches of Parallel states and items of Map states, within the execution.
//!
//! Items wait as frames until their turn comes, and results stay in their frames until all are there: so a step changes the frame
//! that goes on and its parent, however many items there are.

use serde_json::Value;

use super::context::Item;
use super::frame::{Children, Frame, FrameId, Phase};
use super::run::{Run, no_frame};
use crate::definition::{Field, Kind, MachineId, Map, State};
use crate::event::{Details, EventType};
use crate::failure::{Failure, names};
use crate::scope::Subject;
use crate::template::{Language, Template};

/// The bounds of MaxConcurrency.
const CONCURRENCY: (u64, u64) = (0, 10_000);

impl Run<'_> {
    pub(super) fn start_branches(
        &mut self,
        id: FrameId,
        state: &State,
        branches: &[MachineId],
    ) -> Result<(), Failure> {
        let input = self.ask(id, state, |scope, data| match &state.arguments {
            Some(arguments) => arguments.evaluate(scope, Subject::data(data)),
            None => Ok(data.clone()),
        })?;
        let event = self.event_of(id, EventType::ParallelStateStarted, Details::None);
        let first = self.execution.head.next_frame;
        for (index, &machine) in (0_u32..).zip(branches) {
            let child = self.add_child(id, index, machine, input.clone());
            if let Some(frame) = self.frame_mut(child) {
                frame.last_event = event;
            }
            self.ready(child);
        }
        let count = self.execution.head.next_frame - first;
        self.wait_for(id, Phase::Children(Children { first, count, started: count, done: 0 }));
        Ok(())
    }

    pub(super) fn start_items(&mut self, id: FrameId, state: &State, map: &Map) -> Result<(), Failure> {
        let (items, concurrency) = self.ask(id, state, |scope, data| {
            let limit = |field: &Field| field.integer(scope, Subject::data(data), CONCURRENCY);
            let concurrency = map.concurrency.as_ref().map(limit).transpose()?;
            let items = match &map.items {
                Some(items) => items.evaluate(scope, Subject::data(data))?,
                None => data.clone(),
            };
            Ok((list(items, map.items.as_ref(), state.language)?, concurrency.unwrap_or(0)))
        })?;
        let length = items.len() as u64;
        self.event_of(id, EventType::MapStateStarted, Details::Length(length));
        if items.is_empty() {
            return self.end_items(id, state, Vec::new());
        }
        let first = self.execution.head.next_frame;
        for (index, item) in (0_u32..).zip(items) {
            let child = self.add_child(id, index, map.processor, item);
            if let Some(frame) = self.frame_mut(child) {
                frame.phase = Phase::Pending;
            }
        }
        let count = self.execution.head.next_frame - first;
        self.wait_for(id, Phase::Children(Children { first, count, started: 0, done: 0 }));
        let previous = self.frame(id).map_or(0, |frame| frame.last_event);
        let at_once = if concurrency == 0 { length } else { concurrency.min(length) };
        for _ in 0..at_once {
            self.start_next(id, state, map, previous)?;
        }
        Ok(())
    }

    fn add_child(&mut self, parent: FrameId, index: u32, machine: MachineId, input: Value) -> FrameId {
        let start = self.definition.start(machine).unwrap_or_default();
        let frame = Frame { parent: Some(parent), index, ..Frame::new(machine, start, input) };
        self.add(frame)
    }

    /// Starts the next item whose turn has not come, if there is one.
    fn start_next(&mut self, id: FrameId, state: &State, map: &Map, previous: u64) -> Result<(), Failure> {
        if self.is_full() {
            return Ok(());
        }
        let Some(children) = self.children_mut(id).filter(|children| children.started < children.count)
        else {
            return Ok(());
        };
        let child = children.first + children.started;
        children.started += 1;
        self.start_item(id, state, map, (child, previous))
    }

    /// Starts an item. One whose input cannot be made is not given one.
    pub(super) fn start_item(
        &mut self,
        id: FrameId,
        state: &State,
        map: &Map,
        (child, previous): (FrameId, u64),
    ) -> Result<(), Failure> {
        let Some(item) = self.frame(child) else { return Ok(()) };
        let (index, item) = (item.index, item.input.clone());
        let name = state.name.to_string();
        let event = self.event(previous, EventType::MapIterationStarted, Details::Iteration { name, index });
        if let Some(frame) = self.frame_mut(child) {
            (frame.last_event, frame.phase) = (event, Phase::Ready);
        }
        let input = match &map.selector {
            Some(selector) => {
                self.select(id, state, selector, &Item { index, key: None, value: &item, source: None })?
            }
            None => item.clone(),
        };
        if let Some(frame) = self.frame_mut(child) {
            (frame.input, frame.item) = (input, Some(item));
        }
        self.ready(child);
        Ok(())
    }

    /// What ItemSelector makes of an item.
    pub(super) fn select(
        &self,
        id: FrameId,
        state: &State,
        selector: &Template,
        item: &Item<'_>,
    ) -> Result<Value, Failure> {
        let Some(frame) = self.frame(id) else { return Err(no_frame()) };
        let scope = self.scope(id, frame, Some(*item));
        let data = super::enter::seen(state.input_path.as_ref(), "InputPath", &scope, &frame.input)?;
        selector.evaluate(&scope, Subject::data(&data))
    }

    /// A branch or an item ended.
    pub(super) fn child_done(&mut self, id: FrameId, child: FrameId) {
        let (Some(state), Some(ended)) = (self.state_of(id), self.frame(child)) else { return };
        let (mut last_event, index) = (ended.last_event, ended.index);
        let previous = last_event;
        if let Kind::Map(_) = &state.kind {
            let name = state.name.to_string();
            last_event =
                self.event(previous, EventType::MapIterationSucceeded, Details::Iteration { name, index });
        }
        let Some(children) = self.children_mut(id) else { return };
        children.done += 1;
        let ended = if children.done == children.count {
            if let Some(frame) = self.frame_mut(id) {
                frame.last_event = last_event;
            }
            self.end_children(id, state)
        } else if let Kind::Map(map) = &state.kind {
            self.start_next(id, state, map, previous)
        } else {
            Ok(())
        };
        if let Err(failure) = ended {
            self.fail(id, failure);
        }
    }

    /// All branches or items ended: their results are the state's, in order.
    fn end_children(&mut self, id: FrameId, state: &State) -> Result<(), Failure> {
        let results = self.children_of(id).into_iter().filter_map(|child| match self.remove(child)?.phase {
            Phase::Done(output) => Some(output),
            _ => None,
        });
        let results = results.collect();
        self.idle(id);
        match state.kind {
            Kind::Map(_) => self.end_items(id, state, results),
            _ => self.succeed(id, state, EventType::ParallelStateSucceeded, results),
        }
    }

    fn end_items(&mut self, id: FrameId, state: &State, results: Vec<Value>) -> Result<(), Failure> {
        self.succeed(id, state, EventType::MapStateSucceeded, results)
    }

    /// The event of success is beside the line: what comes next has the same event before it.
    fn succeed(
        &mut self,
        id: FrameId,
        state: &State,
        kind: EventType,
        results: Vec<Value>,
    ) -> Result<(), Failure> {
        let previous = self.frame(id).map_or(0, |frame| frame.last_event);
        self.event(previous, kind, Details::None);
        self.give(id, state, Value::Array(results))
    }

    fn children_of(&self, id: FrameId) -> Vec<FrameId> {
        match self.frame(id).map(|frame| &frame.phase) {
            Some(Phase::Children(children)) => children.ids().collect(),
            _ => Vec::new(),
        }
    }

    /// A branch or an item failed: the others are aborted, and the state fails with the same error.
    pub(super) fn child_failed(&mut self, id: FrameId, child: FrameId, failure: Failure) {
        let (Some(state), Some(failed)) = (self.state_of(id), self.frame(child)) else { return };
        let (previous, index) = (failed.last_event, failed.index);
        let is_map = matches!(state.kind, Kind::Map(_));
        if is_map {
            let name = state.name.to_string();
            self.event(previous, EventType::MapIterationFailed, Details::Iteration { name, index });
        }
        self.abort_children(id, previous, Some(child));
        let kind = if is_map { EventType::MapStateFailed } else { EventType::ParallelStateFailed };
        let event = self.event(previous, kind, Details::None);
        if let Some(frame) = self.frame_mut(id) {
            frame.last_event = event;
        }
        self.fail(id, failure);
    }

    /// Ends all branches or items, and with them what runs within.
    pub(super) fn abort_children(&mut self, id: FrameId, previous: u64, failed: Option<FrameId>) {
        let (Some(state), children) = (self.state_of(id), self.children_of(id)) else { return };
        if children.is_empty() {
            return;
        }
        for child in children {
            let is_running = self
                .frame(child)
                .is_some_and(|frame| !matches!(frame.phase, Phase::Pending | Phase::Done(_)));
            if is_running {
                if failed != Some(child) && matches!(state.kind, Kind::Map(_)) {
                    let (name, index) =
                        (state.name.to_string(), self.frame(child).map_or(0, |frame| frame.index));
                    self.event(previous, EventType::MapIterationAborted, Details::Iteration { name, index });
                }
                self.abort(child, previous, failed == Some(child));
            }
            if let Some(frame) = self.remove(child) {
                self.aside.lay(child, frame);
            }
        }
        if let Some(Phase::Children(children)) = self.frame(id).map(|frame| frame.phase.clone()) {
            self.aside.lay_children(id, children);
        }
        self.idle(id);
        self.execution.head.ready.retain(|ready| self.execution.frames.contains_key(ready));
    }

    /// Ends the state of a frame, which does not exit it. Of those that failed by themselves, only tasks are aborted too.
    fn abort(&mut self, id: FrameId, previous: u64, is_failed: bool) {
        self.cancel(id);
        self.abort_children(id, previous, None);
        let is_entered = self.frame(id).is_some_and(|frame| frame.phase != Phase::Ready);
        let kind = self.state_of(id).filter(|_| is_entered).and_then(|state| aborted(&state.kind));
        if let Some(kind) = kind.filter(|&kind| !is_failed || kind == EventType::TaskStateAborted) {
            self.event(previous, kind, Details::None);
        }
    }
}

fn aborted(kind: &Kind) -> Option<EventType> {
    Some(match kind {
        Kind::Task(_) => EventType::TaskStateAborted,
        Kind::Wait(_) => EventType::WaitStateAborted,
        Kind::Parallel { .. } => EventType::ParallelStateAborted,
        Kind::Map(_) => EventType::MapStateAborted,
        _ => return None,
    })
}

/// The items of a Map state.
pub(super) fn list(
    items: Value,
    template: Option<&Template>,
    language: Language,
) -> Result<Vec<Value>, Failure> {
    match items {
        Value::Array(items) => Ok(items),
        other => Err(match (template, language) {
            (Some(template), Language::Jsonata) => template.unexpected("array", &other),
            (Some(Template::Path(path, _)), _) => Failure::field(
                names::RUNTIME,
                format!("Reference path \"{}\" must point to array.", path.text()),
            ),
            _ => Failure::field(names::RUNTIME, "Reference path \"$\" must point to array."),
        }),
    }
}
