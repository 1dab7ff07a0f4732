//! Executions that ended without success go on from there: within 14 days of their end, and a year of their start.
//!
//! Where one was is kept with its history, and goes with it.

use service::{Result, Tx};
use states_language::execution::{EVENTS_MAX, Execution as State, Frame, FrameId, Input};
use store::{Direction, Reads, Transaction, record};

use super::steps::Steps;
use super::{OPEN_MS, Running, ready};
use crate::execution::{Execution, Status};
use crate::keys;
use crate::{SWEEPER, map_runs};

const DAY_MS: i64 = 86_400_000;
/// How long after its end an execution can be redriven.
pub(crate) const PERIOD_MS: i64 = 14 * DAY_MS;

/// Why an execution cannot be redriven now, if it cannot.
pub(crate) fn reason(reads: &impl Reads, execution: &Execution, now_ms: i64) -> Result<Option<String>> {
    let status = execution.status.as_str();
    if !execution.status.is_over() || execution.status == Status::Succeeded {
        return Ok(Some(format!("Execution is {status} and cannot be redriven")));
    }
    if execution.stopped_ms.is_none_or(|at_ms| now_ms > at_ms.saturating_add(PERIOD_MS)) {
        return Ok(Some("Execution redrivable period exceeded".to_owned()));
    }
    if now_ms > execution.started_ms.saturating_add(OPEN_MS) {
        return Ok(Some("Execution has exceeded the max execution time".to_owned()));
    }
    // One of a map run is started again from its beginning.
    if execution.is_express() {
        return Ok(None);
    }
    let Some(left) = reads.get_record::<Running>(&keys::left(&execution.machine, &execution.id))? else {
        return Ok(Some("Execution was started before the launch of RedriveExecution".to_owned()));
    };
    let is_full = left.head.events() >= EVENTS_MAX - 1;
    Ok(is_full.then(|| "Execution history event limit exceeded".to_owned()))
}

/// Keeps where an execution ended.
pub(super) fn leave(tx: &mut Tx<'_>, execution: &Execution, state: &mut State) -> Result<()> {
    let (machine, id) = (&execution.machine, &execution.id);
    for (number, frame) in state.frames() {
        tx.put_record(keys::left_frame(machine, id, number), frame)?;
    }
    let (scope, place) = (tx.scope(), execution.place());
    let left = Running { scope, place, revision: execution.revision, head: state.changes().head.clone() };
    Ok(tx.put_record(keys::left(machine, id), &left)?)
}

/// Goes on with an execution of which nothing is said against it.
pub(crate) fn redrive(tx: &mut Tx<'_>, mut execution: Execution) -> Result<()> {
    let at = keys::left(&execution.machine, &execution.id);
    let Some(left) = tx.get_record::<Running>(&at)? else { return Ok(()) };
    tx.delete(at);
    let frames = taken(tx, &execution)?;
    tx.delete(execution.listed_at());
    execution.begin_again(tx.now.millis());
    let ready = ready(tx, &left.place.machine, &left.revision)?;
    let map_runs = map_runs::redrivable(&**tx, &execution)?;
    // Each frame is stored again, because it goes on.
    let state = State::restored(left.head, execution.input.clone(), frames);
    let mut steps = Steps::new(tx, &ready, execution, state);
    steps.list()?;
    steps.limit()?;
    steps.take(Input::Redriven { map_runs })?;
    steps.keep(false).map(drop)
}

/// The frames of an execution that ended, which are not kept any longer.
fn taken(tx: &mut Tx<'_>, execution: &Execution) -> Result<Vec<(FrameId, Frame)>> {
    let range = keys::left_frames(&execution.machine, &execution.id).prefix_range();
    let entries = tx.scan(range, Direction::Forward).collect::<Result<Vec<_>, _>>()?;
    let mut frames = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        frames.push((keys::left_frame_of(&key)?, record::decode(&value)?));
        tx.delete(&*key);
    }
    Ok(frames)
}

/// Forgets where an execution ended that is forgotten.
pub(crate) fn forget(tx: &mut Transaction, execution: &Execution) {
    if execution.status != Status::Succeeded {
        tx.delete(keys::left(&execution.machine, &execution.id));
        SWEEPER.put(tx, &keys::left_frames(&execution.machine, &execution.id));
    }
}
