//! Task states: what is asked for, what comes of it, and how long is waited.

use serde_json::Value;

use super::frame::{FrameId, Phase};
use super::run::{Run, payload, too_large};
use super::{Command, FailedAt, Id, Input, PAYLOAD_BYTES_MAX, Scheduled, Timer};
use crate::definition::{Field, Kind, Resource, ResourceKind, State, Task};
use crate::event::{Details, EventType, TaskDetails};
use crate::failure::{Failure, names};
use crate::scope::{Scope, Subject};

/// The bounds of TimeoutSeconds and HeartbeatSeconds.
const SECONDS: (u64, u64) = (1, 99_999_999);

/// What a task needs to be asked for.
struct Wanted {
    parameters: Value,
    timeout_s: Option<u64>,
    heartbeat_s: Option<u64>,
    role_arn: Option<String>,
}

impl<'a> Run<'a> {
    pub(super) fn schedule(&mut self, id: FrameId, state: &State, task: &Task) -> Result<(), Failure> {
        // The serial number comes first: the token that parameters may hold is made of it.
        let waited = self.wait_for(id, Phase::Idle);
        let wanted = self.ask(id, state, |scope, data| wanted(state, task, scope, data))?;
        let parameters = payload(&wanted.parameters, &state.name)?;
        let entered_event = self.frame(id).map_or(0, |frame| frame.entered_event);
        let suits = self.definition.suits(&task.resource, &wanted.parameters);
        suits.map_err(|why| Failure::unsuitable(&state.name, entered_event, why))?;
        let (timeout_s, heartbeat_s) = (wanted.timeout_s, wanted.heartbeat_s);
        if let Some(frame) = self.frame_mut(id) {
            frame.phase = Phase::Task { has_timeout: timeout_s.is_some(), heartbeat_s };
        }
        let scheduled = Scheduled {
            id: waited,
            resource: task.resource.clone(),
            parameters,
            timeout_s,
            heartbeat_s,
            role_arn: wanted.role_arn,
            token: self.token(state, waited),
        };
        self.event_of(id, of(&task.resource, "Scheduled"), scheduled_details(&scheduled));
        self.command(Command::ScheduleTask(scheduled));
        if let Some(timeout_s) = timeout_s {
            self.set_timer(Timer::Timeout(waited), timeout_s * 1000);
        }
        self.set_heartbeat(waited, heartbeat_s);
        Ok(())
    }

    fn set_heartbeat(&mut self, id: Id, heartbeat_s: Option<u64>) {
        if let Some(heartbeat_s) = heartbeat_s {
            self.set_timer(Timer::Heartbeat(id), heartbeat_s * 1000);
        }
    }

    /// Cancels the timers of a frame's task.
    pub(super) fn cancel_task_timers(&mut self, frame: FrameId) {
        let Some(known) = self.frame(frame) else { return };
        let id = Id { frame, serial: known.serial };
        let Phase::Task { has_timeout, heartbeat_s } = known.phase else { return };
        if has_timeout {
            self.command(Command::CancelTimer(Timer::Timeout(id)));
        }
        if heartbeat_s.is_some() {
            self.command(Command::CancelTimer(Timer::Heartbeat(id)));
        }
    }

    fn task_ended(&mut self, id: FrameId) {
        self.cancel_task_timers(id);
        self.idle(id);
    }

    /// What comes of a task, if it is still waited for.
    pub(super) fn of_task(&mut self, input: Input) {
        match input {
            Input::TaskStarted { id, worker } => {
                if let Some((_, resource)) = self.task(id) {
                    self.event_of(id.frame, of(resource, "Started"), started_details(resource, worker));
                }
            }
            Input::TaskSubmitted { id, output } => {
                if let Some((_, resource)) = self.task(id) {
                    let details = details(resource, TaskDetails::Output(output));
                    self.event_of(id.frame, EventType::TaskSubmitted, details);
                }
            }
            Input::TaskHeartbeat { id } => {
                let frame = self.task(id).and(self.frame(id.frame));
                if let Some(&Phase::Task { heartbeat_s, .. }) = frame.map(|frame| &frame.phase) {
                    self.set_heartbeat(id, heartbeat_s);
                }
            }
            Input::TaskSucceeded { id, output } => self.task_succeeded(id, output),
            Input::TaskFailed { id, at, error, cause } => self.task_failed(id, at, error, cause),
            _ => {}
        }
    }

    /// The state and the resource of a task that is waited for.
    fn task(&self, id: Id) -> Option<(&'a State, &'a Resource)> {
        let frame = self.frame(id.frame)?;
        let state = self.definition.state(frame.state)?;
        let Kind::Task(task) = &state.kind else { return None };
        frame.awaits(id.serial).then_some((state, &task.resource))
    }

    fn task_succeeded(&mut self, id: Id, output: String) {
        let Some((state, resource)) = self.task(id) else { return };
        if output.len() > PAYLOAD_BYTES_MAX {
            let (error, cause) = (names::DATA_LIMIT.to_owned(), too_large(called(resource)));
            return self.task_failed(id, FailedAt::Work, Some(error), Some(cause));
        }
        let Ok(result) = serde_json::from_str::<Value>(&output) else {
            let cause = "The output of the task is no JSON".to_owned();
            return self.task_failed(id, FailedAt::Work, Some(names::RUNTIME.to_owned()), Some(cause));
        };
        self.task_ended(id.frame);
        self.event_of(id.frame, of(resource, "Succeeded"), details(resource, TaskDetails::Output(output)));
        if let Err(failure) = self.give(id.frame, state, result) {
            self.fail(id.frame, failure);
        }
    }

    fn task_failed(&mut self, id: Id, at: FailedAt, error: Option<String>, cause: Option<String>) {
        let Some((_, resource)) = self.task(id) else { return };
        let what = match at {
            FailedAt::Schedule if matches!(resource.kind, ResourceKind::Service { .. }) => "Failed",
            FailedAt::Schedule => "ScheduleFailed",
            FailedAt::Start => "StartFailed",
            FailedAt::Submit => "SubmitFailed",
            FailedAt::Work => "Failed",
            FailedAt::Time => "TimedOut",
        };
        self.task_ended(id.frame);
        let said = TaskDetails::Error { error: error.clone(), cause: cause.clone() };
        self.event_of(id.frame, of(resource, what), details(resource, said));
        self.fail(id.frame, Failure::reported(error, cause));
    }

    /// A task took too long, or was silent for too long. Histories call both the same.
    pub(super) fn task_timed_out(&mut self, id: Id, error: &str) {
        let Some((_, resource)) = self.task(id) else { return };
        self.command(Command::CancelTask(id));
        self.task_ended(id.frame);
        let said = TaskDetails::Error { error: Some(names::TIMEOUT.to_owned()), cause: None };
        self.event_of(id.frame, of(resource, "TimedOut"), details(resource, said));
        self.fail(id.frame, Failure::timeout(error));
    }
}

fn wanted(state: &State, task: &Task, scope: &Scope<'_>, data: &Value) -> Result<Wanted, Failure> {
    let subject = Subject::data(data);
    let seconds = |field: &Option<Field>| {
        field.as_ref().map(|field| field.integer(scope, subject, SECONDS)).transpose()
    };
    let parameters = match &state.arguments {
        Some(arguments) => arguments.evaluate(scope, subject)?,
        None => data.clone(),
    };
    let credentials =
        task.credentials.as_ref().map(|template| template.evaluate(scope, subject)).transpose()?;
    let role_arn =
        credentials.as_ref().and_then(|credentials| credentials["RoleArn"].as_str()).map(str::to_owned);
    Ok(Wanted {
        parameters,
        timeout_s: seconds(&task.timeout)?,
        heartbeat_s: seconds(&task.heartbeat)?,
        role_arn,
    })
}

/// The event of a task: each kind of resource has names of its own.
fn of(resource: &Resource, what: &str) -> EventType {
    let kind = match resource.kind {
        ResourceKind::Function => "LambdaFunction",
        ResourceKind::Activity => "Activity",
        ResourceKind::Service { .. } => "Task",
    };
    // An activity has no failure of its start: it fails.
    EventType::named(&format!("{kind}{what}")).unwrap_or(match resource.kind {
        ResourceKind::Function => EventType::LambdaFunctionFailed,
        ResourceKind::Activity => EventType::ActivityFailed,
        ResourceKind::Service { .. } => EventType::TaskFailed,
    })
}

/// What is called, as failures name it.
fn called(resource: &Resource) -> &str {
    match &resource.kind {
        ResourceKind::Service { service, .. } => service,
        _ => &resource.arn,
    }
}

fn scheduled_details(task: &Scheduled) -> Details {
    let (timeout_s, heartbeat_s, role_arn) = (task.timeout_s, task.heartbeat_s, task.role_arn.clone());
    let parameters = task.parameters.clone();
    match task.resource.kind {
        ResourceKind::Service { .. } => {
            details(&task.resource, TaskDetails::Scheduled { parameters, timeout_s, heartbeat_s, role_arn })
        }
        _ => {
            let resource = task.resource.arn.clone();
            Details::Scheduled { resource, input: parameters, timeout_s, heartbeat_s, role_arn }
        }
    }
}

fn started_details(resource: &Resource, worker: Option<String>) -> Details {
    match resource.kind {
        ResourceKind::Function => Details::None,
        ResourceKind::Activity => Details::Worker(worker),
        ResourceKind::Service { .. } => details(resource, TaskDetails::Started),
    }
}

/// Details with the resource, where it is an integration's.
fn details(resource: &Resource, what: TaskDetails) -> Details {
    match (&resource.kind, what) {
        (ResourceKind::Service { service, action, .. }, what) => {
            Details::Task { resource_type: service.clone(), resource: action.clone(), what }
        }
        (_, TaskDetails::Output(output)) => Details::Output(output),
        (_, TaskDetails::Error { error, cause }) => Details::Error { error, cause },
        _ => Details::None,
    }
}
