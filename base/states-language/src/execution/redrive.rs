//! Redriving: an execution that did not succeed goes on where it failed.
//!
//! What failed or was ended with it is laid aside as it goes, and where the whole execution fails it stays: states with branches and
//! items keep those that are done, and what was at work is done anew. Nothing is entered again that had been entered.

use std::collections::BTreeMap;

use super::frame::{Children, Frame, FrameId, Phase};
use super::run::Run;
use super::{Command, Execution, Head, Id, Outcome, Timer};
use crate::definition::Kind;
use crate::event::{Details, EventType};

/// Frames that a failure has ended, until it is caught.
#[derive(Debug, Default)]
pub(super) struct Aside {
    frames: BTreeMap<FrameId, Frame>,
    children: Vec<(FrameId, Children)>,
}

impl Aside {
    pub(super) fn lay(&mut self, id: FrameId, frame: Frame) {
        self.frames.insert(id, frame);
    }

    /// The branches or items that a frame had.
    pub(super) fn lay_children(&mut self, id: FrameId, children: Children) {
        self.children.push((id, children));
    }
}

impl Head {
    /// How many events the history has.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }
}

impl Execution {
    /// All frames: those that stay where it did not succeed.
    pub fn frames(&self) -> impl Iterator<Item = (FrameId, &Frame)> {
        self.frames.iter().map(|(id, frame)| (*id, frame))
    }

    /// Whether it ended in a way from which it can go on.
    #[must_use]
    pub fn is_redrivable(&self) -> bool {
        matches!(&self.head.outcome, Some(outcome) if !matches!(outcome, Outcome::Succeeded(_)))
    }
}

impl Frame {
    /// Whether it is an item that was started, but could not be given an input.
    fn has_no_input(&self) -> bool {
        self.phase == Phase::Ready && self.item.is_none()
    }
}

impl Run<'_> {
    /// Puts back what was laid aside.
    pub(super) fn stay(&mut self) {
        let Aside { frames, children } = std::mem::take(&mut self.aside);
        for (id, frame) in frames {
            self.execution.changed.insert(id);
            self.execution.frames.insert(id, frame);
        }
        for (id, children) in children {
            if let Some(frame) = self.frame_mut(id) {
                frame.phase = Phase::Children(children);
            }
        }
    }

    /// Goes on with what did not succeed. These map runs go on too, where they are what a frame waited for last.
    pub(super) fn redrive(&mut self, map_runs: &[Id]) {
        self.execution.head.outcome = None;
        self.execution.head.about.redrive_count += 1;
        let (count, last) = (self.execution.head.about.redrive_count, self.execution.head.events);
        let event = self.event(last, EventType::ExecutionRedriven, Details::Redriven(count));
        if let Some(timeout_s) = self.definition.timeout_s().filter(|_| self.execution.head.machine == 0) {
            self.set_timer(Timer::Execution, timeout_s.saturating_mul(1000));
        }
        for id in self.execution.frames.keys().copied().collect::<Vec<_>>() {
            if self.is_over() {
                return;
            }
            self.again(id, event, map_runs);
        }
    }

    fn map_run_again(&mut self, id: FrameId) {
        let waited = self.wait_for(id, Phase::MapRun);
        self.command(Command::RedriveMapRun(waited));
    }

    /// Does what the state of a frame does once more, unless it waits for others.
    fn again(&mut self, id: FrameId, event: u64, map_runs: &[Id]) {
        let is_ready = self.execution.head.ready.contains(&id);
        let (Some(state), Some(frame)) = (self.state_of(id), self.frame_mut(id)) else { return };
        let waited = Id { frame: id, serial: frame.serial };
        frame.attempts = vec![0; state.retry.len()];
        match &frame.phase {
            Phase::Done(_) | Phase::Pending => {}
            Phase::Children(children) => {
                let started = children.first..children.first + children.started;
                if let Kind::Map(map) = &state.kind {
                    for item in started {
                        if self.frame(item).is_some_and(Frame::has_no_input)
                            && let Err(failure) = self.start_item(id, state, map, (item, event))
                        {
                            return self.fail(id, failure);
                        }
                    }
                }
            }
            Phase::Ready if is_ready => {}
            Phase::Ready => {
                frame.last_event = event;
                self.ready(id);
            }
            _ => {
                frame.last_event = event;
                frame.phase = Phase::Idle;
                // What a map run failed with may have been caught: then the frame is in another state.
                match &state.kind {
                    Kind::Map(map) if map.distributed.is_some() && map_runs.contains(&waited) => {
                        self.map_run_again(id);
                    }
                    _ => self.begin(id),
                }
            }
        }
    }
}
