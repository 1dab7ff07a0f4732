//! What is older than the period of a table's recovery goes: a job for each such table looks for it as it comes of age.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use service::{Cloud, Jobs, Result, Tx, Verdict};
use store::Reads as _;
use store::tuple::Parts;

use super::history::History;
use super::recovery::Recovery;
use crate::keys::{self, Id};
use crate::table::{Place, Table};

const TRIMS: Jobs = Jobs::new("dynamodb", "history-trim", 4);
/// Changes that one transaction forgets.
const PIECE: usize = 200;
/// Jobs come at whole minutes, and what they delete is older than the period by as much: a restore names whole seconds.
const GRAIN_MS: i64 = 60_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Trim {
    place: Place,
    /// The table's recovery knows its job by this.
    id: Id,
}

#[cfg(test)]
layouts::stays!(stored_history_trim: Trim);

/// Sees to it that a table is trimmed, whose record the caller writes.
pub(super) fn begin(tx: &mut Tx<'_>, table: &Table, recovery: &Recovery) -> Result<()> {
    let due_ms = match History::recovery_of(table) {
        // There may be much to forget if the period is shorter than it was.
        Some(_) => tx.now.millis(),
        None => due_ms(tx.now.millis(), recovery),
    };
    TRIMS.put(tx, due_ms, &recovery.trim, &Trim { place: table.place(), id: recovery.trim })
}

/// When a change of that moment is to be forgotten.
fn due_ms(at_ms: i64, recovery: &Recovery) -> i64 {
    (at_ms + recovery.period_ms() + 2 * GRAIN_MS - 1).div_euclid(GRAIN_MS) * GRAIN_MS
}

/// Trims as it becomes due.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, trim: Arc<Trim>| async move {
        Ok((cloud.context_of("dynamodb", trim.place.scope), ()))
    };
    let work = |tx: &mut Tx<'_>, trim: &Trim, (): &()| {
        let again_ms = piece(tx, trim)?;
        Ok(again_ms.map_or(Verdict::Done, |due_ms| Verdict::Again(trim.clone(), due_ms)))
    };
    TRIMS.run_in_transactions(cloud, prepare, work).await
}

/// Forgets what is old, and says when to come again.
fn piece(tx: &mut Tx<'_>, trim: &Trim) -> Result<Option<i64>> {
    let table: Option<Arc<Table>> = tx.get_shared(&trim.place.key())?;
    let Some(history) = table.as_ref().and_then(|table| table.history.as_ref()) else { return Ok(None) };
    let Some(recovery) = history.recovery.as_ref().filter(|recovery| recovery.trim == trim.id) else {
        return Ok(None);
    };
    if history.is_read() {
        return Ok(Some(tx.now.millis() + GRAIN_MS));
    }
    let ages = keys::ages(&history.id);
    let mut old = Vec::new();
    let mut next_ms = due_ms(tx.now.millis(), recovery);
    for found in tx.scan_head(ages.prefix_range()) {
        let (key, _) = found?;
        let mut parts = Parts::new(&key[ages.len()..]);
        let (at_ms, number, rest) = (parts.i64()?, parts.u64()?, parts.bytes()?);
        let due_ms = due_ms(at_ms, recovery);
        if due_ms > tx.now.millis() || old.len() == PIECE {
            next_ms = due_ms.max(tx.now.millis());
            break;
        }
        let past = keys::past(&history.id, &rest).u64(number);
        old.push((key, past));
    }
    for (age, past) in old {
        tx.delete(&*age);
        tx.delete(past);
    }
    Ok(Some(next_ms))
}
