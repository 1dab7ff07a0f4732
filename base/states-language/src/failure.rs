//! Why a state failed: an error's name and cause, and what Retry and Catch may make of it.
//!
//! Never decides what happens next: `execution/failing.rs` does.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The names that the language reserves.
pub mod names {
    /// Matches everything but what ends an execution for certain.
    pub const ALL: &str = "States.ALL";
    /// Matches every error but a time-out.
    pub const TASK_FAILED: &str = "States.TaskFailed";
    /// A task ran for too long, or was silent for too long.
    pub const TIMEOUT: &str = "States.Timeout";
    /// A task was silent for too long.
    pub const HEARTBEAT_TIMEOUT: &str = "States.HeartbeatTimeout";
    /// A ResultPath that the input has no place for.
    pub const RESULT_PATH: &str = "States.ResultPathMatchFailure";
    /// A path in a payload template that finds nothing.
    pub const PARAMETER_PATH: &str = "States.ParameterPathFailure";
    /// A JSONata expression that fails, or gives what its field does not take.
    pub const QUERY: &str = "States.QueryEvaluationError";
    /// A branch of a Parallel state failed.
    pub const BRANCH: &str = "States.BranchFailed";
    /// No rule of a Choice state holds, and it has no default.
    pub const NO_CHOICE: &str = "States.NoChoiceMatched";
    /// An intrinsic function refused its arguments.
    pub const INTRINSIC: &str = "States.IntrinsicFailure";
    /// More items of a Map state failed than are tolerated.
    pub const TOLERATED: &str = "States.ExceedToleratedFailureThreshold";
    /// The items of a Map state could not be read.
    pub const ITEM_READER: &str = "States.ItemReaderFailed";
    /// The results of a Map state could not be written.
    pub const RESULT_WRITER: &str = "States.ResultWriterFailed";
    /// A payload is larger than 256 KB.
    pub const DATA_LIMIT: &str = "States.DataLimitExceeded";
    /// What no Retry and no Catch sees.
    pub const RUNTIME: &str = "States.Runtime";
}

/// Where a failure comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Origin {
    /// From a task, a branch or a Fail state.
    Reported,
    /// From a state that had nowhere to go, or nowhere to put its result.
    State,
    /// From a field in JSONPath. Nobody catches it but by its own name; otherwise it shows as `States.Runtime`.
    Field,
    /// From a JSONata expression at this place of the state.
    Query(String),
    /// From a limit. Nobody catches it.
    Limit,
}

/// Why a state failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    error: Option<String>,
    cause: Option<String>,
    origin: Origin,
    /// Whether it was passed on by a branch or an item, and so names its state already.
    is_of_branch: bool,
}

impl Failure {
    /// What a task or a Fail state reports.
    #[must_use]
    pub fn reported(error: Option<String>, cause: Option<String>) -> Self {
        Failure { error, cause, origin: Origin::Reported, is_of_branch: false }
    }

    /// A failure with one of the reserved names, which Retry and Catch see.
    pub(crate) fn named(error: &str, cause: impl Into<String>) -> Self {
        Self::of(error, cause, Origin::Reported)
    }

    /// A time-out of a task, which has no cause.
    pub(crate) fn timeout(error: &str) -> Self {
        Self::reported(Some(error.to_owned()), None)
    }

    /// A failure of a state that Retry and Catch see, with the state's name in its cause.
    pub(crate) fn of_state(error: &str, cause: impl Into<String>) -> Self {
        Self::of(error, cause, Origin::State)
    }

    /// A failure of a task that cannot be scheduled. The state's entry led to it, unlike to failures of its fields.
    pub(crate) fn unsuitable(state: &str, entered_event: u64, why: String) -> Self {
        Self::of_state(names::RUNTIME, why).within(state, entered_event).of_branch()
    }

    pub(crate) fn field(error: &str, cause: impl Into<String>) -> Self {
        Self::of(error, cause, Origin::Field)
    }

    pub(crate) fn query(location: &str, cause: impl Into<String>) -> Self {
        Self::of(names::QUERY, cause, Origin::Query(location.to_owned()))
    }

    pub(crate) fn limit(error: &str, cause: impl Into<String>) -> Self {
        Self::of(error, cause, Origin::Limit)
    }

    fn of(error: &str, cause: impl Into<String>, origin: Origin) -> Self {
        Failure { error: Some(error.to_owned()), cause: Some(cause.into()), origin, is_of_branch: false }
    }

    /// The error's name, as a history shows it.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        match self.origin {
            Origin::Field => Some(names::RUNTIME),
            _ => self.error.as_deref(),
        }
    }

    /// What a human reads.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The place of the JSONata expression that failed, if that is why.
    pub(crate) fn location(&self) -> Option<&str> {
        match &self.origin {
            Origin::Query(location) => Some(location),
            _ => None,
        }
    }

    /// Whether a state's own fields failed, so that its name belongs to the cause.
    pub(crate) fn is_of_state(&self) -> bool {
        self.origin != Origin::Reported && !self.is_of_branch
    }

    /// The same, said of a state.
    pub(crate) fn within(mut self, state: &str, entered_event: u64) -> Self {
        if self.is_of_state() {
            let cause = self.cause.take().unwrap_or_default();
            let whole = format!(
                "An error occurred while executing the state '{state}' (entered at the event id #{entered_event}). {cause}"
            );
            self.cause = Some(whole);
        }
        self
    }

    /// What the parent of a branch sees of it.
    pub(crate) fn of_branch(self) -> Self {
        match self.origin {
            Origin::Field | Origin::Limit => Failure { is_of_branch: true, ..self },
            _ => Failure { origin: Origin::Reported, ..self },
        }
    }

    /// Whether a Retry or a Catch for these names is for this failure.
    pub(crate) fn matches(&self, wanted: &[String]) -> bool {
        let own = self.error.as_deref().unwrap_or_default();
        if self.origin == Origin::Limit || own == names::RUNTIME {
            return false;
        }
        let is_timeout = own == names::TIMEOUT || own == names::HEARTBEAT_TIMEOUT;
        wanted.iter().any(|name| match name.as_str() {
            name if name == own => true,
            _ if self.origin == Origin::Field => false,
            names::ALL => true,
            names::TASK_FAILED => !is_timeout,
            names::TIMEOUT => is_timeout,
            _ => false,
        })
    }

    /// What a Catch gives to the next state.
    pub(crate) fn output(&self) -> Value {
        json!({ "Error": self.error.as_deref().unwrap_or_default(), "Cause": self.cause().unwrap_or_default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(failure: &Failure, names: &[&str]) -> bool {
        failure.matches(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn reserved_names_stand_for_kinds_of_errors() {
        let own = Failure::reported(Some("Mine".into()), None);
        assert!(matches(&own, &["Other", "Mine"]) && matches(&own, &["States.ALL"]));
        assert!(matches(&own, &["States.TaskFailed"]) && !matches(&own, &["States.Timeout"]));
        let silent = Failure::timeout(names::HEARTBEAT_TIMEOUT);
        assert!(matches(&silent, &["States.Timeout"]) && matches(&silent, &["States.HeartbeatTimeout"]));
        assert!(!matches(&silent, &["States.TaskFailed"]) && matches(&silent, &["States.ALL"]));
        assert!(!matches(&Failure::timeout(names::TIMEOUT), &["States.HeartbeatTimeout"]));
    }

    #[test]
    fn what_fields_fail_with_is_caught_by_name_alone() {
        let path = Failure::field(names::PARAMETER_PATH, "x");
        assert_eq!(path.error(), Some("States.Runtime"));
        assert!(matches(&path, &["States.ParameterPathFailure"]) && !matches(&path, &["States.ALL"]));
        assert!(!matches(
            &Failure::limit(names::DATA_LIMIT, "x"),
            &["States.ALL", "States.DataLimitExceeded"]
        ));
        assert!(!matches(&Failure::named(names::RUNTIME, "x"), &["States.ALL", "States.Runtime"]));
        assert!(matches(&Failure::query("Output", "x"), &["States.ALL"]));
    }
}
