//! Details of tasks of integrations, which also name the integration.

use api_states as api;
use states_language::event::{EventType, TaskDetails};

use super::{Data, Error, Payload, seconds};

/// A task of an integration.
pub(super) struct Task<'a> {
    pub(super) resource_type: String,
    pub(super) resource: String,
    pub(super) region: &'a str,
}

/// The same for types that also name the integration.
macro_rules! task_errors {
    ($task:ident, $shown:ident, $kind:ident, $error:ident, $($event:ident => $member:ident: $details:ident,)*) => {
        match $kind {
            $(EventType::$event => {
                let Task { resource_type, resource, .. } = $task;
                let (error, cause) = $error;
                $shown.$member = Some(api::$details { resource_type, resource, error, cause });
            })*
            _ => {}
        }
    };
}

impl Task<'_> {
    pub(super) fn show(self, shown: &mut api::HistoryEvent, kind: EventType, what: TaskDetails, data: Data) {
        match what {
            TaskDetails::Scheduled { parameters, timeout_s, heartbeat_s, role_arn } => {
                shown.task_scheduled_event_details = Some(api::TaskScheduledEventDetails {
                    resource_type: self.resource_type,
                    resource: self.resource,
                    region: self.region.to_owned(),
                    parameters: if data == Data::Shown { parameters } else { String::new() },
                    timeout_in_seconds: seconds(timeout_s),
                    heartbeat_in_seconds: seconds(heartbeat_s),
                    task_credentials: role_arn
                        .map(|role_arn| api::TaskCredentials { role_arn: Some(role_arn) }),
                });
            }
            TaskDetails::Started => {
                let Task { resource_type, resource, .. } = self;
                shown.task_started_event_details =
                    Some(api::TaskStartedEventDetails { resource_type, resource });
            }
            TaskDetails::Output(output) => self.output(shown, kind, data.of(output)),
            TaskDetails::Error { error, cause } => self.error(shown, kind, (error, cause)),
        }
    }

    fn output(self, shown: &mut api::HistoryEvent, kind: EventType, (output, output_details): Payload) {
        let Task { resource_type, resource, .. } = self;
        if kind == EventType::TaskSubmitted {
            let details = api::TaskSubmittedEventDetails { resource_type, resource, output, output_details };
            shown.task_submitted_event_details = Some(details);
        } else {
            let details = api::TaskSucceededEventDetails { resource_type, resource, output, output_details };
            shown.task_succeeded_event_details = Some(details);
        }
    }

    fn error(self, shown: &mut api::HistoryEvent, kind: EventType, error: Error) {
        let task = self;
        task_errors! { task, shown, kind, error,
            TaskFailed => task_failed_event_details: TaskFailedEventDetails,
            TaskStartFailed => task_start_failed_event_details: TaskStartFailedEventDetails,
            TaskSubmitFailed => task_submit_failed_event_details: TaskSubmitFailedEventDetails,
            TaskTimedOut => task_timed_out_event_details: TaskTimedOutEventDetails,
        }
    }
}
