//! What Task states call: each kind of integration in a file of its own.
//!
//! A task is called in the name of the state machine's role, at least once: after a crash it may be called again with the same
//! [`Task::id`]. What comes of it is an [`Answer`] or a [`TaskFailure`]; that it is written into the execution's history, timed
//! out, retried and caught is not to be seen here.
//!
//! Never here: executions, histories, timers.

mod function;

use serde_json::Value;
use service::Context;
use states_language::definition::{Diagnostic, Resource, ResourceKind};
use states_language::execution::FailedAt;

/// A task to call.
pub(crate) struct Task {
    /// The same each time that this task is called, and no other's: for tokens of repeated requests.
    pub(crate) id: String,
    /// What to call.
    pub(crate) resource: Resource,
    /// With what.
    pub(crate) parameters: Value,
    /// Whoever has this may end it, where the resource waits for that. Parameters have it already.
    pub(crate) token: Option<String>,
    /// The execution's ARN.
    pub(crate) execution_arn: String,
}

/// What came of a call.
pub(crate) enum Answer {
    /// The task's result.
    Output(Value),
    /// The call's answer. The task goes on until somebody ends it by its token.
    Submitted(Value),
    /// The call's answer. The task goes on until the job ends that it began: [`follow`] is given what names it.
    Begun {
        /// What the history shows.
        answer: Value,
        /// What names the job.
        job: Value,
    },
}

/// Why a task failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaskFailure {
    /// At what.
    pub(crate) at: FailedAt,
    /// The error's name.
    pub(crate) error: String,
    /// What a human reads.
    pub(crate) cause: String,
}

impl TaskFailure {
    /// A failure of its work.
    pub(crate) fn of_work(error: impl Into<String>, cause: impl Into<String>) -> Self {
        TaskFailure { at: FailedAt::Work, error: error.into(), cause: cause.into() }
    }
}

/// What is wrong with a resource that a state names; definitions are refused for it.
pub(crate) fn check(state: &str, resource: &Resource) -> Option<Diagnostic> {
    let (_, _) = (state, resource);
    None
}

/// Calls a task. `context` acts as the state machine's role.
pub(crate) async fn run(context: &Context, task: &Task) -> Result<Answer, TaskFailure> {
    match &task.resource.kind {
        ResourceKind::Function => function::invoke(context, task).await.map(Answer::Output),
        // Workers ask for activities; nobody calls them.
        ResourceKind::Activity => Err(not_here(&task.resource)),
        ResourceKind::Service { .. } => Err(not_here(&task.resource)),
    }
}

/// Waits for the end of a job that [`run`] began.
pub(crate) async fn follow(_context: &Context, task: &Task, _job: &Value) -> Result<Value, TaskFailure> {
    Err(not_here(&task.resource))
}

/// Ends a job that [`run`] began, as far as that can be done: its task is wanted no more.
pub(crate) async fn cancel(_context: &Context, _task: &Task, _job: &Value) {}

fn not_here(resource: &Resource) -> TaskFailure {
    TaskFailure::of_work("States.Runtime", format!("{} is not implemented.", resource.arn))
}
