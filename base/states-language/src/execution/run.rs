//! One step of an execution, while it is taken: what came in is given to its frame, and frames go on until all of them wait.

use std::cell::Cell;

use serde_json::Value;

use super::frame::{Children, Frame, FrameId, Phase};
use super::redrive::Aside;
use super::{
    Command, EVENTS_MAX, Execution, Given, Id, Input, Moment, Outcome, PAYLOAD_BYTES_MAX, STATES_A_STEP,
    Step, Timer,
};
use crate::chance::Chance;
use crate::definition::{Definition, State};
use crate::event::{Details, EventType, HistoryEvent};
use crate::failure::{Failure, names};
use crate::scope::is_deeper;

/// How deep payloads nest. What is written must be readable again.
const DEPTH_MAX: usize = 100;

/// A step that is taken.
pub(super) struct Run<'a> {
    pub(super) definition: &'a Definition,
    pub(super) execution: &'a mut Execution,
    pub(super) now_ms: u64,
    pub(super) chance: Chance,
    /// What a failure has ended so far.
    pub(super) aside: Aside,
    step: Step,
    /// A frame was asked for that is not at hand: what came of the step is nothing.
    is_lacking: Cell<bool>,
}

impl<'a> Run<'a> {
    pub(super) fn new(definition: &'a Definition, execution: &'a mut Execution, moment: Moment) -> Self {
        let chance = Chance::new(moment.seed);
        let (aside, step, is_lacking) = (Aside::default(), Step::default(), Cell::new(false));
        Run { definition, execution, now_ms: moment.now_ms, chance, aside, step, is_lacking }
    }

    /// Takes a step, and tells whether frames were lacking.
    pub(super) fn step(mut self, input: Input) -> (Step, bool) {
        if self.is_for_now(&input) {
            self.take(input);
            self.go();
        }
        (self.step, self.is_lacking.get())
    }

    fn is_for_now(&self, input: &Input) -> bool {
        match input {
            Input::Started { .. } => !self.execution.head.is_started,
            Input::Redriven { .. } => self.execution.is_redrivable(),
            _ => self.execution.head.is_started && !self.is_over(),
        }
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Started { input } => self.start(input),
            Input::Continue => {}
            Input::Redriven { map_runs } => self.redrive(&map_runs),
            Input::Stopped { error, cause } => {
                let details = Details::error(error.as_deref(), cause.as_deref());
                self.event(0, EventType::ExecutionAborted, details);
                self.complete(Outcome::Aborted { error, cause });
            }
            Input::TimerFired(timer) => self.fired(timer),
            Input::MapRunStarted { id, arn } => self.map_run_started(id, arn),
            Input::MapRunRedriven { id, arn, count } => self.map_run_redriven(id, arn, count),
            Input::MapRunSucceeded { id, output } => self.map_run_succeeded(id, &output),
            Input::MapRunFailed { id, error, cause } => self.map_run_failed(id, error, cause),
            of_task => self.of_task(of_task),
        }
    }

    fn start(&mut self, input: Value) {
        let Some(state) = self.definition.start(self.execution.head.machine) else { return };
        let machine = self.execution.head.machine;
        let text = input.to_string();
        let role_arn = self.execution.head.about.role_arn.clone();
        self.event(0, EventType::ExecutionStarted, Details::Started { input: text, role_arn });
        self.execution.head.is_started = true;
        self.execution.head.started_ms = self.now_ms;
        self.execution.given = Given::Value(input.clone());
        if let Some(timeout_s) = self.definition.timeout_s().filter(|_| machine == 0) {
            self.set_timer(Timer::Execution, timeout_s.saturating_mul(1000));
        }
        let root = self.add(Frame::new(machine, state, input));
        self.ready(root);
    }

    fn fired(&mut self, timer: Timer) {
        match timer {
            Timer::Execution => {
                self.event(0, EventType::ExecutionTimedOut, Details::None);
                self.complete(Outcome::TimedOut);
            }
            Timer::Wait(id) if self.is_in(id, &Phase::Waiting) => self.wait_ended(id.frame),
            Timer::Retry(id) if self.is_in(id, &Phase::Retrying) => {
                self.idle(id.frame);
                self.begin(id.frame);
            }
            Timer::Timeout(id) => self.task_timed_out(id, names::TIMEOUT),
            Timer::Heartbeat(id) => self.task_timed_out(id, names::HEARTBEAT_TIMEOUT),
            Timer::Wait(_) | Timer::Retry(_) => {}
        }
    }

    fn is_in(&self, id: Id, phase: &Phase) -> bool {
        self.frame(id.frame).is_some_and(|frame| frame.serial == id.serial && frame.phase == *phase)
    }

    /// Goes on with frames that are ready, for as many states as a step may enter.
    fn go(&mut self) {
        for _ in 0..STATES_A_STEP {
            if self.is_over() {
                return;
            }
            if self.is_full() {
                return self.end_of_history();
            }
            let Some(id) = self.execution.head.ready.pop_front() else { return };
            self.enter(id);
        }
        if !self.is_over() && !self.execution.head.ready.is_empty() {
            self.command(Command::Continue);
        }
    }

    /// Whether the history has no room but for the end.
    pub(super) fn is_full(&self) -> bool {
        self.execution.head.events >= EVENTS_MAX - 2 && !self.execution.has_no_history
    }

    fn end_of_history(&mut self) {
        let cause = format!("The execution reached the maximum number of history events ({EVENTS_MAX}).");
        self.fail_execution(0, &Failure::named(names::RUNTIME, cause));
    }

    pub(super) fn is_over(&self) -> bool {
        self.execution.head.outcome.is_some()
    }

    pub(super) fn complete(&mut self, outcome: Outcome) {
        if self.execution.is_partial {
            self.is_lacking.set(true);
        }
        let is_success = matches!(outcome, Outcome::Succeeded(_));
        for id in self.execution.frames.keys().copied().collect::<Vec<_>>() {
            self.cancel(id);
            if is_success {
                self.remove(id);
            }
        }
        if !is_success {
            self.stay();
        }
        let is_timed = self.definition.timeout_s().is_some() && self.execution.head.machine == 0;
        if is_timed && outcome != Outcome::TimedOut {
            self.command(Command::CancelTimer(Timer::Execution));
        }
        self.execution.head.ready.clear();
        self.execution.head.outcome = Some(outcome.clone());
        self.command(Command::Complete(outcome));
    }

    /// Cancels what a frame waits for.
    pub(super) fn cancel(&mut self, id: FrameId) {
        let Some(frame) = self.frame(id) else { return };
        let waited = Id { frame: id, serial: frame.serial };
        match frame.phase.clone() {
            Phase::Waiting => self.command(Command::CancelTimer(Timer::Wait(waited))),
            Phase::Retrying => self.command(Command::CancelTimer(Timer::Retry(waited))),
            Phase::MapRun => self.command(Command::CancelMapRun(waited)),
            Phase::Task { .. } => {
                self.command(Command::CancelTask(waited));
                self.cancel_task_timers(id);
            }
            _ => {}
        }
    }

    pub(super) fn event(&mut self, previous_id: u64, kind: EventType, details: Details) -> u64 {
        self.execution.head.events += 1;
        let id = self.execution.head.events;
        self.step.events.push(HistoryEvent { id, previous_id, at_ms: self.now_ms, kind, details });
        id
    }

    /// An event at the end of a frame's line.
    pub(super) fn event_of(&mut self, frame: FrameId, kind: EventType, details: Details) -> u64 {
        let previous = self.frame(frame).map_or(0, |frame| frame.last_event);
        let id = self.event(previous, kind, details);
        if let Some(frame) = self.frame_mut(frame) {
            frame.last_event = id;
        }
        id
    }

    pub(super) fn command(&mut self, command: Command) {
        self.step.commands.push(command);
    }

    pub(super) fn set_timer(&mut self, timer: Timer, after_ms: u64) {
        self.command(Command::SetTimer(timer, self.now_ms.saturating_add(after_ms)));
    }

    pub(super) fn frame(&self, id: FrameId) -> Option<&Frame> {
        self.look_for(id);
        self.execution.frames.get(&id)
    }

    pub(super) fn frame_mut(&mut self, id: FrameId) -> Option<&mut Frame> {
        self.look_for(id);
        self.execution.changed.insert(id);
        self.execution.frames.get_mut(&id)
    }

    /// The branches or items of a frame, of which no more changes than what it counts.
    pub(super) fn children_mut(&mut self, id: FrameId) -> Option<&mut Children> {
        self.look_for(id);
        match &mut self.execution.frames.get_mut(&id)?.phase {
            Phase::Children(children) => {
                self.execution.counted.insert(id);
                Some(children)
            }
            _ => None,
        }
    }

    fn look_for(&self, id: FrameId) {
        if !self.execution.is_known(id) {
            self.is_lacking.set(true);
        }
    }

    pub(super) fn add(&mut self, frame: Frame) -> FrameId {
        let id = self.execution.head.next_frame;
        self.execution.head.next_frame += 1;
        self.execution.frames.insert(id, frame);
        self.execution.changed.insert(id);
        id
    }

    pub(super) fn remove(&mut self, id: FrameId) -> Option<Frame> {
        self.look_for(id);
        self.execution.changed.insert(id);
        let removed = self.execution.frames.remove(&id);
        if removed.as_ref().is_some_and(Frame::is_counting) {
            self.execution.counted.insert(id);
        }
        removed
    }

    pub(super) fn ready(&mut self, id: FrameId) {
        if let Some(frame) = self.frame_mut(id) {
            frame.phase = Phase::Ready;
        }
        self.execution.head.ready.push_back(id);
    }

    /// The state that a frame is in.
    pub(super) fn state_of(&self, id: FrameId) -> Option<&'a State> {
        self.definition.state(self.frame(id)?.state)
    }

    /// What a frame waited for came.
    pub(super) fn idle(&mut self, id: FrameId) {
        if self.frame(id).is_some_and(Frame::is_counting) {
            self.execution.counted.insert(id);
        }
        if let Some(frame) = self.frame_mut(id) {
            frame.phase = Phase::Idle;
        }
    }

    /// Lets a frame wait for something new.
    pub(super) fn wait_for(&mut self, id: FrameId, phase: Phase) -> Id {
        let mut serial = 0;
        if let Some(frame) = self.frame_mut(id) {
            frame.serial += 1;
            frame.phase = phase;
            serial = frame.serial;
        }
        Id { frame: id, serial }
    }
}

/// A payload as text, if it is neither too large nor too deep.
pub(super) fn payload(value: &Value, of: &str) -> Result<String, Failure> {
    if is_deeper(value, DEPTH_MAX) {
        let cause = format!("The input or output of '{of}' nests more than {DEPTH_MAX} deep.");
        return Err(Failure::limit(names::RUNTIME, cause));
    }
    let text = value.to_string();
    if text.len() > PAYLOAD_BYTES_MAX {
        return Err(Failure::limit(names::DATA_LIMIT, too_large(of)));
    }
    Ok(text)
}

/// How a payload that is too large is spoken of.
pub(super) fn too_large(of: &str) -> String {
    format!(
        "The state/task '{of}' returned a result with a size exceeding the maximum number of bytes service limit."
    )
}

/// There is no way to this: whoever asks about a frame has found it before.
pub(super) fn no_frame() -> Failure {
    Failure::named(names::RUNTIME, "There is no such frame")
}
