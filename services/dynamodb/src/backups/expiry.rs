//! Backups of the system: a table that is deleted while it has point-in-time recovery leaves one for 35 days. It takes the
//! items over where they stand, so it costs nothing to make.

use std::sync::Arc;

use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Cloud, Jobs, Result, Tx, Verdict};
use store::Reads as _;

use super::recovery::DAY_MS;
use super::{Backup, Kind};
use crate::table::Table;
use crate::{SWEEPER, counts, keys};

const EXPIRIES: Jobs = Jobs::new("dynamodb", "backup-expiry", 1);
/// How long such a backup is kept.
const KEPT_MS: i64 = 35 * DAY_MS;
/// When to look again after somebody who still reads it.
const AGAIN_MS: i64 = 60_000;

/// A backup that expires.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Expiry {
    scope: Scope,
    place: Vec<u8>,
}

#[cfg(test)]
layouts::stays!(stored_backup_expiry: Expiry);

/// Makes the backup of a table that is deleted.
pub(super) fn keep(tx: &mut Tx<'_>, table: &Table) -> Result<()> {
    let now_ms = tx.now.millis();
    let (items, items_bytes) = counts::of_deleted(tx, table)?;
    let backup = Backup {
        table: Table { history: None, global: None, ..table.clone() },
        label: format!("{now_ms:014}-00000000"),
        name: format!("{}$DeletedTableBackup", table.name),
        kind: Kind::System,
        items_id: table.id,
        created_ms: now_ms,
        is_available: true,
        items,
        items_bytes,
        restores: None,
        expires_ms: Some(now_ms + KEPT_MS),
    };
    tx.put_record(backup.place(), &backup)?;
    let expiry = Expiry { scope: table.scope, place: backup.place().into() };
    let id = tx.random().bytes();
    EXPIRIES.put(tx, now_ms + KEPT_MS, &id, &expiry)
}

/// Deletes backups as they expire.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, expiry: Arc<Expiry>| async move {
        Ok((cloud.context_of("dynamodb", expiry.scope), ()))
    };
    EXPIRIES.run_in_transactions(cloud, prepare, |tx, expiry, ()| expire(tx, expiry)).await
}

fn expire(tx: &mut Tx<'_>, expiry: &Expiry) -> Result<Verdict<Expiry>> {
    let Some(backup) = tx.get_record::<Backup>(&expiry.place)? else { return Ok(Verdict::Done) };
    let is_read = backup.restores.is_some() || tx.get(&keys::remains(&backup.items_id))?.is_some();
    if is_read {
        return Ok(Verdict::Again(expiry.clone(), tx.now.millis() + AGAIN_MS));
    }
    tx.delete(&*expiry.place);
    SWEEPER.put(tx, &keys::items(&backup.items_id));
    Ok(Verdict::Done)
}
