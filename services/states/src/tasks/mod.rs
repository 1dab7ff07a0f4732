//! What Task states call: each kind of integration in a file of its own.
//!
//! A task is called in the name of the state machine's role: by itself ([`run`]), or where its operation is one transaction as a
//! part of its caller's ([`take_part`]). What comes of it is an [`Answer`] or a [`TaskFailure`]; that it is written into the
//! execution's history, timed out, retried and caught is not to be seen here.
//!
//! Never here: executions, histories, timers.

mod call;
mod calls;
mod catalog;
mod function;
mod gateway;
mod nested;
mod optimised;
mod parameters;
mod refusal;
mod sdk;

use serde_json::Value;
use service::{Cloud, Context};
use states_language::definition::{Diagnostic, Pattern, Resource, ResourceKind, Severity};
use states_language::execution::FailedAt;
use states_language::failure::names as errors;
use wire::OperationFacts;

use self::calls::Calls;
pub(crate) use self::calls::{effect, take_part};
pub(crate) use self::parameters::suitability;

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

impl Task {
    /// The service of an integration, as its resource names it.
    fn service(&self) -> &str {
        match &self.resource.kind {
            ResourceKind::Service { service, .. } => service,
            _ => &self.resource.arn,
        }
    }

    /// The same task, to be called once more.
    fn again(&self) -> Task {
        Task {
            id: self.id.clone(),
            resource: self.resource.clone(),
            parameters: Value::Null,
            token: self.token.clone(),
            execution_arn: self.execution_arn.clone(),
        }
    }
}

/// What is wrong with a resource that a state names; definitions are refused for it.
pub(crate) fn check(cloud: &Cloud, state: &str, resource: &Resource) -> Option<Diagnostic> {
    let ResourceKind::Service { service, action, pattern } = &resource.kind else { return None };
    if catalog::knows(cloud, service, action, *pattern) {
        return None;
    }
    let message = format!(
        "The resource provided {} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.",
        resource.arn
    );
    Some(Diagnostic {
        severity: Severity::Error,
        code: "SCHEMA_VALIDATION_FAILED",
        message,
        location: Some(format!("/States/{state}/Resource")),
    })
}

/// The operation that an action of an integration calls, where its service is here.
pub(crate) fn operation(cloud: &Cloud, service: &str, action: &str) -> Option<&'static OperationFacts> {
    catalog::find(cloud, service, action).map(|(_, operation)| operation)
}

/// Calls a task. `context` acts as the state machine's role.
pub(crate) async fn run(context: &Context, task: &Task) -> Result<Answer, TaskFailure> {
    run_by(&mut Calls::alone(context), task).await
}

async fn run_by(calls: &mut Calls<'_, '_>, task: &Task) -> Result<Answer, TaskFailure> {
    match &task.resource.kind {
        ResourceKind::Function => function::invoke(calls.context, task).await.map(Answer::Output),
        // Workers ask for activities; nobody calls them.
        ResourceKind::Activity => Err(not_here(&task.resource)),
        ResourceKind::Service { service, action, pattern } => {
            let answer = integrated(calls, task, service, catalog::bare(action)).await;
            match pattern {
                Pattern::RequestResponse => answer,
                Pattern::WaitForTaskToken => answer.map(submitted).map_err(unsubmitted),
                Pattern::Sync(_) => answer.map_err(unsubmitted),
            }
        }
    }
}

async fn integrated(
    calls: &mut Calls<'_, '_>,
    task: &Task,
    service: &str,
    action: &str,
) -> Result<Answer, TaskFailure> {
    let is_job = matches!(task.resource.kind, ResourceKind::Service { pattern: Pattern::Sync(_), .. });
    let answer = match (service, action) {
        ("states", "startExecution") if is_job => return nested::begin(calls, task).await,
        ("states", "startExecution") => nested::start(calls, task).await,
        ("lambda", "invoke") => function::invoke_by_name(calls, task).await,
        ("dynamodb", _) => optimised::call(calls, task, action, refusal::DYNAMODB).await,
        ("sqs", _) => optimised::call(calls, task, action, refusal::SQS).await,
        ("sns", _) => optimised::call(calls, task, action, refusal::SNS).await,
        _ if gateway::is_invoke(service, action) => gateway::invoke(calls.context, task).await,
        _ => match service.strip_prefix("aws-sdk:") {
            Some(service) => sdk::call(calls, task, service, action).await,
            None => Err(not_here(&task.resource)),
        },
    };
    answer.map(Answer::Output)
}

/// The call was answered; the task goes on.
fn submitted(answer: Answer) -> Answer {
    match answer {
        Answer::Output(answer) => Answer::Submitted(answer),
        other => other,
    }
}

/// The call was refused, so that nothing goes on.
fn unsubmitted(failure: TaskFailure) -> TaskFailure {
    match failure.at {
        FailedAt::Work => TaskFailure { at: FailedAt::Submit, ..failure },
        _ => failure,
    }
}

/// Waits for the end of a job that [`run`] began.
pub(crate) async fn follow(context: &Context, task: &Task, job: &Value) -> Result<Value, TaskFailure> {
    match &task.resource.kind {
        ResourceKind::Service { service, pattern: Pattern::Sync(version), .. } if service == "states" => {
            nested::follow(context, task, job, *version).await
        }
        _ => Err(not_here(&task.resource)),
    }
}

/// Ends a job that [`run`] began, as far as that can be done: its task is wanted no more.
pub(crate) async fn cancel(context: &Context, task: &Task, job: &Value) {
    if task.service() == "states" {
        nested::stop(context, job).await;
    }
}

/// The failure of a task whose call ended with the process that made it. What it did nobody knows, so that its Retry alone says
/// whether it is called again.
pub(crate) fn lost(context: &Context, task: &Task) -> TaskFailure {
    let failure = refusal::lost(context, &task.resource);
    match &task.resource.kind {
        ResourceKind::Service { pattern: Pattern::WaitForTaskToken | Pattern::Sync(_), .. } => {
            unsubmitted(failure)
        }
        _ => failure,
    }
}

/// An integration with a service that is not here. What its error is called is not AWS's to say.
fn not_here(resource: &Resource) -> TaskFailure {
    TaskFailure::of_work(errors::TASK_FAILED, format!("{} is not implemented.", resource.arn))
}
