//! What histories are made of: events, each with a number and that of the one before it on its line.
//!
//! Names and details are those of GetExecutionHistory. Payloads are JSON as text, as histories show them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One event of a history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryEvent {
    /// Its number, from 1 on.
    pub id: u64,
    /// The event that led to it: 0 where that is the start.
    pub previous_id: u64,
    /// When it happened, in milliseconds since 1970.
    pub at_ms: u64,
    /// What happened.
    pub kind: EventType,
    /// To what.
    pub details: Details,
}

impl HistoryEvent {
    /// About how many bytes its payloads have.
    #[must_use]
    pub fn payload_bytes(&self) -> usize {
        match &self.details {
            Details::Started { input, .. }
            | Details::StateEntered { input, .. }
            | Details::Scheduled { input, .. } => input.len(),
            Details::StateExited { output, assigned, .. } => {
                let assigned = assigned.iter().flatten().map(|(name, value)| name.len() + value.len());
                output.len() + assigned.sum::<usize>()
            }
            Details::Task { what: TaskDetails::Scheduled { parameters, .. }, .. } => parameters.len(),
            Details::Task { what: TaskDetails::Output(output), .. } | Details::Output(output) => output.len(),
            Details::Error { cause, .. } | Details::Task { what: TaskDetails::Error { cause, .. }, .. } => {
                cause.as_ref().map_or(0, String::len)
            }
            _ => 0,
        }
    }
}

macro_rules! event_types {
    ($($name:ident)*) => {
        /// What happened, by AWS's name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "the names say it")]
        pub enum EventType { $($name),* }

        impl EventType {
            /// AWS's name.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(EventType::$name => stringify!($name)),* }
            }

            /// The event of this name.
            pub(crate) fn named(name: &str) -> Option<Self> {
                match name { $(stringify!($name) => Some(EventType::$name),)* _ => None }
            }
        }
    };
}

event_types! {
    ActivityFailed ActivityScheduled ActivityScheduleFailed ActivityStarted ActivitySucceeded ActivityTimedOut
    ChoiceStateEntered ChoiceStateExited ExecutionAborted ExecutionFailed ExecutionStarted ExecutionSucceeded
    ExecutionTimedOut FailStateEntered LambdaFunctionFailed LambdaFunctionScheduled LambdaFunctionScheduleFailed
    LambdaFunctionStarted LambdaFunctionStartFailed LambdaFunctionSucceeded LambdaFunctionTimedOut
    MapIterationAborted MapIterationFailed MapIterationStarted MapIterationSucceeded MapStateAborted MapStateEntered
    MapStateExited MapStateFailed MapStateStarted MapStateSucceeded ParallelStateAborted ParallelStateEntered
    ParallelStateExited ParallelStateFailed ParallelStateStarted ParallelStateSucceeded PassStateEntered
    PassStateExited SucceedStateEntered SucceedStateExited TaskFailed TaskScheduled TaskStarted TaskStartFailed
    TaskStateAborted TaskStateEntered TaskStateExited TaskSubmitFailed TaskSubmitted TaskSucceeded TaskTimedOut
    WaitStateAborted WaitStateEntered WaitStateExited MapRunAborted MapRunFailed MapRunStarted MapRunSucceeded
    ExecutionRedriven MapRunRedriven EvaluationFailed
}

/// To what an event happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Details {
    /// There is no more to say.
    None,
    /// An execution started.
    Started {
        /// Its input.
        input: String,
        /// The role that it runs as.
        role_arn: String,
    },
    /// A state was entered.
    StateEntered {
        /// Its name.
        name: String,
        /// Its input.
        input: String,
    },
    /// A state was left.
    StateExited {
        /// Its name.
        name: String,
        /// Its output.
        output: String,
        /// The variables that it assigned, if it assigns any.
        assigned: Option<BTreeMap<String, String>>,
    },
    /// A function or an activity was asked for.
    Scheduled {
        /// Its ARN.
        resource: String,
        /// What it gets.
        input: String,
        /// How long it may take.
        timeout_s: Option<u64>,
        /// How long it may be silent.
        heartbeat_s: Option<u64>,
        /// The role that calls it, where it is not the execution's.
        role_arn: Option<String>,
    },
    /// A worker took an activity.
    Worker(Option<String>),
    /// Something of an integration happened.
    Task {
        /// The service: `sqs`, or `aws-sdk:dynamodb`.
        resource_type: String,
        /// The action and the pattern.
        resource: String,
        /// What.
        what: TaskDetails,
    },
    /// It gave this.
    Output(String),
    /// It failed.
    Error {
        /// The error's name.
        error: Option<String>,
        /// What a human reads.
        cause: Option<String>,
    },
    /// An item of a Map state.
    Iteration {
        /// The state's name.
        name: String,
        /// The item's place.
        index: u32,
    },
    /// How many items a Map state has.
    Length(u64),
    /// The ARN of a map run.
    MapRun(String),
    /// An expression failed.
    Evaluation {
        /// The error's name.
        error: String,
        /// What a human reads.
        cause: String,
        /// The field.
        location: String,
        /// The state's name.
        state: String,
    },
    /// The execution was redriven, so often by now.
    Redriven(u64),
    /// A map run was redriven.
    MapRunAgain {
        /// Its ARN.
        arn: String,
        /// How often.
        count: u64,
    },
}

/// What happened to a task of an integration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TaskDetails {
    /// It was asked for.
    Scheduled {
        /// What the action gets.
        parameters: String,
        /// How long it may take.
        timeout_s: Option<u64>,
        /// How long it may be silent.
        heartbeat_s: Option<u64>,
        /// The role that calls it, where it is not the execution's.
        role_arn: Option<String>,
    },
    /// It started.
    Started,
    /// It gave this.
    Output(String),
    /// It failed.
    Error {
        /// The error's name.
        error: Option<String>,
        /// What a human reads.
        cause: Option<String>,
    },
}

impl Details {
    /// A failure, by its name and cause.
    #[must_use]
    pub fn error(error: Option<&str>, cause: Option<&str>) -> Self {
        Details::Error { error: error.map(str::to_owned), cause: cause.map(str::to_owned) }
    }
}
