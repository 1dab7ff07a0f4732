//! Deletes the contents of deleted and purged queues, in the background, a piece at a time.

use std::sync::Arc;

use service::{Cloud, Result};
use store::Transaction;

use crate::keys;

/// Records that one transaction deletes.
const PIECE: usize = 1000;

/// Sweeps whatever is to be swept, then waits for more.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    loop {
        let mut more = cloud.store.watch(keys::sweeps());
        while cloud.store.transact(|transaction: &mut Transaction| sweep(transaction)).await? {}
        more.changed().await;
    }
}

/// Deletes one piece; false when there is nothing left.
fn sweep(transaction: &mut Transaction) -> Result<bool> {
    let first = transaction.scan_head(keys::sweeps().prefix_range()).next().transpose()?;
    let Some((sweep, _)) = first else { return Ok(false) };
    let Some(contents) = keys::contents_of(&sweep) else {
        transaction.delete(&sweep);
        return Ok(true);
    };
    for prefix in keys::all_of(&contents) {
        let keys: Vec<_> = transaction
            .scan_head(prefix.prefix_range())
            .take(PIECE)
            .map(|entry| entry.map(|(key, _)| key))
            .collect::<Result<_, _>>()?;
        if !keys.is_empty() {
            keys.iter().for_each(|key| transaction.delete(key));
            return Ok(true);
        }
    }
    transaction.delete(&sweep);
    Ok(true)
}
