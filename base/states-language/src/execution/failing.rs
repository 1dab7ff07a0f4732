//! Failures: tried again, caught, or passed on to whatever is around.

use super::frame::{FrameId, Phase};
use super::redrive::Aside;
use super::run::Run;
use super::{Outcome, Timer};
use crate::definition::{Kind, State};
use crate::event::{Details, EventType};
use crate::failure::{Failure, names};

impl Run<'_> {
    /// The state of a frame failed.
    pub(super) fn fail(&mut self, id: FrameId, failure: Failure) {
        let (Some(state), Some(frame)) = (self.state_of(id), self.frame(id)) else { return };
        let failure = failure.within(&state.name, frame.entered_event);
        // An item that could not even start leaves others that run.
        self.abort_children(id, frame.last_event, None);
        self.note_evaluation(id, state, &failure);
        if self.retry(id, state, &failure) {
            self.aside = Aside::default();
            return;
        }
        let catcher = state.catch.iter().find(|catcher| is_for(&catcher.errors, state, &failure));
        // What comes of a catcher may fail too, and that is another failure.
        let aside = std::mem::take(&mut self.aside);
        let uncaught = match catcher {
            Some(catcher) => match self.leave_by_catch(id, state, catcher, &failure) {
                Ok(()) => return,
                Err(failure) => {
                    let entered_event = self.frame(id).map_or(0, |frame| frame.entered_event);
                    let failure = failure.within(&state.name, entered_event);
                    self.note_evaluation(id, state, &failure);
                    failure
                }
            },
            None => failure,
        };
        self.aside = aside;
        self.fail_frame(id, uncaught);
    }

    /// An expression that failed has an event of its own.
    fn note_evaluation(&mut self, id: FrameId, state: &State, failure: &Failure) {
        let Some(location) = failure.location() else { return };
        let details = Details::Evaluation {
            error: failure.error().unwrap_or_default().to_owned(),
            cause: failure.cause().unwrap_or_default().to_owned(),
            location: location.to_owned(),
            state: state.name.to_string(),
        };
        self.event_of(id, EventType::EvaluationFailed, details);
    }

    /// Tries again later, if the first rule for the failure has attempts left.
    fn retry(&mut self, id: FrameId, state: &State, failure: &Failure) -> bool {
        let Some(index) = state.retry.iter().position(|rule| is_for(&rule.errors, state, failure)) else {
            return false;
        };
        let rule = &state.retry[index];
        let attempts =
            self.frame(id).and_then(|frame| frame.attempts.get(index)).copied().unwrap_or_default();
        if attempts >= rule.attempts_max {
            return false;
        }
        let delay_ms = rule.delay_ms(attempts, &self.chance);
        if let Some(used) = self.frame_mut(id).and_then(|frame| frame.attempts.get_mut(index)) {
            *used += 1;
        }
        let waited = self.wait_for(id, Phase::Retrying);
        self.set_timer(Timer::Retry(waited), delay_ms);
        true
    }

    fn fail_frame(&mut self, id: FrameId, failure: Failure) {
        let Some(frame) = self.frame(id) else { return };
        match frame.parent {
            Some(parent) => self.child_failed(parent, id, failure.of_branch()),
            None => {
                // What a state's own fields fail with has no event before it that led to it.
                let is_first = failure.is_of_state() && failure.location().is_none();
                let previous = if is_first { 0 } else { frame.last_event };
                self.fail_execution(previous, &failure);
            }
        }
    }

    pub(super) fn fail_execution(&mut self, previous: u64, failure: &Failure) {
        self.event(previous, EventType::ExecutionFailed, Details::error(failure.error(), failure.cause()));
        let (error, cause) = (failure.error().map(str::to_owned), failure.cause().map(str::to_owned));
        self.complete(Outcome::Failed { error, cause });
    }
}

/// Whether a rule is for a failure. Branches that fail have another name for it.
fn is_for(errors: &[String], state: &State, failure: &Failure) -> bool {
    let is_branch = matches!(state.kind, Kind::Parallel { .. });
    let is_catchable = || failure.matches(&[names::ALL.to_owned()]);
    failure.matches(errors)
        || (is_branch && errors.iter().any(|error| error == names::BRANCH) && is_catchable())
}
