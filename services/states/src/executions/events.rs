//! Events of histories as the API shows them: each type has its details under a name of its own.

mod task;

use std::collections::BTreeMap;

use api_states as api;
use names::Scope;
use states_language::event::{Details, EventType, HistoryEvent};
use wire::Timestamp;

use self::task::Task;
use super::{alias_arn, version_arn};
use crate::execution::Execution;

/// Whether payloads are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Data {
    Shown,
    Left,
}

/// A payload as far as it is shown, and what is said of that.
type Payload = (Option<String>, Option<api::HistoryEventExecutionDataDetails>);

impl Data {
    fn of(self, payload: String) -> Payload {
        match self {
            Data::Shown => {
                (Some(payload), Some(api::HistoryEventExecutionDataDetails { truncated: Some(false) }))
            }
            Data::Left => (None, None),
        }
    }
}

/// An error's name and cause.
type Error = (Option<String>, Option<String>);

/// An event as the API shows it.
pub(crate) fn shown(
    event: HistoryEvent,
    execution: &Execution,
    scope: &Scope,
    data: Data,
) -> api::HistoryEvent {
    let mut shown = api::HistoryEvent {
        timestamp: Timestamp(i64::try_from(event.at_ms).unwrap_or_default()),
        r#type: event.kind.as_str().into(),
        id: i64::try_from(event.id).unwrap_or_default(),
        previous_event_id: i64::try_from(event.previous_id).ok(),
        ..api::HistoryEvent::default()
    };
    match event.details {
        Details::None => plain(&mut shown, event.kind),
        Details::Started { input, role_arn } => {
            shown.execution_started_event_details = Some(started(data.of(input), role_arn, execution, scope));
        }
        Details::StateEntered { name, input } => {
            let (input, input_details) = data.of(input);
            shown.state_entered_event_details =
                Some(api::StateEnteredEventDetails { name, input, input_details });
        }
        Details::StateExited { name, output, assigned } => {
            shown.state_exited_event_details = Some(exited(name, output, assigned, data));
        }
        Details::Scheduled { .. } => scheduled(&mut shown, event.kind, event.details, data),
        Details::Worker(worker_name) => {
            shown.activity_started_event_details = Some(api::ActivityStartedEventDetails { worker_name });
        }
        Details::Task { resource_type, resource, what } => {
            Task { resource_type, resource, region: scope.region.as_str() }
                .show(&mut shown, event.kind, what, data);
        }
        Details::Output(output) => output_of(&mut shown, event.kind, data.of(output)),
        Details::Error { error, cause } => error_of(&mut shown, event.kind, (error, cause)),
        Details::Iteration { name, index } => iteration(&mut shown, event.kind, name, index),
        rest => less_common(&mut shown, rest),
    }
    shown
}

/// Details of items, of map runs, and of what goes wrong or goes on.
fn less_common(shown: &mut api::HistoryEvent, details: Details) {
    match details {
        Details::Length(length) => {
            let length = i32::try_from(length).ok();
            shown.map_state_started_event_details = Some(api::MapStateStartedEventDetails { length });
        }
        Details::MapRun(arn) => {
            let map_run_arn = Some(arn);
            shown.map_run_started_event_details = Some(api::MapRunStartedEventDetails { map_run_arn });
        }
        Details::Redriven(count) => {
            let redrive_count = i32::try_from(count).ok();
            shown.execution_redriven_event_details =
                Some(api::ExecutionRedrivenEventDetails { redrive_count });
        }
        Details::MapRunAgain { arn, count } => {
            shown.map_run_redriven_event_details = Some(api::MapRunRedrivenEventDetails {
                map_run_arn: Some(arn),
                redrive_count: i32::try_from(count).ok(),
            });
        }
        Details::Evaluation { error, cause, location, state } => {
            shown.evaluation_failed_event_details = Some(api::EvaluationFailedEventDetails {
                error: Some(error),
                cause: Some(cause),
                location: Some(location),
                state,
            });
        }
        _ => {}
    }
}

fn started(
    (input, input_details): Payload,
    role_arn: String,
    execution: &Execution,
    scope: &Scope,
) -> api::ExecutionStartedEventDetails {
    api::ExecutionStartedEventDetails {
        input,
        input_details,
        role_arn: Some(role_arn),
        state_machine_alias_arn: alias_arn(execution, scope),
        state_machine_version_arn: version_arn(execution, scope),
    }
}

/// Some types have details that say nothing.
fn plain(shown: &mut api::HistoryEvent, kind: EventType) {
    match kind {
        EventType::ExecutionTimedOut | EventType::ExecutionAborted | EventType::ExecutionFailed => {
            error_of(shown, kind, (None, None));
        }
        _ => {}
    }
}

fn exited(
    name: String,
    output: String,
    assigned: Option<BTreeMap<String, String>>,
    data: Data,
) -> api::StateExitedEventDetails {
    let (output, output_details) = data.of(output);
    let assigned = assigned.filter(|_| data == Data::Shown);
    api::StateExitedEventDetails {
        name,
        output,
        output_details,
        assigned_variables_details: assigned
            .as_ref()
            .map(|_| api::AssignedVariablesDetails { truncated: Some(false) }),
        assigned_variables: assigned,
    }
}

fn seconds(seconds: Option<u64>) -> Option<i64> {
    seconds.and_then(|seconds| i64::try_from(seconds).ok())
}

fn scheduled(shown: &mut api::HistoryEvent, kind: EventType, details: Details, data: Data) {
    let Details::Scheduled { resource, input, timeout_s, heartbeat_s, role_arn } = details else { return };
    let (input, input_details) = data.of(input);
    let timeout_in_seconds = seconds(timeout_s);
    if kind == EventType::ActivityScheduled {
        shown.activity_scheduled_event_details = Some(api::ActivityScheduledEventDetails {
            resource,
            input,
            input_details,
            timeout_in_seconds,
            heartbeat_in_seconds: seconds(heartbeat_s),
        });
    } else {
        shown.lambda_function_scheduled_event_details = Some(api::LambdaFunctionScheduledEventDetails {
            resource,
            input,
            input_details,
            timeout_in_seconds,
            task_credentials: role_arn.map(|role_arn| api::TaskCredentials { role_arn: Some(role_arn) }),
        });
    }
}

fn output_of(shown: &mut api::HistoryEvent, kind: EventType, (output, output_details): Payload) {
    match kind {
        EventType::LambdaFunctionSucceeded => {
            shown.lambda_function_succeeded_event_details =
                Some(api::LambdaFunctionSucceededEventDetails { output, output_details });
        }
        EventType::ActivitySucceeded => {
            shown.activity_succeeded_event_details =
                Some(api::ActivitySucceededEventDetails { output, output_details });
        }
        _ => {
            shown.execution_succeeded_event_details =
                Some(api::ExecutionSucceededEventDetails { output, output_details });
        }
    }
}

fn iteration(shown: &mut api::HistoryEvent, kind: EventType, name: String, index: u32) {
    let index = i32::try_from(index).ok();
    let details = Some(api::MapIterationEventDetails { name: Some(name), index });
    match kind {
        EventType::MapIterationSucceeded => shown.map_iteration_succeeded_event_details = details,
        EventType::MapIterationFailed => shown.map_iteration_failed_event_details = details,
        EventType::MapIterationAborted => shown.map_iteration_aborted_event_details = details,
        _ => shown.map_iteration_started_event_details = details,
    }
}

/// Sets the details of one of several types that have an error and a cause.
macro_rules! errors {
    ($shown:ident, $kind:ident, $error:ident, $($event:ident => $member:ident: $details:ident,)*) => {
        match $kind {
            $(EventType::$event => {
                let (error, cause) = $error;
                $shown.$member = Some(api::$details { error, cause });
            })*
            _ => {}
        }
    };
}

fn error_of(shown: &mut api::HistoryEvent, kind: EventType, error: Error) {
    errors! { shown, kind, error,
        ExecutionFailed => execution_failed_event_details: ExecutionFailedEventDetails,
        ExecutionAborted => execution_aborted_event_details: ExecutionAbortedEventDetails,
        ExecutionTimedOut => execution_timed_out_event_details: ExecutionTimedOutEventDetails,
        LambdaFunctionFailed => lambda_function_failed_event_details: LambdaFunctionFailedEventDetails,
        LambdaFunctionScheduleFailed =>
            lambda_function_schedule_failed_event_details: LambdaFunctionScheduleFailedEventDetails,
        LambdaFunctionStartFailed =>
            lambda_function_start_failed_event_details: LambdaFunctionStartFailedEventDetails,
        LambdaFunctionTimedOut => lambda_function_timed_out_event_details: LambdaFunctionTimedOutEventDetails,
        ActivityFailed => activity_failed_event_details: ActivityFailedEventDetails,
        ActivityScheduleFailed => activity_schedule_failed_event_details: ActivityScheduleFailedEventDetails,
        ActivityTimedOut => activity_timed_out_event_details: ActivityTimedOutEventDetails,
        MapRunFailed => map_run_failed_event_details: MapRunFailedEventDetails,
    }
}
