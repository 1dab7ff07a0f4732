//! Deletes what nobody can see any more, such as the items of a deleted table, in the background, a piece at a time.

use std::sync::Arc;

use store::Transaction;
use store::tuple::{Key, Parts, within};

use crate::{Cloud, Result};

/// Records that one transaction deletes.
const PIECE: usize = 1000;

/// The sweeper of a service.
///
/// What is to be deleted stands at `service, "sweep", prefix`, without a value.
#[derive(Clone, Copy, Debug)]
pub struct Sweeper {
    service: &'static str,
    with_it: WithIt,
}

/// Deletes what goes with a record, whose key and value these are.
type WithIt = fn(&mut Transaction, &[u8], &[u8]) -> Result<()>;

impl Sweeper {
    /// The sweeper of that service.
    #[must_use]
    pub const fn new(service: &'static str) -> Self {
        Sweeper { service, with_it: |_, _, _| Ok(()) }
    }

    /// Has `with_it` delete what goes with each record, and stands elsewhere.
    #[must_use]
    pub const fn deleting(self, with_it: WithIt) -> Self {
        Sweeper { with_it, ..self }
    }

    /// Leaves all records behind `prefix` to the sweeper.
    pub fn put(&self, tx: &mut Transaction, prefix: &Key) {
        tx.put(self.sweeps().bytes(prefix), Vec::new());
        tx.signal(self.sweeps());
    }

    /// Deletes whatever is to be deleted, then waits for more; until the store fails.
    ///
    /// # Errors
    /// The store's.
    pub async fn run(self, cloud: Arc<Cloud>) -> Result<()> {
        loop {
            let mut more = cloud.store.watch(self.sweeps());
            while cloud.store.transact(|tx: &mut Transaction| self.piece(tx)).await? {}
            more.changed().await;
        }
    }

    /// Deletes one piece; false when there is nothing left.
    fn piece(self, tx: &mut Transaction) -> Result<bool> {
        let Some((sweep, _)) = tx.scan_head(self.sweeps().prefix_range()).next().transpose()? else {
            return Ok(false);
        };
        let mut parts = Parts::new(&sweep);
        parts.str()?;
        parts.str()?;
        let doomed = tx.scan_head(within(&parts.bytes()?)).take(PIECE);
        let doomed = doomed.collect::<Result<Vec<_>, _>>()?;
        if doomed.is_empty() {
            tx.delete(&*sweep);
        }
        for (key, value) in doomed {
            tx.delete(&*key);
            (self.with_it)(tx, &key, &value)?;
        }
        Ok(true)
    }

    fn sweeps(self) -> Key {
        Key::new().str(self.service).str("sweep")
    }
}
