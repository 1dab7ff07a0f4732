//! Backups of tables, taken on demand, point-in-time recovery, and tables restored from both.
//!
//! A backup has its items under an id of its own, laid out as those of a table, so it lives on without the table that it was
//! taken from. A job copies them there in pieces, and `history` lets it read the table as it was at the moment of the request.
//! Restoring is the same job the other way round: it copies to a table that nobody may use before the last piece.
//!
//! A table that is deleted while it has recovery leaves a backup that has its items as they stand.
//!
//! `create`, `list`, `restore`, `recovery` and `moment` are the operations; `copy`, `trim` and `expiry` are the jobs. Never here: AWS Backup, whose backups this API only
//! lists.

pub(crate) mod changed;
pub(crate) mod copy;
pub(crate) mod create;
mod errors;
pub(crate) mod expiry;
pub(crate) mod history;
pub(crate) mod list;
pub(crate) mod moment;
pub(crate) mod recovery;
pub(crate) mod restore;
mod restored;
mod shown;
pub(crate) mod trim;

use api_dynamodb as api;
use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use service::{Result, Tx};
use store::Reads;
use store::tuple::Key;
use wire::{Fault, Timestamp};

use crate::keys::{self, Id};
use crate::table::{Place, Table};

/// A backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Backup {
    /// The table as it was.
    table: Table,
    /// The last part of its ARN.
    label: String,
    name: String,
    kind: Kind,
    /// Its items stand behind this.
    items_id: Id,
    created_ms: i64,
    /// Whether all items are there.
    is_available: bool,
    items: i64,
    items_bytes: i64,
    /// The table that is restored from it.
    restores: Option<String>,
    expires_ms: Option<i64>,
}

#[cfg(test)]
layouts::stays!(stored_backup: Backup);

/// Who wanted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    User,
    System,
}

/// What a table is restored from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Restoring {
    backup_arn: Option<String>,
    table_arn: String,
    /// The moment at which the items were so.
    at_ms: i64,
}

impl Restoring {
    /// As a table shows it.
    pub(crate) fn summary(&self) -> api::RestoreSummary {
        api::RestoreSummary {
            source_backup_arn: self.backup_arn.clone(),
            source_table_arn: Some(self.table_arn.clone()),
            restore_date_time: Timestamp(self.at_ms),
            restore_in_progress: true,
        }
    }
}

impl Backup {
    fn place(&self) -> Key {
        keys::backup(&self.table.scope, &self.table.name, &self.label)
    }

    fn arn(&self) -> Arn {
        let Table { scope, name, .. } = &self.table;
        Arn::in_scope("dynamodb", scope, format_args!("table/{name}/backup/{}", self.label))
    }

    fn status(&self) -> &'static str {
        if self.is_available { "AVAILABLE" } else { "CREATING" }
    }
}

/// Where the backup of that ARN is. As at AWS, the region of the ARN is not looked at: the request's is meant.
fn place_of(scope: &Scope, arn: &str) -> Result<Key, Fault> {
    let parsed: Option<Arn> = arn.parse().ok();
    let of_table = parsed.as_ref().and_then(|arn| arn.resource().strip_prefix("table/"));
    let named = of_table.and_then(|resource| resource.split_once("/backup/"));
    let (Some(parsed), Some((table, label))) = (&parsed, named) else { return Err(errors::invalid_arn()) };
    if parsed.service() != "dynamodb" || parsed.region().is_none() {
        return Err(errors::not_valid_arn());
    }
    if parsed.account() != Some(scope.account) {
        return Err(errors::denied());
    }
    Ok(keys::backup(scope, table, label))
}

/// The backup of that ARN.
fn find(reads: &impl Reads, scope: &Scope, arn: &str) -> Result<Backup> {
    let found = reads.get_record(&place_of(scope, arn)?)?;
    Ok(found.ok_or_else(|| errors::no_backup(arn))?)
}

/// The table of that name or ARN, which must be ready.
fn find_table(reads: &impl Reads, scope: &Scope, table: &str) -> Result<Table> {
    let place = Place::of(scope, table);
    let found: Option<Table> = reads.get_record(&place.key())?;
    Ok(found.filter(Table::is_usable).ok_or_else(|| errors::no_table(&place.name))?)
}

/// The last part of a new ARN, which no other of the table has.
pub(crate) fn label(tx: &Tx<'_>) -> String {
    let [a, b, c, d] = tx.random().bytes();
    format!("{:014}-{:08x}", tx.now.millis(), u32::from_be_bytes([a, b, c, d]))
}

/// Leaves the items of a deleted table to those who still need them.
pub(crate) fn bury(tx: &mut Tx<'_>, table: &Table) -> Result<()> {
    let is_recoverable = history::History::recovery_of(table).is_some();
    if is_recoverable {
        expiry::keep(tx, table)?;
    }
    history::bury(tx, table, is_recoverable)
}

#[cfg(test)]
mod tests;
