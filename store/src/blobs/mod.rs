//! Bytes that are too many for a record: of objects, parts of objects, code of functions.
//!
//! A blob's life: [`Blobs::create`] begins it, [`Writing::write`] takes its bytes piece by piece, [`Writing::finish`] makes it
//! whole, and at `power` brings it to the disk; a transaction then refers to it ([`Written::refer`]) and writes the [`Blob`]
//! that it gets into a record of the caller's. So what a record has of blobs is always there and whole, and a crash in between
//! leaves nothing worse than a file that the sweeper finds. A blob never changes. It may be copied without its bytes
//! ([`Blob::copy`]), and whoever deletes a record releases its blobs ([`Blob::release`]).
//!
//! A `Blob` has one owner, the record that it stands in. It may move to another record, in a transaction, and then needs
//! neither a copy nor a release: many parts become one object when its record takes over the list of their blobs, and
//! [`Blobs::read`] reads such a list as if it were one. There is no blob of blobs: the caller keeps the list.
//!
//! Up to [`INLINE_BYTES_MAX`], a blob is a value in the store, written and deleted by the transactions of the record that has
//! it: a million of 1 KB make no files, and writing one is one commit. Every greater one is a file, in folders beside the store;
//! only `files.rs` knows them, so that another place for large blobs needs the same few functions.
//!
//! Bytes are summed in blocks when they are written, and every block that is read, for whatever range, is proved before any of
//! it is handed out: a damaged byte is an error ([`Error::Damaged`]) and never a wrong byte.
//!
//! The sweeper ([`Blobs::sweep`]) deletes files that nothing refers to, but none that is being written, was written and may yet
//! be referred to (while its [`Written`] lives), or is being read.
//!
//! Stored, numbers big-endian where nothing else is said:
//!
//! | where | what |
//! |---|---|
//! | rising key `"blob", id` | a blob in the store: the sum of its bytes (little-endian, 8), the bytes |
//! | file `<data folder>/blobs/<last two digits>/<id>`, the id in 32 hexadecimal digits | the bytes; then the sum of each block (little-endian, 8) |
//! | key `"blob", file, id` | a blob in a file, which several may share: the length, in a record |
//! | key `"blob released", file` | nothing: the file may have lost its last reference |
//! | [`Blob`] in a record of the caller's | byte string: kind (1), length (8), id (16), and for kind 2 the id of the file (16) |
//!
//! Kinds of blobs: 0 in the store, 1 in the file of its own id, 2 in another one's file. The sum of a block is its XXH3 of 64
//! bits with a seed: the last eight bytes of the id of the blob (of the file, where it is in one) plus the block's number, so that
//! a block in another one's place is found too.

mod blob;
mod blocks;
mod check;
mod files;
mod holds;
mod read;
mod sweep;
#[cfg(test)]
mod tests;
mod write;

use std::sync::Arc;

use crate::tuple::Key;
use crate::{Error, Store};

pub use blob::{Blob, BlobId};
pub use check::{Checked, Damage};
pub(crate) use files::Files;
use holds::Holds;
pub use read::BlobReader;
pub use write::{Writing, Written};

/// Up to how many bytes a blob is a value in the store.
pub const INLINE_BYTES_MAX: usize = 32 << 10;

/// The blobs of a store. Clones are the same.
#[derive(Clone)]
pub struct Blobs {
    store: Store,
    shared: Arc<Shared>,
}

/// What the blobs of a store are beside the store.
pub(crate) struct Shared {
    pub(crate) files: Arc<Files>,
    holds: Arc<Holds>,
}

impl Shared {
    pub(crate) fn new(files: Arc<Files>) -> Arc<Self> {
        Arc::new(Shared { files, holds: Arc::default() })
    }

    /// The store has forgotten everything, so all files are garbage.
    pub(crate) fn reset(&self) {
        self.holds.doubt_all();
    }
}

impl Blobs {
    pub(crate) fn new(store: Store, shared: Arc<Shared>) -> Self {
        Blobs { store, shared }
    }
}

/// All blobs in the store.
fn values() -> Key {
    Key::rising().str("blob")
}

fn value_key(id: BlobId) -> Key {
    values().bytes(id.0)
}

/// All who refer to files.
fn file_references() -> Key {
    Key::new().str("blob")
}

/// Those who refer to one file.
fn references(file: BlobId) -> Key {
    file_references().bytes(file.0)
}

fn reference_key(file: BlobId, id: BlobId) -> Key {
    references(file).bytes(id.0)
}

/// Signalled when there may be something to sweep.
fn released() -> Key {
    Key::new().str("blob released")
}

/// Why a thread gave no answer.
fn panicked(error: &tokio::task::JoinError) -> Error {
    Error::Engine(format!("work on blobs panicked: {error}"))
}
