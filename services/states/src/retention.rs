//! Executions are forgotten 90 days after they ended, and their names may be used again.
//!
//! Nobody signals that one ended: the next one to be forgotten ended 90 days ago, so who sleeps misses none.

use std::sync::Arc;

use service::{Cloud, Result};
use store::{Reads as _, Transaction, record};
use wire::Timestamp;

use crate::execution::{Execution, Place};
use crate::{SWEEPER, keys, map_runs, run as running};

const DAYS_90_MS: i64 = 90 * 86_400_000;
/// Executions that one transaction forgets.
const PIECE: usize = 200;

/// Forgets executions as their time comes.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    loop {
        let now_ms = cloud.clock.now().millis();
        let next_ms = cloud.store.transact(|tx: &mut Transaction| piece(tx, now_ms - DAYS_90_MS)).await?;
        let due_ms = next_ms.unwrap_or(now_ms).saturating_add(DAYS_90_MS);
        cloud.clock.sleep_until(Timestamp(due_ms)).await;
    }
}

/// Forgets what ended by then; and tells when the next one ended.
fn piece(tx: &mut Transaction, by_ms: i64) -> Result<Option<i64>> {
    let first = tx.scan_head(keys::all_ended().prefix_range()).take(PIECE);
    for (key, place) in first.collect::<Result<Vec<_>, _>>()? {
        let ended_ms = keys::ended_ms(&key)?;
        if ended_ms > by_ms {
            return Ok(Some(ended_ms));
        }
        forget(tx, &key, &record::decode(&place)?)?;
    }
    // There may be more that are due.
    Ok(tx.scan_head(keys::all_ended().prefix_range()).next().transpose()?.map(|_| by_ms))
}

/// Forgets an execution, unless it was redriven, or is not the one that ended then.
fn forget(tx: &mut Transaction, ended: &[u8], place: &Place) -> Result<()> {
    tx.delete(ended);
    let Some(execution) = tx.get_record::<Execution>(&keys::execution(place))? else { return Ok(()) };
    let is_it = execution.stopped_ms.is_some_and(|at_ms| *keys::ended(at_ms, &execution.id) == *ended);
    if is_it {
        tx.delete(execution.listed_at());
        tx.delete(keys::execution(place));
        SWEEPER.put(tx, &keys::events(&execution.machine, &execution.id));
        running::forget(tx, &execution);
        map_runs::forget(tx, &execution)?;
    }
    Ok(())
}
