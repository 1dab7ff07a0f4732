//! SQLite in WAL mode, by rusqlite: one connection that writes, and as many that read as are wanted at once.
//!
//! `Crash` is `synchronous = OFF`: the log goes to the operating system with every commit, and nothing is synced, so that a
//! power cut may break the file. `Power` is `FULL`. The table has rowids: without them, records of 1 KB overflow their pages,
//! and everything takes about twice as long.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use rusqlite::{Connection, OptionalExtension as _};

use crate::engine::{CACHE_BYTES, Durability, Engine, Visit, Write, read_all};

struct Sqlite {
    path: PathBuf,
    synchronous: &'static str,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

pub(crate) fn open(path: &Path, durability: Durability) -> Result<Box<dyn Engine>> {
    let writer = connect(path)?;
    writer.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = match durability {
        Durability::Crash => "OFF",
        Durability::Power => "FULL",
    };
    writer.pragma_update(None, "synchronous", synchronous)?;
    writer.execute_batch("CREATE TABLE IF NOT EXISTS data (key BLOB PRIMARY KEY, value BLOB NOT NULL)")?;
    Ok(Box::new(Sqlite {
        path: path.to_owned(),
        synchronous,
        writer: Mutex::new(writer),
        readers: Mutex::default(),
    }))
}

fn connect(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "cache_size", -(CACHE_BYTES as i64 >> 10))?;
    Ok(connection)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sqlite {
    fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = lock(&self.readers).pop();
        let connection = idle.map_or_else(|| connect(&self.path), Ok)?;
        let found = read(&connection);
        lock(&self.readers).push(connection);
        found
    }
}

impl Engine for Sqlite {
    fn write(&self, writes: &[Write<'_>]) -> Result<()> {
        let mut connection = lock(&self.writer);
        let transaction = connection.transaction()?;
        let mut put = transaction.prepare_cached("INSERT OR REPLACE INTO data VALUES (?1, ?2)")?;
        let mut delete = transaction.prepare_cached("DELETE FROM data WHERE key = ?1")?;
        for (key, value) in writes {
            match value {
                Some(value) => put.execute((key, value))?,
                None => delete.execute((key,))?,
            };
        }
        drop((put, delete));
        Ok(transaction.commit()?)
    }

    fn get(&self, key: &[u8]) -> Result<Option<usize>> {
        self.read(|connection| {
            let mut get = connection.prepare_cached("SELECT value FROM data WHERE key = ?1")?;
            let value = get.query_row((key,), |row| Ok(read_all(row.get_ref(0)?.as_blob()?)));
            Ok(value.optional()?)
        })
    }

    fn scan(&self, from: &[u8], visit: &mut Visit<'_>) -> Result<()> {
        self.read(|connection| {
            let mut scan =
                connection.prepare_cached("SELECT key, value FROM data WHERE key >= ?1 ORDER BY key")?;
            let mut rows = scan.query((from,))?;
            while let Some(row) = rows.next()? {
                if !visit(row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob()?) {
                    break;
                }
            }
            Ok(())
        })
    }

    fn sync(&self) -> Result<()> {
        let connection = lock(&self.writer);
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.query_row("PRAGMA wal_checkpoint(FULL)", (), |_| Ok(()))?;
        Ok(connection.pragma_update(None, "synchronous", self.synchronous)?)
    }
}
