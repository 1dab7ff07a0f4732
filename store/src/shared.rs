//! Records that many requests read, such as a queue's or a table's: decoded once, and shared until they change.
//!
//! What is shared is always what a view would show: a commit takes out what it is about to change before the engine has
//! it, and a record comes in only when no commit since its view was made has changed it. It never holds back memory
//! beyond its bound, and never keeps what is not there.

use std::any::Any;
use std::sync::Arc;

use foldhash::HashMap;
use parking_lot::RwLock;
use serde::de::DeserializeOwned;

use crate::commit::Committer;
use crate::engine::Writes;
use crate::{Error, Snapshot, record};

/// Records that are kept. Beyond it all are forgotten, and come back as they are read.
const RECORDS_MAX: usize = 4096;

/// A decoded record of whatever type its readers know.
pub(crate) type Shared = Arc<dyn Any + Send + Sync>;

/// Decoded records by their keys.
#[derive(Default)]
pub(crate) struct SharedRecords(RwLock<HashMap<Vec<u8>, Entry>>);

struct Entry {
    /// The version of the view that it was read from: older views may show something else.
    since: u64,
    record: Shared,
}

impl SharedRecords {
    /// The record at `key`, for a view that is not older than `version`.
    fn get(&self, key: &[u8], version: u64) -> Option<Shared> {
        let records = self.0.read();
        records.get(key).filter(|entry| entry.since <= version).map(|entry| Arc::clone(&entry.record))
    }

    /// Takes a record in, which was read from a view of `version`, and which no later commit has changed.
    pub(crate) fn insert(&self, key: &[u8], since: u64, record: Shared) {
        let mut records = self.0.write();
        if records.len() >= RECORDS_MAX {
            records.clear();
        }
        records.insert(key.to_vec(), Entry { since, record });
    }

    /// Takes out what is about to change.
    pub(crate) fn forget(&self, writes: &Writes) {
        let is_kept = {
            let records = self.0.read();
            !records.is_empty() && writes.keys().any(|key| records.contains_key(key))
        };
        if is_kept {
            let mut records = self.0.write();
            for key in writes.keys() {
                records.remove(key);
            }
        }
    }

    pub(crate) fn clear(&self) {
        self.0.write().clear();
    }
}

/// What `build` makes of a snapshot, for all who ask for it by `key` until that is written.
pub(crate) fn derive<T: Send + Sync + 'static, E: From<Error>>(
    committer: &Committer,
    key: &[u8],
    snapshot: &Snapshot,
    build: impl FnOnce(&Snapshot) -> Result<T, E>,
) -> Result<Arc<T>, E> {
    if let Some(Ok(derived)) = committer.shared().get(key, snapshot.version()).map(Arc::downcast) {
        return Ok(derived);
    }
    let derived = Arc::new(build(snapshot)?);
    committer.share(key, snapshot.version(), Arc::clone(&derived) as Shared);
    Ok(derived)
}

/// The record at `key` as a view of `version` shows it.
pub(crate) fn find<T: DeserializeOwned + Send + Sync + 'static>(
    committer: &Committer,
    key: &[u8],
    version: u64,
    snapshot: impl FnOnce() -> Snapshot,
) -> Result<Option<Arc<T>>, Error> {
    decoded(committer, key, version, snapshot, record::decode::<T>)
}

/// What is at `key`, as a view of `version` shows it, and as `decode` reads it.
pub(crate) fn decoded<T: Send + Sync + 'static>(
    committer: &Committer,
    key: &[u8],
    version: u64,
    snapshot: impl FnOnce() -> Snapshot,
    decode: impl FnOnce(&[u8]) -> Result<T, Error>,
) -> Result<Option<Arc<T>>, Error> {
    if let Some(Ok(record)) = committer.shared().get(key, version).map(Arc::downcast) {
        return Ok(Some(record));
    }
    let snapshot = snapshot();
    let Some(bytes) = snapshot.view().get(key)? else { return Ok(None) };
    let record = Arc::new(decode(&bytes)?);
    committer.share(key, snapshot.version(), Arc::clone(&record) as Shared);
    Ok(Some(record))
}
