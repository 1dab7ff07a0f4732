//! A map run's record: what it runs, and how far it is.

use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use service::Result;
use states_language::execution::{Id as Waited, MapRun};
use store::Reads;

use crate::execution::Status;
use crate::keys::{self, Id};
use crate::machine::Machine;
use crate::{errors, name};

/// A map run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) machine: Id,
    pub(crate) machine_name: String,
    pub(crate) revision: Id,
    /// The execution that waits for it, and for what.
    pub(crate) parent: Id,
    pub(crate) parent_name: String,
    pub(crate) waited: Waited,
    /// The language's [`MapRun`], as JSON; its items stand apart.
    pub(crate) what: String,
    pub(crate) concurrency: u64,
    pub(crate) tolerated_count: Option<u64>,
    pub(crate) tolerated_percentage: Option<f64>,
    pub(crate) state: State,
    pub(crate) started_ms: i64,
    pub(crate) stopped_ms: Option<i64>,
    /// How many executions there are, once the items were read.
    pub(crate) total: Option<u64>,
    /// How many of them were started.
    pub(crate) started: u64,
    pub(crate) executions: Counts,
    pub(crate) items: Counts,
    pub(crate) items_total: u64,
    pub(crate) written: u64,
    #[serde(default)]
    pub(crate) redrives: u64,
    #[serde(default)]
    pub(crate) redriven_ms: Option<i64>,
    /// How many executions are to be redriven.
    #[serde(default)]
    pub(crate) pending: u64,
    /// These are not all marked yet.
    #[serde(default)]
    pub(crate) is_marking: bool,
    /// The label of the map run that the execution which waits is of; empty for one that a client started.
    #[serde(default)]
    pub(crate) parent_label: String,
    /// Its executions are express ones.
    #[serde(default)]
    pub(crate) is_express: bool,
    /// How many items the executions have that were started.
    #[serde(default)]
    pub(crate) items_started: u64,
    /// How many items those have that are to be redriven.
    #[serde(default)]
    pub(crate) items_pending: u64,
    /// How many items those have whose results were written.
    #[serde(default)]
    pub(crate) items_written: u64,
    /// How many executions did not succeed and cannot be redriven, and how many items they have.
    #[serde(default)]
    pub(crate) stuck: u64,
    #[serde(default)]
    pub(crate) items_stuck: u64,
    /// The number of the next execution to be marked.
    #[serde(default)]
    pub(crate) marked_to: u64,
    /// What it gives is being made.
    #[serde(default)]
    pub(crate) is_ending: bool,
}

#[cfg(test)]
layouts::stays!(stored_map_run: Run);

/// How a map run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum State {
    Running,
    Succeeded,
    Failed,
    Aborted,
}

/// What became of executions, or of items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) timed_out: u64,
    pub(crate) aborted: u64,
}

impl Counts {
    fn of(&mut self, status: Status) -> &mut u64 {
        match status {
            Status::Succeeded => &mut self.succeeded,
            Status::TimedOut => &mut self.timed_out,
            Status::Aborted => &mut self.aborted,
            _ => &mut self.failed,
        }
    }

    pub(crate) fn add(&mut self, status: Status, count: u64) {
        *self.of(status) += count;
    }

    fn take(&mut self, status: Status, count: u64) {
        let counted = self.of(status);
        *counted = counted.saturating_sub(count);
    }

    pub(crate) fn done(&self) -> u64 {
        self.succeeded + self.not_succeeded()
    }

    pub(crate) fn not_succeeded(&self) -> u64 {
        self.failed + self.timed_out + self.aborted
    }
}

impl State {
    /// As the API has it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            State::Running => "RUNNING",
            State::Succeeded => "SUCCEEDED",
            State::Failed => "FAILED",
            State::Aborted => "ABORTED",
        }
    }
}

impl Run {
    /// Its state machine's name, with the label of the Map state behind it.
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.machine_name, self.label)
    }

    /// The ARN of the execution that waits for it.
    pub(crate) fn parent_arn(&self, scope: &Scope) -> Arn {
        if self.parent_label.is_empty() {
            return name::execution(scope, &self.machine_name, &self.parent_name);
        }
        name::execution(scope, &format!("{}/{}", self.machine_name, self.parent_label), &self.parent_name)
    }

    pub(crate) fn arn(&self, scope: &Scope) -> Arn {
        name::map_run(scope, &self.path(), &self.name)
    }

    pub(crate) fn key(&self) -> store::tuple::Key {
        keys::map_run(&self.machine, &self.label, &self.name)
    }

    /// What the language said of it.
    pub(crate) fn what(&self) -> Result<MapRun> {
        let corrupt =
            |error: serde_json::Error| store::Error::Corrupt { what: "map run", why: error.to_string() };
        Ok(serde_json::from_str(&self.what).map_err(corrupt)?)
    }

    /// Whether more failed than may fail.
    pub(crate) fn is_exceeded(&self) -> bool {
        let tolerance = states_language::execution::Tolerance {
            count: self.tolerated_count,
            percentage: self.tolerated_percentage,
        };
        tolerance.is_exceeded(self.items.not_succeeded(), self.items_total)
    }

    /// Counts an execution that is over, with so many items.
    pub(crate) fn count(&mut self, status: Status, items: u64) {
        self.executions.add(status, 1);
        self.items.add(status, items);
    }

    /// One that is over is to be redriven.
    pub(crate) fn wait_for(&mut self, status: Status, items: u64) {
        self.executions.take(status, 1);
        self.items.take(status, items);
        self.pending += 1;
        self.items_pending += items;
    }

    /// One that was to be redriven is not any more, for it goes on or is over.
    pub(crate) fn wait_no_more(&mut self, items: u64) {
        self.pending = self.pending.saturating_sub(1);
        self.items_pending = self.items_pending.saturating_sub(items);
    }

    /// How many executions run.
    pub(crate) fn at_work(&self) -> u64 {
        self.started.saturating_sub(self.executions.done() + self.pending)
    }

    /// How many items they have.
    pub(crate) fn items_at_work(&self) -> u64 {
        self.items_started.saturating_sub(self.items.done() + self.items_pending)
    }

    /// Whether it can end: nothing runs, and nothing more is to.
    pub(crate) fn is_at_end(&self) -> bool {
        self.at_work() == 0 && (self.state != State::Running || self.is_exceeded() || self.is_done())
    }

    /// Whether all of it ran.
    pub(crate) fn is_done(&self) -> bool {
        self.total.is_some_and(|total| self.executions.done() >= total)
    }
}

/// The map run that an ARN names.
pub(crate) fn find(reads: &impl Reads, scope: &Scope, arn: &str) -> Result<(Machine, Run)> {
    let named = name::map_run_of(scope, arn)?;
    let missing = || errors::no_resource(arn);
    let machine: Machine = reads.get_record(&keys::machine(scope, named.machine))?.ok_or_else(missing)?;
    let key = keys::map_run(&machine.id, named.label, named.name);
    let run = reads.get_record(&key)?.ok_or_else(missing)?;
    Ok((machine, run))
}
