//! What is seen of a state while it runs: what came of it, and how it ended.

use serde_json::{Map, Value};
use states_language::event::{Details, HistoryEvent};
use states_language::execution::Outcome;

/// How a state ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Succeeded,
    Failed,
    /// It would be tried again after so long.
    Retriable {
        after_ms: u64,
    },
    /// It failed, and goes on elsewhere.
    Caught,
}

/// What was seen of a state.
pub(super) struct Seen {
    pub(super) end: End,
    /// What its task was given.
    pub(super) parameters: Option<String>,
    /// What came of that.
    pub(super) result: Option<Value>,
    pub(super) output: Option<String>,
    pub(super) assigned: Option<Map<String, Value>>,
    pub(super) next: Option<String>,
    pub(super) failure: Option<(Option<String>, Option<String>)>,
}

impl Seen {
    /// It failed before anything came of it.
    pub(super) fn failed((error, cause): (String, String)) -> Self {
        Seen { end: End::Failed, failure: Some((Some(error), Some(cause))), ..Self::nothing() }
    }

    pub(super) fn nothing() -> Self {
        Seen {
            end: End::Failed,
            parameters: None,
            result: None,
            output: None,
            assigned: None,
            next: None,
            failure: None,
        }
    }

    pub(super) fn note(&mut self, name: &str, event: HistoryEvent) {
        match event.details {
            Details::StateExited { name: exited, output, assigned }
                if exited == name && self.output.is_none() =>
            {
                let parse = |(name, text): (String, String)| Some((name, serde_json::from_str(&text).ok()?));
                self.assigned = assigned.map(|assigned| assigned.into_iter().filter_map(parse).collect());
                self.output = Some(output);
                self.end = if self.failure.is_some() { End::Caught } else { End::Succeeded };
            }
            Details::StateEntered { name: entered, .. } if self.output.is_some() && self.next.is_none() => {
                self.next = Some(entered);
            }
            Details::Evaluation { error, cause, .. } => self.failure = Some((Some(error), Some(cause))),
            _ => {}
        }
    }

    pub(super) fn complete(&mut self, outcome: Outcome) {
        if let (Outcome::Failed { error, cause }, None) = (outcome, &self.output) {
            // Where the state stands in the machine is not to be seen.
            let cause = cause.map(|cause| match cause.split_once("). ") {
                Some((place, bare)) if place.contains("(entered at the event id #") => bare.to_owned(),
                _ => cause,
            });
            self.end = End::Failed;
            self.failure = Some((error, cause));
        }
    }
}
