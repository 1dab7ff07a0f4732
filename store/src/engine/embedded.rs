//! The embedded engine: log-structured trees on local disk (fjall), one for everything, and one for what is written in the
//! order of its keys: what it flushes need not be merged, because it never overlaps.
//!
//! fjall was chosen for what a store of queues and records needs: cheap small commits (its journal is one appended
//! file), views that never block writers, memory bounded by configuration, pure Rust.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fjall::compaction::Leveled;
use fjall::config::{BlockSizePolicy, FilterPolicy, PartitioningPolicy};
use fjall::{
    CompressionType, Database, Guard, Keyspace, KeyspaceCreateOptions, PersistMode, Readable as _, Snapshot,
};

use crate::engine::{Engine, Entries, View, Writes, journal};
use crate::tuple::{all_rising, is_rising};
use crate::{Direction, Error};

/// How much of the journal may lie beside the sorted tables before these are brought up to date.
const JOURNAL_BYTES_MAX: u64 = 64 << 20;
/// Threads that write and merge sorted tables. Never one alone: fjall 3.1 stops for good when its only worker meets a
/// full queue of its own messages. And more than there is work for: while all but the first are busy, that one hands
/// messages on to itself without a rest, which costs as much as the work.
const WORKERS: usize = 6;
/// New tables of the rising tree before they are merged. Each overlaps its neighbours alone, by what was under way when it
/// was cut off, so reads look at one or two of them however many there are.
const RISING_TABLES_MAX: u8 = 16;
/// Blocks of the rising tree: what is in one was written together, and is mostly read together.
const RISING_BLOCK_BYTES: u32 = 16 << 10;

/// Full tables in memory that wait for their turn to be written: one less than fjall's own limit.
const SEALED_MAX: usize = 3;
/// How long a write that finds no room rests before it looks again.
const WAIT: Duration = Duration::from_millis(5);

/// What a start may find in journals: that takes it some milliseconds. For less, no tables are written at the end.
const TAKEN_IN_BYTES_MAX: u64 = 2 << 20;

/// A folder of fjall's.
pub(crate) struct Embedded {
    path: PathBuf,
    database: Database,
    trees: Trees,
}

/// The trees of a folder.
#[derive(Clone)]
struct Trees {
    data: Keyspace,
    rising: Keyspace,
}

impl Embedded {
    /// Opens the folder, or makes it, and takes in what the journal has.
    pub(crate) fn open(path: &Path, cache_bytes: u64, write_buffer_bytes: u64) -> Result<Self, Error> {
        let database = match database(path, cache_bytes) {
            Err(fjall::Error::JournalRecovery(why)) => {
                cut_torn_end(path, &why)?;
                database(path, cache_bytes)?
            }
            opened => opened?,
        };
        // Filters and indexes of large tables are hundreds of kilobytes, which reads of any keys would drive out of the cache
        // and read again all the time; in parts, each is read as it is asked for. Those of new tables stay in memory.
        let in_parts = || PartitioningPolicy::new([false, true]);
        let options = || {
            let options = KeyspaceCreateOptions::default().max_memtable_size(write_buffer_bytes);
            options.index_block_partitioning_policy(in_parts()).filter_block_partitioning_policy(in_parts())
        };
        // Hardly two of its tables overlap, so there is nothing for filters to spare.
        let rising = || {
            let blocks = BlockSizePolicy::all(RISING_BLOCK_BYTES);
            let merges = Leveled::default().with_l0_threshold(RISING_TABLES_MAX);
            let options = options().data_block_size_policy(blocks).filter_policy(FilterPolicy::disabled());
            options.compaction_strategy(Arc::new(merges))
        };
        let trees =
            Trees { data: database.keyspace("data", options)?, rising: database.keyspace("rising", rising)? };
        // fjall 3.1 syncs what is in a new keyspace's folder, and not the folder's own name.
        let names = path.join("keyspaces");
        File::open(&names)
            .and_then(|folder| folder.sync_all())
            .map_err(|source| Error::Folder { path: names, source })?;
        Ok(Embedded { path: path.to_owned(), database, trees })
    }
}

fn database(path: &Path, cache_bytes: u64) -> fjall::Result<Database> {
    let builder = Database::builder(path).worker_threads(WORKERS).cache_size(cache_bytes);
    // Values of 4 KB and more cost twice as much to compress as to write.
    let builder = builder.max_journaling_size(JOURNAL_BYTES_MAX).journal_compression(CompressionType::None);
    // Commits are handed to the operating system in groups, by `Engine::flush`.
    builder.manual_journal_persist(true).open()
}

fn cut_torn_end(path: &Path, why: &fjall::JournalRecoveryError) -> Result<(), Error> {
    let cut = journal::cut_torn_end(path);
    let cut = cut.map_err(|source| Error::Folder { path: path.to_owned(), source })?;
    if let Some((kept, bytes)) = cut {
        let kept = kept.display();
        tracing::warn!(%why, bytes, %kept, "the end of the journal is torn, as after a power cut; it was cut off");
    }
    Ok(())
}

impl Embedded {
    /// Waits while tables are not written as fast as they fill. fjall does too, at one more of them, but for ever when the
    /// disk is full and its workers have given up; a write that waits keeps all others waiting.
    fn wait_for_room(&self) -> Result<(), Error> {
        let is_full = |tree: &Keyspace| tree.sealed_memtable_count() >= SEALED_MAX;
        while is_full(&self.trees.data) || is_full(&self.trees.rising) {
            // Does nothing, and fails once a worker has.
            self.database.persist(PersistMode::Buffer)?;
            std::thread::sleep(WAIT);
        }
        Ok(())
    }

    /// Writes what is in memory alone into tables, however little it is.
    fn write_tables(&self) -> Result<(), Error> {
        let trees = [&self.trees.data, &self.trees.rising];
        for tree in trees {
            tree.rotate_memtable()?;
        }
        while trees.iter().any(|tree| tree.sealed_memtable_count() > 0) {
            // Does nothing, and fails once a worker has.
            self.database.persist(PersistMode::Buffer)?;
            std::thread::sleep(WAIT);
        }
        Ok(())
    }

    /// After a failed write. What is left of it in fjall's buffer would be written when the database is dropped, and be
    /// there after the next start although it was refused. fjall takes no more writes until then.
    fn refuse(&self, error: fjall::Error) -> Error {
        std::mem::forget(self.database.clone());
        error.into()
    }
}

impl Engine for Embedded {
    fn view(&self) -> Box<dyn View> {
        Box::new(Moment { snapshot: self.database.snapshot(), trees: self.trees.clone() })
    }

    fn write(&self, writes: &Writes) -> Result<(), Error> {
        self.wait_for_room()?;
        let mut batch = self.database.batch();
        for (key, value) in writes {
            let tree = self.trees.of(key);
            match value {
                Some(value) => batch.insert(tree, key.as_slice(), value.clone()),
                // Its trace goes with the one value that it deletes, in memory if both are there.
                None if is_rising(key) => batch.remove_weak(tree, key.as_slice()),
                None => batch.remove(tree, key.as_slice()),
            }
        }
        batch.commit().map_err(|error| self.refuse(error))
    }

    fn flush(&self) -> Result<(), Error> {
        self.database.persist(PersistMode::Buffer).map_err(|error| self.refuse(error))
    }

    fn clear(&self) -> Result<(), Error> {
        self.trees.data.clear()?;
        Ok(self.trees.rising.clear()?)
    }

    fn sync(&self) -> Result<(), Error> {
        self.database.persist(PersistMode::SyncData).map_err(|error| self.refuse(error))
    }

    /// A start takes in all that it finds in journals, also what tables have already, at some hundred megabytes a second.
    fn finish(&self) -> Result<(), Error> {
        let failed = |source| Error::Folder { path: self.path.clone(), source };
        if journal::bytes(&self.path).map_err(failed)? <= TAKEN_IN_BYTES_MAX {
            return Ok(());
        }
        self.write_tables()?;
        journal::empty(&self.path).map_err(failed)
    }
}

impl Trees {
    fn of(&self, key: &[u8]) -> &Keyspace {
        if is_rising(key) { &self.rising } else { &self.data }
    }
}

struct Moment {
    snapshot: Snapshot,
    trees: Trees,
}

impl Moment {
    /// The entries of a range all of whose keys are in one tree.
    fn entries(&self, range: Range<Vec<u8>>, direction: Direction) -> Entries<'_> {
        if range.is_empty() {
            return Box::new(std::iter::empty());
        }
        let entries = self.snapshot.range(self.trees.of(&range.start), range);
        match direction {
            Direction::Forward => Box::new(entries.map(entry)),
            Direction::Backward => Box::new(entries.rev().map(entry)),
        }
    }
}

impl View for Moment {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        Ok(self.snapshot.get(self.trees.of(key), key)?.map(Bytes::from))
    }

    fn scan(&self, range: Range<Vec<u8>>, direction: Direction) -> Entries<'_> {
        let rising = all_rising();
        if range.end <= rising.start || range.start >= rising.start && range.end <= rising.end {
            return self.entries(range, direction);
        }
        let parts = [
            range.start.clone()..range.end.clone().min(rising.start.clone()),
            range.start.clone().max(rising.start)..range.end.clone().min(rising.end.clone()),
            range.start.max(rising.end)..range.end,
        ];
        let [first, second, third] = parts.map(|part| self.entries(part, direction));
        match direction {
            Direction::Forward => Box::new(first.chain(second).chain(third)),
            Direction::Backward => Box::new(third.chain(second).chain(first)),
        }
    }
}

fn entry(guard: Guard) -> Result<(Bytes, Bytes), Error> {
    let (key, value) = guard.into_inner()?;
    Ok((key.into(), value.into()))
}
