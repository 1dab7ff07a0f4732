//! Frames: one for the whole of an execution, and one for each branch and item that runs.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::definition::{MachineId, StateId};

/// Which frame of an execution. Numbers are never used again.
pub type FrameId = u32;

/// Where one line of an execution is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub(super) parent: Option<FrameId>,
    /// Its place among its parent's branches or items.
    pub(super) index: u32,
    pub(super) machine: MachineId,
    pub(super) state: StateId,
    pub(super) phase: Phase,
    /// The state's input; of an item that waits, the item.
    pub(super) input: Value,
    /// The item of a Map state that it is for.
    pub(super) item: Option<Value>,
    /// The variables of its own scope.
    pub(super) variables: Map<String, Value>,
    /// The last event of its line.
    pub(super) last_event: u64,
    pub(super) entered_event: u64,
    pub(super) entered_ms: u64,
    /// How often each Retry rule was used since the state was entered.
    pub(super) attempts: Vec<u64>,
    /// Counts what it waited for.
    pub(super) serial: u32,
}

/// What a frame does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Phase {
    /// Its turn among the items has not come.
    Pending,
    /// It enters its state next.
    Ready,
    /// It is in its state, and waits for nothing.
    Idle,
    /// A task was asked for.
    Task {
        has_timeout: bool,
        heartbeat_s: Option<u64>,
    },
    Waiting,
    Retrying,
    /// Branches or items run.
    Children(Children),
    MapRun,
    /// It ended with this.
    Done(Value),
}

/// The branches or items of a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Children {
    /// Their frames have the numbers from here on.
    pub(super) first: FrameId,
    pub(super) count: u32,
    pub(super) started: u32,
    pub(super) done: u32,
}

impl Children {
    pub(super) fn ids(&self) -> std::ops::Range<FrameId> {
        self.first..self.first + self.count
    }
}

impl Frame {
    pub(super) fn new(machine: MachineId, state: StateId, input: Value) -> Self {
        Frame {
            parent: None,
            index: 0,
            machine,
            state,
            phase: Phase::Ready,
            input,
            item: None,
            variables: Map::new(),
            last_event: 0,
            entered_event: 0,
            entered_ms: 0,
            attempts: Vec::new(),
            serial: 0,
        }
    }

    pub(super) fn awaits(&self, serial: u32) -> bool {
        self.serial == serial && matches!(self.phase, Phase::Task { .. } | Phase::MapRun)
    }

    pub(super) fn retry_count(&self) -> u64 {
        self.attempts.iter().sum()
    }
}
