//! Turns: what comes to one execution from many sides at once waits in memory, so that its steps do not conflict in the store.
//!
//! A courtesy alone: the store decides, and who comes without a turn is served too.

use std::sync::Arc;

use service::Cloud;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::keys::Id;

/// Executions that share a turn are few.
const TURNS: usize = 256;

struct Turns(Vec<Arc<Mutex<()>>>);

impl Default for Turns {
    fn default() -> Self {
        Turns((0..TURNS).map(|_| Arc::default()).collect())
    }
}

/// Waits for the turn of an execution.
pub(crate) async fn of(cloud: &Cloud, execution: &Id) -> OwnedMutexGuard<()> {
    let turns = cloud.memory.of::<Turns>();
    let turn = Arc::clone(&turns.0[usize::from(execution[0]) % TURNS]);
    turn.lock_owned().await
}
