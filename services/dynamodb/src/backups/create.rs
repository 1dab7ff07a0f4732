//! CreateBackup, DescribeBackup and DeleteBackup.

use api_dynamodb as api;
use service::{Result, Tx, View};

use super::copy::{self, Copy, Source, Target};
use super::history::Reading;
use super::{Backup, Kind, errors, find, find_table, label};
use crate::{SWEEPER, keys};

pub(crate) fn create(tx: &mut Tx<'_>, input: &api::CreateBackupInput) -> Result<api::CreateBackupOutput> {
    let mut table = find_table(&**tx, &tx.scope(), &input.table_name)?;
    let reading = Reading::begin(tx, &mut table, None);
    tx.put_record(table.place().key(), &table)?;
    (table.history, table.global) = (None, None);
    let backup = Backup {
        table,
        label: label(tx),
        name: input.backup_name.clone(),
        kind: Kind::User,
        items_id: tx.random().bytes(),
        created_ms: tx.now.millis(),
        is_available: false,
        items: 0,
        items_bytes: 0,
        restores: None,
        expires_ms: None,
    };
    tx.put_record(backup.place(), &backup)?;
    let target = Target::Backup { place: backup.place().into(), items: backup.items_id };
    copy::begin(tx, Copy::new(backup.table.scope, Source::Table(reading), target))?;
    Ok(api::CreateBackupOutput { backup_details: Some(backup.details(backup.status())) })
}

pub(crate) fn describe(
    view: &View<'_>,
    input: &api::DescribeBackupInput,
) -> Result<api::DescribeBackupOutput> {
    let backup = find(&**view, &view.scope(), &input.backup_arn)?;
    Ok(api::DescribeBackupOutput { backup_description: Some(backup.description(backup.status())) })
}

/// Deletes a backup that nobody writes or reads.
pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteBackupInput) -> Result<api::DeleteBackupOutput> {
    let arn = &input.backup_arn;
    let backup = find(&**tx, &tx.scope(), arn)?;
    if let (Kind::System, Some(expires_ms)) = (backup.kind, backup.expires_ms) {
        return Err(errors::system_backup(arn, expires_ms).into());
    }
    if !backup.is_available {
        return Err(api::error::backup_in_use_exception(format!("Backup is being created: {arn}")).into());
    }
    if backup.restores.is_some() {
        let message = format!("Backup is being used to restore table: {arn}");
        return Err(api::error::backup_in_use_exception(message).into());
    }
    tx.delete(backup.place());
    SWEEPER.put(tx, &keys::items(&backup.items_id));
    Ok(api::DeleteBackupOutput { backup_description: Some(backup.description("DELETED")) })
}
