//! Timers of executions: waits, retries, time limits, signs of life.

use std::fmt::Write as _;
use std::sync::Arc;

use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Cloud, Result, Timers, Tx, Verdict};
use states_language::execution::{Input, Timer};

use super::give;
use crate::keys::Id;

const TIMERS: Timers = Timers::new("states", "timers", 256);

/// A timer that rings.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Ring {
    scope: Scope,
    execution: Id,
    timer: Timer,
}

#[cfg(test)]
layouts::stays!(stored_ring: Ring);

pub(super) fn set(tx: &mut Tx<'_>, execution: &Id, timer: Timer, at_ms: u64) -> Result<()> {
    let (scope, nonce) = (tx.scope(), tx.random().bytes());
    let ring = Ring { scope, execution: *execution, timer };
    TIMERS.set(tx, i64::try_from(at_ms).unwrap_or(i64::MAX), &name(execution, timer), &nonce, &ring)
}

pub(super) fn cancel(tx: &mut Tx<'_>, execution: &Id, timer: Timer) -> Result<()> {
    TIMERS.cancel(tx, &name(execution, timer)).map(drop)
}

fn name(execution: &Id, timer: Timer) -> String {
    let mut name = String::with_capacity(48);
    for byte in execution {
        // Writing to a text does not fail.
        let _ = write!(name, "{byte:02x}");
    }
    let (kind, id) = match timer {
        Timer::Wait(id) => ("wait", Some(id)),
        Timer::Retry(id) => ("retry", Some(id)),
        Timer::Timeout(id) => ("timeout", Some(id)),
        Timer::Heartbeat(id) => ("heartbeat", Some(id)),
        Timer::Execution => ("execution", None),
    };
    let _ = write!(name, " {kind}");
    if let Some(id) = id {
        let _ = write!(name, " {} {}", id.frame, id.serial);
    }
    name
}

/// Gives timers to their executions as they ring.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    let ring = |cloud: Arc<Cloud>, _, ring: Ring| async move {
        let context = cloud.context_of("states", ring.scope);
        let once = |tx: &mut Tx<'_>| give(tx, &ring.execution, Input::TimerFired(ring.timer));
        context.transact(once).await?;
        Ok(Verdict::Done)
    };
    TIMERS.run(cloud, ring).await
}
