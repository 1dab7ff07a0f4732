//! What the measurements ask of an engine.

use std::path::Path;

use anyhow::Result;

use crate::engines;

/// What every engine may keep of the files in its own memory.
pub(crate) const CACHE_BYTES: usize = 16 << 20;
/// What every engine with sorted tables may gather before it writes one.
pub(crate) const WRITE_BUFFER_BYTES: usize = 16 << 20;

/// When a write counts as done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// The operating system has it: it survives `kill -9`, not a power cut.
    Crash,
    /// The disk has it.
    Power,
}

/// One put, or a deletion.
pub(crate) type Write<'a> = (&'a [u8], Option<&'a [u8]>);
/// Sees the key and the value of an entry, and says whether it wants the next.
pub(crate) type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> bool + 'a;

/// Ordered bytes on a disk.
pub(crate) trait Engine: Send + Sync {
    /// Applies all of these or none, and returns when they are as durable as the engine was opened for.
    fn write(&self, writes: &[Write<'_>]) -> Result<()>;
    /// How long the value at `key` is, after a look at all of it.
    fn get(&self, key: &[u8]) -> Result<Option<usize>>;
    /// Visits the entries from `from` on, in order.
    fn scan(&self, from: &[u8], visit: &mut Visit<'_>) -> Result<()>;
    /// When it returns, the disk has all that was written before.
    fn sync(&self) -> Result<()>;
}

/// Opens an engine in a folder.
type Open = fn(&Path, Durability) -> Result<Box<dyn Engine>>;

/// An engine that can be measured.
pub(crate) struct Candidate {
    pub(crate) name: &'static str,
    pub(crate) open: Open,
}

/// All of them.
pub(crate) const CANDIDATES: &[Candidate] = &[
    Candidate { name: "fjall", open: engines::fjall::open },
    #[cfg(feature = "rocksdb")]
    Candidate { name: "RocksDB", open: engines::rocksdb::open },
    Candidate { name: "LMDB", open: engines::lmdb::open },
    Candidate { name: "redb", open: engines::redb::open },
    Candidate { name: "SQLite", open: engines::sqlite::open },
];

/// The sum of a value's bytes, so that all of it is read, wherever it lies.
pub(crate) fn read_all(value: &[u8]) -> usize {
    let sum = value.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    std::hint::black_box(sum);
    value.len()
}
