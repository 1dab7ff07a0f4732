//! Executions: where a machine is, and what it does next.
//!
//! [`step`] takes an input, and changes the execution; it gives the events to append to the history and the commands to carry
//! out. It asks no clock and no chance: both come in with the [`Moment`]. The same execution and inputs give the same events,
//! whatever happened between; so the execution is what is stored after each step, and the history is never read to go on.
//!
//! An execution is a tree of frames: one for the whole, and one for each branch and item that runs. A frame is small, and a step
//! changes few of them: [`Execution::changes`] names those, so that each can be a record of its own, and [`step_among`] takes up
//! no more of them than it needs. A step that is not over
//! after a thousand states asks to be continued, so that no transaction is too long.

mod batches;
mod children;
mod context;
mod distributed;
mod enter;
mod failing;
mod frame;
mod leave;
mod parts;
mod redrive;
mod run;
mod task;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::batches::{Batch, Batches};
pub use self::distributed::{MapRun, MapSource, ResultTarget, Sourced, Tolerance, selected};
pub use self::frame::{Frame, FrameId};
pub use self::parts::{Changes, Counts, Frames, step_among};
use self::run::Run;
use crate::definition::{Definition, Machine, Resource};
use crate::event::HistoryEvent;

/// How large a payload may be.
pub const PAYLOAD_BYTES_MAX: usize = 262_144;
/// How many events a history may have.
pub const EVENTS_MAX: u64 = 25_000;
/// How many states are entered in one step.
pub const STATES_A_STEP: usize = 1_000;

/// When an input comes, and the chance that goes with it.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Milliseconds since 1970.
    pub now_ms: u64,
    /// Any number: what is random in this step follows from it.
    pub seed: u64,
}

/// What an execution's context says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The execution's ARN.
    pub execution_arn: String,
    /// The execution's name.
    pub execution_name: String,
    /// The state machine's ARN.
    pub state_machine_arn: String,
    /// The state machine's name.
    pub state_machine_name: String,
    /// The role that it runs as.
    pub role_arn: String,
    /// How often it was redriven.
    pub redrive_count: u64,
    /// What task tokens begin with; behind it stands the task's [`Id`].
    pub token_prefix: String,
}

/// Something that a frame waits for. What came too late has another serial number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Id {
    /// The frame.
    pub frame: FrameId,
    /// Counts what the frame waited for.
    pub serial: u32,
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Timer {
    /// The end of a Wait state.
    Wait(Id),
    /// The next attempt.
    Retry(Id),
    /// A task took too long.
    Timeout(Id),
    /// A task was silent for too long.
    Heartbeat(Id),
    /// The execution took too long.
    Execution,
}

/// What comes to an execution.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// It starts.
    Started {
        /// Its input, as JSON.
        input: Value,
    },
    /// The last step was not over.
    Continue,
    /// It ended without success, and is to go on from there.
    Redriven {
        /// What was waited for in map runs that can go on.
        map_runs: Vec<Id>,
    },
    /// Somebody stops it.
    Stopped {
        /// The error's name.
        error: Option<String>,
        /// What a human reads.
        cause: Option<String>,
    },
    /// A task started.
    TaskStarted {
        /// Which.
        id: Id,
        /// Who took it, if it is an activity.
        worker: Option<String>,
    },
    /// The call of a task that goes on was answered.
    TaskSubmitted {
        /// Which.
        id: Id,
        /// The answer, as JSON.
        output: String,
    },
    /// A task gave this.
    TaskSucceeded {
        /// Which.
        id: Id,
        /// Its output, as JSON.
        output: String,
    },
    /// A task failed.
    TaskFailed {
        /// Which.
        id: Id,
        /// At what.
        at: FailedAt,
        /// The error's name.
        error: Option<String>,
        /// What a human reads.
        cause: Option<String>,
    },
    /// A task is alive.
    TaskHeartbeat {
        /// Which.
        id: Id,
    },
    /// A timer's time came.
    TimerFired(Timer),
    /// A map run began.
    MapRunStarted {
        /// Which.
        id: Id,
        /// Its ARN.
        arn: String,
    },
    /// A map run goes on that had ended.
    MapRunRedriven {
        /// Which.
        id: Id,
        /// Its ARN.
        arn: String,
        /// How often it was redriven.
        count: u64,
    },
    /// A map run gave this, as JSON.
    MapRunSucceeded {
        /// Which.
        id: Id,
        /// The results, or where they were written to.
        output: String,
    },
    /// A map run failed.
    MapRunFailed {
        /// Which.
        id: Id,
        /// The error's name.
        error: String,
        /// What a human reads.
        cause: String,
    },
}

/// At what a task failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailedAt {
    /// It could not be asked for.
    Schedule,
    /// It could not be started.
    Start,
    /// The job behind it could not be submitted.
    Submit,
    /// Its work.
    Work,
    /// Its own time, as its service says.
    Time,
}

/// What an execution wants to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Call this.
    ScheduleTask(Scheduled),
    /// What comes of a task is wanted no more.
    CancelTask(Id),
    /// Fire a timer. One that is set again has a new time.
    SetTimer(Timer, u64),
    /// A timer is wanted no more.
    CancelTimer(Timer),
    /// Run a machine for many items, each an execution of its own.
    StartMapRun(Box<MapRun>),
    /// Go on with the map run of this frame that had ended.
    RedriveMapRun(Id),
    /// A map run is wanted no more.
    CancelMapRun(Id),
    /// Give [`Input::Continue`] as soon as this step is stored.
    Continue,
    /// It is over.
    Complete(Outcome),
}

/// A task to call.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheduled {
    /// Which.
    pub id: Id,
    /// What to call.
    pub resource: Resource,
    /// With what, as JSON.
    pub parameters: String,
    /// How long it may take: the execution's own timer is set already.
    pub timeout_s: Option<u64>,
    /// How long it may be silent.
    pub heartbeat_s: Option<u64>,
    /// As whom, where it is not the execution's role.
    pub role_arn: Option<String>,
    /// Whoever has this may end the task.
    pub token: Option<String>,
}

/// How an execution ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// With an output, as JSON.
    Succeeded(String),
    /// With an error.
    Failed {
        /// The error's name.
        error: Option<String>,
        /// What a human reads.
        cause: Option<String>,
    },
    /// It took too long.
    TimedOut,
    /// It was stopped.
    Aborted {
        /// The error's name.
        error: Option<String>,
        /// What a human reads.
        cause: Option<String>,
    },
}

/// What came of a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// To append to the history.
    pub events: Vec<HistoryEvent>,
    /// To carry out once the step is stored.
    pub commands: Vec<Command>,
}

/// An execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    head: Head,
    #[serde(skip)]
    given: Given,
    frames: BTreeMap<FrameId, Frame>,
    #[serde(skip)]
    changed: BTreeSet<FrameId>,
    /// Frames of which no more is new than what they count.
    #[serde(skip)]
    counted: BTreeSet<FrameId>,
    /// There are frames that are not at hand.
    #[serde(skip)]
    is_partial: bool,
    /// Nobody keeps its events, and so it may have any number of them.
    #[serde(skip)]
    has_no_history: bool,
}

/// What an execution was started with. It stays as it is, and so is stored once, by whoever stores executions.
#[derive(Clone, Debug, PartialEq)]
enum Given {
    Value(Value),
    /// As JSON: it is read where an expression looks at it.
    Text(String),
}

impl Default for Given {
    fn default() -> Self {
        Given::Value(Value::Null)
    }
}

/// What an execution knows besides its frames and its input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    about: About,
    machine: u32,
    started_ms: u64,
    /// The number of the last event.
    events: u64,
    next_frame: FrameId,
    /// Frames that enter a state next.
    ready: VecDeque<FrameId>,
    is_started: bool,
    outcome: Option<Outcome>,
}

impl Execution {
    /// An execution that has not started.
    #[must_use]
    pub fn new(about: About, machine: Machine) -> Self {
        let head = Head {
            about,
            machine: machine.0,
            started_ms: 0,
            events: 0,
            next_frame: 0,
            ready: VecDeque::new(),
            is_started: false,
            outcome: None,
        };
        Self::of(head, Given::default())
    }

    fn of(head: Head, given: Given) -> Self {
        let (changed, counted) = (BTreeSet::new(), BTreeSet::new());
        Execution {
            head,
            given,
            frames: BTreeMap::new(),
            changed,
            counted,
            is_partial: false,
            has_no_history: false,
        }
    }

    /// What it was started with.
    fn input(&self) -> Value {
        match &self.given {
            Given::Value(input) => input.clone(),
            Given::Text(text) => serde_json::from_str(text).unwrap_or_default(),
        }
    }

    /// The same as one whose events nobody keeps: it may have any number of them.
    #[must_use]
    pub fn without_history(self) -> Self {
        Execution { has_no_history: true, ..self }
    }

    /// How it ended, if it did.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        self.head.outcome.as_ref()
    }

    /// How many events its history has.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.head.events
    }

    /// Whether a task or a map run is still waited for.
    #[must_use]
    pub fn awaits(&self, id: Id) -> bool {
        self.head.outcome.is_none() && self.frames.get(&id.frame).is_some_and(|frame| frame.awaits(id.serial))
    }
}

/// Gives an input to an execution.
///
/// What comes too late changes nothing, and gives nothing.
pub fn step(definition: &Definition, execution: &mut Execution, moment: Moment, input: Input) -> Step {
    Run::new(definition, execution, moment).step(input).0
}
