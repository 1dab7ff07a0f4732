//! An execution in parts: it is stored record by record, and taken up again with no more of them than a step needs.
//!
//! A step needs the frame that its input is for, those around it, and of their items the one whose turn comes next. Where it turns
//! out to need more, because a state with many items ends or fails, it is taken once more with all of them.

use serde::{Deserialize, Serialize};

use super::frame::{Frame, FrameId, Phase};
use super::run::Run;
use super::{Execution, Given, Head, Input, Moment, Step, Timer};
use crate::definition::Definition;

/// Where the frames of an execution are stored.
pub trait Frames {
    /// Why one cannot be read.
    type Error;

    /// A frame, if it is still there.
    ///
    /// # Errors
    /// When it cannot be read.
    fn one(&self, id: FrameId) -> Result<Option<Frame>, Self::Error>;

    /// All of them.
    ///
    /// # Errors
    /// When they cannot be read.
    fn all(&self) -> Result<Vec<(FrameId, Frame)>, Self::Error>;
}

/// What a step changed of an execution.
#[derive(Debug)]
pub struct Changes<'a> {
    /// Always.
    pub head: &'a Head,
    /// The frames that are new, or not as they were; those that are no more have none.
    pub frames: Vec<(FrameId, Option<&'a Frame>)>,
    /// What frames count of their items, which goes before what the frame says; those that count no more have none.
    pub counts: Vec<(FrameId, Option<Counts>)>,
}

/// How many items of a frame were started, and how many are done. It changes with each of them; the frame does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub(super) started: u32,
    pub(super) done: u32,
}

impl Frame {
    /// Whether it counts items, so that its [`Counts`] are to be looked for.
    #[must_use]
    pub fn is_counting(&self) -> bool {
        matches!(self.phase, Phase::Children(_))
    }

    /// The same frame at these counts, if it is not further itself.
    #[must_use]
    pub fn counted(mut self, counts: Counts) -> Self {
        if let Phase::Children(children) = &mut self.phase {
            children.started = children.started.max(counts.started);
            children.done = children.done.max(counts.done);
        }
        self
    }
}

impl Execution {
    /// An execution as it was stored in parts. Its input is JSON.
    pub fn restored(head: Head, input: String, frames: impl IntoIterator<Item = (FrameId, Frame)>) -> Self {
        Execution { frames: frames.into_iter().collect(), ..Self::of(head, Given::Text(input)) }
    }

    /// An execution of which no frame is at hand yet. It is for [`step_among`].
    #[must_use]
    pub fn in_parts(head: Head, input: String) -> Self {
        Execution { is_partial: true, ..Self::of(head, Given::Text(input)) }
    }

    /// What was changed since it was asked before.
    pub fn changes(&mut self) -> Changes<'_> {
        let (changed, counted) = (std::mem::take(&mut self.changed), std::mem::take(&mut self.counted));
        let frames = changed.into_iter().map(|id| (id, self.frames.get(&id)));
        let counts = counted.into_iter().map(|id| (id, self.counts_of(id)));
        Changes { head: &self.head, frames: frames.collect(), counts: counts.collect() }
    }

    fn counts_of(&self, id: FrameId) -> Option<Counts> {
        match &self.frames.get(&id)?.phase {
            Phase::Children(children) => Some(Counts { started: children.started, done: children.done }),
            _ => None,
        }
    }

    /// Brings what an input needs at first.
    pub(super) fn reach<F: Frames>(&mut self, input: &Input, frames: &F) -> Result<(), F::Error> {
        if !self.is_partial {
            return Ok(());
        }
        let mut next = frame_of(input).filter(|_| self.head.ready.is_empty());
        if next.is_none() {
            return self.fill(frames);
        }
        while let Some(id) = next {
            self.bring(id, frames)?;
            let Some(frame) = self.frames.get(&id) else { return Ok(()) };
            next = frame.parent;
            if let Phase::Children(children) = &frame.phase
                && children.started < children.count
            {
                let item = children.first + children.started;
                self.bring(item, frames)?;
            }
        }
        self.is_partial = self.frames.len() < self.head.next_frame as usize;
        Ok(())
    }

    fn bring<F: Frames>(&mut self, id: FrameId, frames: &F) -> Result<(), F::Error> {
        if self.is_known(id) {
            return Ok(());
        }
        match frames.one(id)? {
            Some(frame) => drop(self.frames.insert(id, frame)),
            // It is no more, as if it had been removed by now.
            None => drop(self.changed.insert(id)),
        }
        Ok(())
    }

    /// Whether a frame is at hand, or is known not to be.
    pub(super) fn is_known(&self, id: FrameId) -> bool {
        !self.is_partial || self.frames.contains_key(&id) || self.changed.contains(&id)
    }

    /// Brings all that is not at hand.
    pub(super) fn fill<F: Frames>(&mut self, frames: &F) -> Result<(), F::Error> {
        for (id, frame) in frames.all()? {
            if !self.is_known(id) {
                self.frames.insert(id, frame);
            }
        }
        self.is_partial = false;
        Ok(())
    }
}

/// Gives an input to an execution that was begun [`Execution::in_parts`]: frames are brought as they are needed.
///
/// # Errors
/// When a frame cannot be read.
pub fn step_among<F: Frames>(
    definition: &Definition,
    execution: &mut Execution,
    moment: Moment,
    input: Input,
    frames: &F,
) -> Result<Step, F::Error> {
    execution.reach(&input, frames)?;
    if execution.is_partial {
        let before = execution.clone();
        let (step, is_lacking) = Run::new(definition, execution, moment).step(input.clone());
        if !is_lacking {
            return Ok(step);
        }
        *execution = before;
        execution.fill(frames)?;
    }
    Ok(super::step(definition, execution, moment, input))
}

/// The frame that an input is for; none where it is for all.
fn frame_of(input: &Input) -> Option<FrameId> {
    match input {
        Input::TaskStarted { id, .. }
        | Input::TaskSubmitted { id, .. }
        | Input::TaskSucceeded { id, .. }
        | Input::TaskFailed { id, .. }
        | Input::TaskHeartbeat { id }
        | Input::MapRunStarted { id, .. }
        | Input::MapRunRedriven { id, .. }
        | Input::MapRunSucceeded { id, .. }
        | Input::MapRunFailed { id, .. } => Some(id.frame),
        Input::TimerFired(Timer::Wait(id) | Timer::Retry(id) | Timer::Timeout(id) | Timer::Heartbeat(id)) => {
            Some(id.frame)
        }
        Input::TimerFired(Timer::Execution)
        | Input::Started { .. }
        | Input::Continue
        | Input::Stopped { .. }
        | Input::Redriven { .. } => None,
    }
}
