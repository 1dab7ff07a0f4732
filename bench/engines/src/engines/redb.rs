//! redb.
//!
//! Its own commit without a sync (`Durability::None`) stays in the process and is lost with it. `Crash` is therefore its
//! durable commit on a file that is written and not synced; after a power cut that file may be broken. `Power` is redb's
//! default.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use anyhow::Result;
use redb::backends::FileBackend;
use redb::{Database, ReadableDatabase as _, StorageBackend, TableDefinition};

use crate::engine::{CACHE_BYTES, Durability, Engine, Visit, Write, read_all};

const DATA: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("data");

struct Redb {
    database: Database,
    file: File,
}

pub(crate) fn open(path: &Path, durability: Durability) -> Result<Box<dyn Engine>> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    let backend = FileBackend::new(file.try_clone()?)?;
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    let database = match durability {
        Durability::Crash => builder.create_with_backend(Unsynced(backend))?,
        Durability::Power => builder.create_with_backend(backend)?,
    };
    let transaction = database.begin_write()?;
    transaction.open_table(DATA)?;
    transaction.commit()?;
    Ok(Box::new(Redb { database, file }))
}

impl Engine for Redb {
    fn write(&self, writes: &[Write<'_>]) -> Result<()> {
        let transaction = self.database.begin_write()?;
        let mut data = transaction.open_table(DATA)?;
        for (key, value) in writes {
            match value {
                Some(value) => data.insert(*key, *value)?,
                None => data.remove(*key)?,
            };
        }
        drop(data);
        Ok(transaction.commit()?)
    }

    fn get(&self, key: &[u8]) -> Result<Option<usize>> {
        let data = self.database.begin_read()?.open_table(DATA)?;
        Ok(data.get(key)?.map(|value| read_all(value.value())))
    }

    fn scan(&self, from: &[u8], visit: &mut Visit<'_>) -> Result<()> {
        let data = self.database.begin_read()?.open_table(DATA)?;
        for entry in data.range(from..)? {
            let (key, value) = entry?;
            if !visit(key.value(), value.value()) {
                break;
            }
        }
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(self.file.sync_data()?)
    }
}

/// A file whose syncs do nothing.
#[derive(Debug)]
struct Unsynced(FileBackend);

impl StorageBackend for Unsynced {
    fn len(&self) -> Result<u64, io::Error> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        self.0.write(offset, data)
    }

    fn close(&self) -> Result<(), io::Error> {
        self.0.close()
    }
}
