//! fjall, with the store's own options (`store/src/engine/embedded.rs`).
//!
//! `Crash` hands the journal's buffer to the operating system, `Power` syncs the journal.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable as _};

use crate::engine::{CACHE_BYTES, Durability, Engine, Visit, WRITE_BUFFER_BYTES, Write, read_all};

const JOURNAL_BYTES_MAX: u64 = 128 << 20;
const WORKERS: usize = 3;
const SEALED_MAX: usize = 3;
const WAIT: Duration = Duration::from_millis(5);

struct Fjall {
    database: Database,
    keyspace: Keyspace,
    mode: PersistMode,
}

pub(crate) fn open(path: &Path, durability: Durability) -> Result<Box<dyn Engine>> {
    let builder = Database::builder(path).worker_threads(WORKERS).cache_size(CACHE_BYTES as u64);
    let database = builder.max_journaling_size(JOURNAL_BYTES_MAX).open()?;
    let options = || KeyspaceCreateOptions::default().max_memtable_size(WRITE_BUFFER_BYTES as u64);
    let keyspace = database.keyspace("data", options)?;
    let mode = match durability {
        Durability::Crash => PersistMode::Buffer,
        Durability::Power => PersistMode::SyncData,
    };
    Ok(Box::new(Fjall { database, keyspace, mode }))
}

impl Engine for Fjall {
    fn write(&self, writes: &[Write<'_>]) -> Result<()> {
        while self.keyspace.sealed_memtable_count() >= SEALED_MAX {
            std::thread::sleep(WAIT);
        }
        let mut batch = self.database.batch().durability(Some(self.mode));
        for (key, value) in writes {
            match value {
                Some(value) => batch.insert(&self.keyspace, *key, *value),
                None => batch.remove(&self.keyspace, *key),
            }
        }
        Ok(batch.commit()?)
    }

    fn get(&self, key: &[u8]) -> Result<Option<usize>> {
        let value = self.database.snapshot().get(&self.keyspace, key)?;
        Ok(value.map(|value| read_all(&value)))
    }

    fn scan(&self, from: &[u8], visit: &mut Visit<'_>) -> Result<()> {
        for guard in self.database.snapshot().range(&self.keyspace, from..) {
            let (key, value) = guard.into_inner()?;
            if !visit(&key, &value) {
                break;
            }
        }
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(self.database.persist(PersistMode::SyncAll)?)
    }
}
