//! Deletes the items of deleted tables, in the background, a piece at a time.

use std::sync::Arc;

use service::{Cloud, Result};
use store::Transaction;

use crate::keys;

/// Records that one transaction deletes.
const PIECE: usize = 1000;

/// Runs whenever a table was deleted, and once at the start.
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
    let items: Vec<_> = match keys::swept(&sweep)? {
        Some(table) => {
            let items = transaction.scan_head(keys::items(&table).prefix_range()).take(PIECE);
            items.map(|entry| entry.map(|(key, _)| key)).collect::<Result<_, _>>()?
        }
        None => Vec::new(),
    };
    if items.is_empty() {
        transaction.delete(&sweep);
    }
    items.iter().for_each(|key| transaction.delete(key));
    Ok(true)
}
