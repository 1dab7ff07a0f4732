//! Where a store keeps its data, and how durable an acknowledged transaction is.

use std::path::{Path, PathBuf};

/// How durable a transaction is when it is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Durability {
    /// The operating system has it: it survives the end of the process, however sudden. Synced within a second.
    #[default]
    Crash,
    /// It is synced to the disk, together with others: it survives a power cut.
    Power,
}

/// Where a store keeps its data.
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) place: Place,
    pub(crate) cache_bytes: u64,
    pub(crate) write_buffer_bytes: u64,
}

#[derive(Clone, Debug)]
pub(crate) enum Place {
    Memory,
    Folder { path: PathBuf, durability: Durability },
}

impl Options {
    /// In a data folder, which is made when it is missing.
    #[must_use]
    pub fn folder(path: &Path, durability: Durability) -> Self {
        Self::at(Place::Folder { path: path.to_owned(), durability })
    }

    /// In memory alone: gone with the process.
    #[must_use]
    pub fn memory() -> Self {
        Self::at(Place::Memory)
    }

    /// How much the engine keeps of what is read often.
    #[must_use]
    pub fn cache_bytes(mut self, bytes: u64) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// How much the engine gathers in memory before it writes a sorted table.
    #[must_use]
    pub fn write_buffer_bytes(mut self, bytes: u64) -> Self {
        self.write_buffer_bytes = bytes;
        self
    }

    fn at(place: Place) -> Self {
        Options { place, cache_bytes: 16 << 20, write_buffer_bytes: 16 << 20 }
    }
}
