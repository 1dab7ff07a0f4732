//! An execution's record: what operations show of it. Where it is within its definition stands apart ([`crate::run`]).

use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use service::Result;
use states_language::execution::Outcome;
use store::Reads;
use wire::Timestamp;

use crate::keys::{self, Id};
use crate::{errors, machine, name};

/// An execution of a standard state machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Execution {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) machine: Id,
    pub(crate) machine_name: String,
    /// The map run whose item it is for.
    pub(crate) map_run: Option<ChildOf>,
    /// What it runs.
    pub(crate) revision: Id,
    pub(crate) version: Option<u64>,
    pub(crate) alias: Option<String>,
    pub(crate) status: Status,
    pub(crate) started_ms: i64,
    pub(crate) stopped_ms: Option<i64>,
    pub(crate) input: String,
    pub(crate) output: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<String>,
    pub(crate) trace_header: Option<String>,
    pub(crate) redrives: u64,
    pub(crate) redriven_ms: Option<i64>,
}

#[cfg(test)]
layouts::stays!(stored_execution: Execution);

/// The map run that an execution belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChildOf {
    pub(crate) id: Id,
    pub(crate) label: String,
    pub(crate) name: String,
    /// How many items it was given.
    pub(crate) items: u64,
    /// It is an express one, which has no history.
    #[serde(default)]
    pub(crate) is_express: bool,
}

/// How an execution is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    Running,
    Succeeded,
    Failed,
    TimedOut,
    Aborted,
    PendingRedrive,
}

impl Status {
    pub(crate) const ALL: [Status; 6] = [
        Status::Running,
        Status::Succeeded,
        Status::Failed,
        Status::TimedOut,
        Status::Aborted,
        Status::PendingRedrive,
    ];

    /// As the API has it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Status::Running => "RUNNING",
            Status::Succeeded => "SUCCEEDED",
            Status::Failed => "FAILED",
            Status::TimedOut => "TIMED_OUT",
            Status::Aborted => "ABORTED",
            Status::PendingRedrive => "PENDING_REDRIVE",
        }
    }

    pub(crate) fn is_over(self) -> bool {
        !matches!(self, Status::Running | Status::PendingRedrive)
    }
}

/// What lists show of an execution beside its name, status and start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) stopped_ms: Option<i64>,
    pub(crate) version: Option<u64>,
    pub(crate) alias: Option<String>,
    pub(crate) items: Option<u64>,
    pub(crate) redrives: u64,
    pub(crate) redriven_ms: Option<i64>,
}

#[cfg(test)]
layouts::stays!(stored_listed: compact Listed);

/// Where an execution's record stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) machine: Id,
    /// The label of the Map state for whose items it is; empty for one that a client started.
    pub(crate) label: String,
    pub(crate) name: String,
}

impl Execution {
    pub(crate) fn place(&self) -> Place {
        let label = self.map_run.as_ref().map_or_else(String::new, |run| run.label.clone());
        Place { machine: self.machine, label, name: self.name.clone() }
    }

    /// Whose list it is in: its machine's, or its map run's.
    pub(crate) fn parent(&self) -> &Id {
        self.map_run.as_ref().map_or(&self.machine, |run| &run.id)
    }

    /// Its machine's name, with the label of a Map state behind it.
    pub(crate) fn machine_path(&self) -> String {
        match &self.map_run {
            Some(run) => format!("{}/{}", self.machine_name, run.label),
            None => self.machine_name.clone(),
        }
    }

    pub(crate) fn arn(&self, scope: &Scope) -> Arn {
        match &self.map_run {
            Some(run) if run.is_express => {
                name::express_of_map_run(scope, &self.machine_path(), &self.name, &run.name)
            }
            _ => name::execution(scope, &self.machine_path(), &self.name),
        }
    }

    pub(crate) fn is_express(&self) -> bool {
        self.map_run.as_ref().is_some_and(|run| run.is_express)
    }

    /// How many items of a map run it has.
    pub(crate) fn items(&self) -> u64 {
        self.map_run.as_ref().map_or(0, |run| run.items)
    }

    pub(crate) fn machine_arn(&self, scope: &Scope) -> Arn {
        name::machine(scope, &self.machine_path())
    }

    pub(crate) fn map_run_arn(&self, scope: &Scope) -> Option<Arn> {
        self.map_run.as_ref().map(|run| name::map_run(scope, &self.machine_path(), &run.name))
    }

    pub(crate) fn started(&self) -> Timestamp {
        Timestamp(self.started_ms)
    }

    /// What became of it.
    pub(crate) fn end(&mut self, outcome: &Outcome, now_ms: i64) {
        self.stopped_ms = Some(now_ms);
        let (status, output, error, cause) = match outcome.clone() {
            Outcome::Succeeded(output) => (Status::Succeeded, Some(output), None, None),
            Outcome::Failed { error, cause } => (Status::Failed, None, error, cause),
            Outcome::TimedOut => (Status::TimedOut, None, None, None),
            Outcome::Aborted { error, cause } => (Status::Aborted, None, error, cause),
        };
        (self.status, self.output, self.error, self.cause) = (status, output, error, cause);
    }

    /// It goes on from where it ended.
    pub(crate) fn begin_again(&mut self, now_ms: i64) {
        (self.status, self.stopped_ms) = (Status::Running, None);
        (self.output, self.error, self.cause) = (None, None, None);
        (self.redrives, self.redriven_ms) = (self.redrives + 1, Some(now_ms));
    }

    pub(crate) fn listed(&self) -> Listed {
        Listed {
            stopped_ms: self.stopped_ms,
            version: self.version,
            alias: self.alias.clone(),
            items: self.map_run.as_ref().map(|run| run.items),
            redrives: self.redrives,
            redriven_ms: self.redriven_ms,
        }
    }

    /// Where lists have it, as it is now.
    pub(crate) fn listed_at(&self) -> store::tuple::Key {
        keys::listed(self.parent(), self.status.as_str(), self.started_ms, &self.name)
    }
}

/// The execution that an ARN names, which may be an express one of a map run: of what operations show, those have all but a history.
pub(crate) fn find_any(reads: &impl Reads, scope: &Scope, arn: &str) -> Result<Execution> {
    match name::express_of(scope, arn)? {
        Some(named) => at(reads, scope, arn, named),
        None => find(reads, scope, arn),
    }
}

/// The execution that an ARN names.
pub(crate) fn find(reads: &impl Reads, scope: &Scope, arn: &str) -> Result<Execution> {
    at(reads, scope, arn, name::execution_of(scope, arn)?)
}

fn at(reads: &impl Reads, scope: &Scope, arn: &str, named: name::ExecutionName<'_>) -> Result<Execution> {
    let missing = || errors::no_execution(arn);
    let machine: machine::Machine =
        reads.get_record(&keys::machine(scope, named.machine))?.ok_or_else(missing)?;
    let place = Place { machine: machine.id, label: named.label.to_owned(), name: named.name.to_owned() };
    let execution: Execution = reads.get_record(&keys::execution(&place))?.ok_or_else(missing)?;
    // An ARN of the other type names nothing.
    if execution.arn(scope).as_str() == arn { Ok(execution) } else { Err(missing().into()) }
}
