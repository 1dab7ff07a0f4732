//! Exports and imports are forgotten after ninety days: a job for each deletes its record.

use std::sync::Arc;

use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Cloud, Jobs, Result, Tx, Verdict};
use store::tuple::Key;

const FORGETS: Jobs = Jobs::new("dynamodb", "forget", 1);
const KEPT_MS: i64 = 90 * 86_400_000;

/// What is to be forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Forget {
    scope: Scope,
    place: Vec<u8>,
}

#[cfg(test)]
layouts::stays!(stored_forget: Forget);

/// Sees to it that the record at that place is forgotten.
pub(crate) fn begin(tx: &mut Tx<'_>, place: Key) -> Result<()> {
    let (due_ms, id) = (tx.now.millis() + KEPT_MS, tx.random().bytes());
    let forget = Forget { scope: tx.scope(), place: place.into() };
    FORGETS.put(tx, due_ms, &id, &forget)
}

/// Forgets as it becomes due.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, forget: Arc<Forget>| async move {
        Ok((cloud.context_of("dynamodb", forget.scope), ()))
    };
    let work = |tx: &mut Tx<'_>, forget: &Forget, (): &()| {
        tx.delete(&*forget.place);
        Ok(Verdict::Done)
    };
    FORGETS.run_in_transactions(cloud, prepare, work).await
}
