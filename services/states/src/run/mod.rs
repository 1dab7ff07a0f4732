//! Executions that run: each step is one transaction.
//!
//! What the language says of an execution stands in records of its own, one for the whole and one for each frame, while it
//! runs. An input is given by [`give`] in the transaction of what causes it: the answer of a task, a timer, a client's call. The
//! same transaction appends to the history, notes the tasks to call, sets timers, and writes the end.

pub(crate) mod calls;
mod frames;
mod history;
mod ready;
mod redrive;
mod steps;
mod timers;
pub(crate) mod token;
pub(crate) mod work;

use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Result, Tx};
use states_language::definition::Machine;
use states_language::execution::{self as language, About, Frames as _, Head, Id as Waited, Input};
use store::Reads as _;

pub(crate) use self::frames::Stored;
pub(crate) use self::history::page;
pub(crate) use self::ready::{Ready, ready, ready_for};
pub(crate) use self::redrive::{PERIOD_MS as REDRIVE_PERIOD_MS, forget, reason, redrive};
use self::steps::Steps;
pub(crate) use self::timers::run as timers;
use crate::execution::{Execution, Place};
use crate::keys::{self, Id};

/// How long after its start an execution may run.
const OPEN_MS: i64 = 365 * 86_400_000;

/// An execution while it runs; or where it ended without success, as long as it may go on from there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Running {
    pub(crate) scope: Scope,
    pub(crate) place: Place,
    pub(crate) revision: Id,
    pub(crate) head: Head,
}

#[cfg(test)]
layouts::stays!(stored_running: Running);

/// Begins an execution, and goes as far as it can without waiting.
pub(crate) fn start(
    tx: &mut Tx<'_>,
    execution: Execution,
    about: About,
    machine: Machine,
    input: Input,
) -> Result<Execution> {
    let ready = ready(tx, &execution.machine, &execution.revision)?;
    let state = language::Execution::new(about, machine);
    let mut steps = Steps::new(tx, &ready, execution, state);
    steps.take(input)?;
    steps.keep(true)
}

/// Gives an input to an execution. One that is not running does not hear it.
pub(crate) fn give(tx: &mut Tx<'_>, id: &Id, input: Input) -> Result<()> {
    give_all(tx, id, [input])
}

/// Gives several, one behind the other.
pub(crate) fn give_all(tx: &mut Tx<'_>, id: &Id, inputs: impl IntoIterator<Item = Input>) -> Result<()> {
    let Some(running) = tx.get_record::<Running>(&keys::running(id))? else { return Ok(()) };
    let ready = ready(tx, &running.place.machine, &running.revision)?;
    let Some(execution) = tx.get_record::<Execution>(&keys::execution(&running.place))? else {
        return Ok(());
    };
    let state = language::Execution::in_parts(running.head, execution.input.clone());
    let mut steps = Steps::new(tx, &ready, execution, state);
    for input in inputs {
        steps.take(input)?;
    }
    steps.keep(false).map(drop)
}

/// The account and region of an execution that runs.
pub(crate) fn scope(reads: &impl store::Reads, id: &Id) -> Result<Option<Scope>> {
    let running = reads.get_record::<Running>(&keys::running(id))?;
    Ok(running.map(|running| running.scope))
}

/// Whether an execution still waits for the end of a task.
pub(crate) fn awaits(reads: &impl store::Reads, id: &Id, waited: Waited) -> Result<bool> {
    let Some(running) = reads.get_record::<Running>(&keys::running(id))? else { return Ok(false) };
    let frame = Stored { reads, execution: id }.one(waited.frame)?;
    let frames = frame.map(|frame| (waited.frame, frame));
    Ok(language::Execution::restored(running.head, String::new(), frames).awaits(waited))
}
