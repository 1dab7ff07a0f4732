//! What DynamoDB stores, and where. Every key starts with `"dynamodb"`.
//!
//! | key | value |
//! |---|---|
//! | `"table", account, region, name` | [`crate::table::Table`] |
//! | `"backfill", …` | jobs: [`crate::index::backfill::Backfill`] |
//! | `"sweep", …` | the sweeper's |
//! | `"item", table id, hash of the partition key, partition key, sort key` | the item, as [`expressions::stored`] has it byte by byte |
//! | `"entry", table id, index id, hash of the index's partition key, index's partition key, index's sort key, then the key of the item` | the projected attributes |
//! | `"answer", "transaction", …` | what a token stands for (see `service::Idempotency`) |
//! | `"ttl", TTL id` | [`crate::ttl::Progress`] of a table that has a time to live |
//! | `"expiry", TTL id, expires at (s), the rest of the item's key behind its table id` | nothing |
//! | `"stream", account, region, table, label` | [`crate::stream::Stream`] |
//! | `"shard", stream id, shard` | [`crate::stream::Head`] |
//! | `"record", stream id, shard, sequence number` | [`crate::stream::Record`] |
//! | `"backup", account, region, table, label` | [`crate::backups::Backup`]; its items stand as those of a table |
//! | `"copy", due at (ms), id` | the job that makes a backup's items, or a restored table's |
//! | `"history-trim", …`, `"backup-expiry", …` | jobs: of [`crate::backups::trim`] and [`crate::backups::expiry`] |
//! | `"history", history id, the rest of the item's key behind its table id, number` | [`crate::backups::history::Before`] |
//! | `"age", history id, changed at (ms), number, the rest of the item's key` | nothing |
//! | `"remains", table id` | [`crate::backups::history::Remains`] of a deleted table |
//! | `"trim", due at (ms), id` | the job that takes what is old from a shard, or ends a closed stream |
//! | `"mark", group of replicas, region, the rest of the item's key behind its table id` | [`crate::global`]: when the item was last changed there |
//! | `"outgoing", at (a number that rises), id` | the item that is to be carried to the other regions |
//! | `"export", account, region, table, label` | [`crate::exports::Export`] |
//! | `"export-file", export id, number` | what is noted of a file of it |
//! | `"export-job", …`, `"import-job", …`, `"forget", …` | jobs: of [`crate::exports`], [`crate::imports`] and [`crate::transfer`] |
//! | `"import", account, region, table, label` | [`crate::imports::Import`] |
//! | `"join", …`, `"leave", …` | jobs: replicas that come, and go |
//!
//! The hash (eight bytes of SHA-256) scatters partitions, so that a scan in segments splits a table evenly. Keys are the
//! bytes of [`crate::key`], whose order is that of their values.
//!
//! An entry of an index stands once for each item that has the attributes of the index's key: in the order of the index's
//! sort key, and among equal ones in that of the item's own key. Byte for byte, after the two words: `01`, the sixteen bytes
//! of the table's id, `00`; the same of the index's id; `01`, eight bytes of hash, `00`; then each key attribute as `01`, its
//! bytes, `00`, where a zero byte inside stands as `00 ff`. An index without a sort key leaves that out. Of the item's own
//! key, an entry of a global index has the partition key and the sort key (if any); one of a local index, whose partition is
//! the item's already, has the sort key alone.

use names::{Region, Scope};
use service::{scope_and_name, scoped, tags};
use store::tuple::Key;
use store::{Error, Store, record};

use crate::table::Place;

/// Sixteen random bytes.
pub(crate) type Id = [u8; 16];

fn of(kind: &str) -> Key {
    Key::new().str("dynamodb").str(kind)
}

pub(crate) fn tables(scope: &Scope) -> Key {
    scoped("dynamodb", "table", scope)
}

/// Takes over what an earlier program had elsewhere.
pub(crate) fn upgrade(store: &Store) -> Result<(), Error> {
    tags::take_over(store, "table", of("table").prefix_range(), |key, table| {
        let (scope, name) = scope_and_name(key)?;
        Ok(vec![(scope, Place { scope, name }.arn(), record::decode(table)?)])
    })
}

pub(crate) fn items(table: &Id) -> Key {
    of("item").bytes(table)
}

/// All that expires; signalled when a table begins to have a time to live.
pub(crate) fn ttls() -> Key {
    of("ttl")
}

pub(crate) fn ttl(id: &Id) -> Key {
    ttls().bytes(id)
}

/// The items of a table by when they expire; signalled when one expires soon, and when it is over.
pub(crate) fn expiries(ttl: &Id) -> Key {
    of("expiry").bytes(ttl)
}

/// Streams by their tables' names, also those of tables that are gone.
pub(crate) fn streams(scope: &Scope) -> Key {
    scoped("dynamodb", "stream", scope)
}

pub(crate) fn streams_of(scope: &Scope, table: &str) -> Key {
    streams(scope).str(table)
}

pub(crate) fn stream(scope: &Scope, table: &str, label: &str) -> Key {
    streams_of(scope, table).str(label)
}

pub(crate) fn shard(stream: &Id, shard: u32) -> Key {
    of("shard").bytes(stream).u64(shard.into())
}

pub(crate) fn records(stream: &Id, shard: u32) -> Key {
    of("record").bytes(stream).u64(shard.into())
}

pub(crate) fn record(stream: &Id, shard: u32, number: u64) -> Key {
    records(stream, shard).u64(number)
}

/// The marks on a region's items that are to be carried to other regions.
pub(crate) fn marks(group: &Id, region: Region) -> Key {
    of("mark").bytes(group).str(region.as_str())
}

pub(crate) fn mark(group: &Id, region: Region, rest: &[u8]) -> Key {
    marks(group, region).bytes(rest)
}

/// What is to be carried to other regions; signalled when there is something new.
pub(crate) fn outgoing() -> Key {
    of("outgoing")
}

pub(crate) fn outgoing_at(at: u64, id: &Id) -> Key {
    outgoing().u64(at).bytes(id)
}

/// Backups by their tables' names.
pub(crate) fn backups(scope: &Scope) -> Key {
    scoped("dynamodb", "backup", scope)
}

pub(crate) fn backups_of(scope: &Scope, table: &str) -> Key {
    backups(scope).str(table)
}

pub(crate) fn backup(scope: &Scope, table: &str, label: &str) -> Key {
    backups_of(scope, table).str(label)
}

/// Exports by their tables' names.
pub(crate) fn exports(scope: &Scope) -> Key {
    scoped("dynamodb", "export", scope)
}

pub(crate) fn exports_of(scope: &Scope, table: &str) -> Key {
    exports(scope).str(table)
}

/// What is noted of the files of an export.
pub(crate) fn export_files(export: &Id) -> Key {
    of("export-file").bytes(export)
}

/// Imports by their tables' names.
pub(crate) fn imports(scope: &Scope) -> Key {
    scoped("dynamodb", "import", scope)
}

pub(crate) fn imports_of(scope: &Scope, table: &str) -> Key {
    imports(scope).str(table)
}

/// What items were, in the order of their keys.
pub(crate) fn history(id: &Id) -> Key {
    of("history").bytes(id)
}

/// What an item was, which has that key behind its table id, in the order of its changes.
pub(crate) fn past(history: &Id, rest: &[u8]) -> Key {
    self::history(history).bytes(rest)
}

/// A history in the order of time.
pub(crate) fn ages(history: &Id) -> Key {
    of("age").bytes(history)
}

pub(crate) fn age(history: &Id, at_ms: i64) -> Key {
    ages(history).i64(at_ms)
}

pub(crate) fn remains(table: &Id) -> Key {
    of("remains").bytes(table)
}

/// All entries of an index.
pub(crate) fn entries(table: &Id, index: &Id) -> Key {
    of("entry").bytes(table).bytes(index)
}

/// All entries of a partition of an index.
pub(crate) fn entry_partition(table: &Id, index: &Id, partition: &[u8]) -> Key {
    entries(table, index).bytes(hash_of(partition)).bytes(partition)
}

/// All items with that hash of their partition key, and more.
pub(crate) fn hash(table: &Id, hash: [u8; 8]) -> Key {
    items(table).bytes(hash)
}

pub(crate) fn partition(table: &Id, partition: &[u8]) -> Key {
    hash(table, hash_of(partition)).bytes(partition)
}

fn hash_of(partition: &[u8]) -> [u8; 8] {
    let digest = ring::digest::digest(&ring::digest::SHA256, partition);
    let mut first = [0; 8];
    first.copy_from_slice(&digest.as_ref()[..8]);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    layouts::stays!(stored_item: expressions::Item);

    #[test]
    fn keys_stay() {
        let scope = Scope::new(names::Account::ZERO, "us-east-1".parse().unwrap());
        let id = [1; 16];
        let keys = [
            ("table", tables(&scope).str("t")),
            ("item", partition(&id, b"p").bytes(b"s")),
            ("ttl", ttl(&id)),
            ("expiry", expiries(&id).i64(7).bytes(b"rest")),
            ("stream", stream(&scope, "t", "label")),
            ("shard", shard(&id, 7)),
            ("record", record(&id, 7, 8)),
            ("mark", mark(&id, scope.region, b"rest")),
            ("outgoing", outgoing_at(7, &id)),
            ("backup", backup(&scope, "t", "label")),
            ("export", exports_of(&scope, "t").str("label")),
            ("export-file", export_files(&id).u64(7)),
            ("import", imports_of(&scope, "t").str("label")),
            ("history", past(&id, b"rest").u64(7)),
            ("age", age(&id, 7)),
            ("remains", remains(&id)),
            ("entry", entry_partition(&id, &id, b"p").bytes(b"s")),
        ];
        layouts::keys_stay(env!("CARGO_MANIFEST_DIR"), &keys);
    }
}
