//! RocksDB, the system's library.
//!
//! `Crash` is its default, which hands the log to the operating system with every write; `Power` syncs the log. Tables have
//! Bloom filters and LZ4, as fjall's have.

use std::path::Path;

use anyhow::Result;
use rocksdb::{BlockBasedOptions, Cache, DB, DBCompressionType, Direction, IteratorMode};
use rocksdb::{Options, WriteBatch, WriteOptions};

use crate::engine::{CACHE_BYTES, Durability, Engine, Visit, WRITE_BUFFER_BYTES, Write, read_all};

const BACKGROUND_JOBS: i32 = 3;
const LOG_BYTES_MAX: u64 = 128 << 20;
const FILTER_BITS: f64 = 10.0;

struct Rocks {
    db: DB,
    synced: bool,
}

pub(crate) fn open(path: &Path, durability: Durability) -> Result<Box<dyn Engine>> {
    let mut tables = BlockBasedOptions::default();
    tables.set_block_cache(&Cache::new_lru_cache(CACHE_BYTES)?);
    tables.set_bloom_filter(FILTER_BITS, false);
    let mut options = Options::default();
    options.create_if_missing(true);
    options.set_block_based_table_factory(&tables);
    options.set_write_buffer_size(WRITE_BUFFER_BYTES);
    options.set_max_background_jobs(BACKGROUND_JOBS);
    options.set_max_total_wal_size(LOG_BYTES_MAX);
    options.set_compression_type(DBCompressionType::Lz4);
    let db = DB::open(&options, path)?;
    Ok(Box::new(Rocks { db, synced: durability == Durability::Power }))
}

impl Engine for Rocks {
    fn write(&self, writes: &[Write<'_>]) -> Result<()> {
        let mut batch = WriteBatch::default();
        for (key, value) in writes {
            match value {
                Some(value) => batch.put(key, value),
                None => batch.delete(key),
            }
        }
        let mut options = WriteOptions::default();
        options.set_sync(self.synced);
        Ok(self.db.write_opt(batch, &options)?)
    }

    fn get(&self, key: &[u8]) -> Result<Option<usize>> {
        Ok(self.db.snapshot().get_pinned(key)?.map(|value| read_all(&value)))
    }

    fn scan(&self, from: &[u8], visit: &mut Visit<'_>) -> Result<()> {
        for entry in self.db.snapshot().iterator(IteratorMode::From(from, Direction::Forward)) {
            let (key, value) = entry?;
            if !visit(&key, &value) {
                break;
            }
        }
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(self.db.flush_wal(true)?)
    }
}
