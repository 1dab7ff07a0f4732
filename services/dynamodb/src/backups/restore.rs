//! RestoreTableFromBackup.

use api_dynamodb as api;
use service::{Result, Tx};

use super::copy::{self, Copy, Source, Target};
use super::restored::{check_free, overrides, restored};
use super::{Restoring, find};
use crate::table::Place;

pub(crate) fn restore(
    tx: &mut Tx<'_>,
    input: &api::RestoreTableFromBackupInput,
) -> Result<api::RestoreTableFromBackupOutput> {
    let mut backup = find(&**tx, &tx.scope(), &input.backup_arn)?;
    let place = Place { scope: tx.scope(), name: input.target_table_name.clone() };
    check_free(&**tx, &place)?;
    if !backup.is_available {
        let message = format!("Backup is being created: {}", input.backup_arn);
        return Err(api::error::backup_in_use_exception(message).into());
    }
    if backup.restores.is_some() {
        let message = format!("Backup is being used to restore another table: {}", input.backup_arn);
        return Err(api::error::backup_in_use_exception(message).into());
    }
    let overrides = overrides!(input);
    let restoring = Restoring {
        backup_arn: Some(backup.arn().to_string()),
        table_arn: backup.table.place().arn().to_string(),
        at_ms: backup.created_ms,
    };
    let table = restored(tx, &backup.table, &place, &overrides, restoring)?;
    tx.put_record(place.key(), &table)?;
    backup.restores = Some(place.name.clone());
    tx.put_record(backup.place(), &backup)?;
    let source = Source::Backup { place: backup.place().into(), items: backup.items_id };
    copy::begin(tx, Copy::new(place.scope, source, Target::Table(place)))?;
    Ok(api::RestoreTableFromBackupOutput { table_description: Some(table.description(table.status())) })
}
