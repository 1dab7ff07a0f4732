//! LMDB, by heed.
//!
//! `Crash` is `MDB_NOSYNC` without a writable map: pages go to the operating system with every commit. After a power cut
//! the file may be broken, because nothing orders its pages. `Power` is LMDB's default.

use std::ops::Bound;
use std::path::Path;

use anyhow::Result;
use heed::types::Bytes;
use heed::{Database, Env, EnvFlags, EnvOpenOptions};

use crate::engine::{Durability, Engine, Visit, Write, read_all};

/// Address space, not memory.
const MAP_BYTES: usize = 16 << 30;

struct Lmdb {
    env: Env,
    data: Database<Bytes, Bytes>,
}

#[expect(unsafe_code, reason = "the file is mapped, and no other program changes it")]
pub(crate) fn open(path: &Path, durability: Durability) -> Result<Box<dyn Engine>> {
    std::fs::create_dir_all(path)?;
    let mut options = EnvOpenOptions::new();
    options.map_size(MAP_BYTES);
    if durability == Durability::Crash {
        // SAFETY: what a power cut does to the file is no part of the measurement.
        unsafe { options.flags(EnvFlags::NO_SYNC) };
    }
    // SAFETY: the folder is this process's own.
    let env = unsafe { options.open(path)? };
    let mut transaction = env.write_txn()?;
    let data = env.create_database(&mut transaction, None)?;
    transaction.commit()?;
    Ok(Box::new(Lmdb { env, data }))
}

impl Engine for Lmdb {
    fn write(&self, writes: &[Write<'_>]) -> Result<()> {
        let mut transaction = self.env.write_txn()?;
        for (key, value) in writes {
            match value {
                Some(value) => self.data.put(&mut transaction, key, value)?,
                None => {
                    self.data.delete(&mut transaction, key)?;
                }
            }
        }
        Ok(transaction.commit()?)
    }

    fn get(&self, key: &[u8]) -> Result<Option<usize>> {
        let transaction = self.env.read_txn()?;
        Ok(self.data.get(&transaction, key)?.map(read_all))
    }

    fn scan(&self, from: &[u8], visit: &mut Visit<'_>) -> Result<()> {
        let transaction = self.env.read_txn()?;
        let range = (Bound::Included(from), Bound::Unbounded);
        for entry in self.data.range(&transaction, &range)? {
            let (key, value) = entry?;
            if !visit(key, value) {
                break;
            }
        }
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(self.env.force_sync()?)
    }
}
