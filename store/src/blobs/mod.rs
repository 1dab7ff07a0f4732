//! Large values, in files beside the store.
//!
//! A blob's life: [`Blobs::create`] begins it, in a file that nobody reads; [`Writing::finish`] makes it whole, and at
//! `power` brings it to the disk; a transaction then puts a reference to it ([`Blobs::refer`]). When a transaction has
//! deleted its last reference ([`Blobs::release`]), the sweeper deletes it. So a reference in the store always has a
//! whole blob, and a crash in between leaves nothing worse than a file that the sweeper finds. A blob never changes.
//!
//! The sweeper keeps what is being written, what is written and not yet referred to (as long as its [`Written`] lives),
//! and what has a reference. It sees all of those only within one process: the folder belongs to one, as a data folder
//! does. After a reset of the store every blob is garbage, which `Blobs::sweep_all` finds.
//!
//! Stored:
//!
//! | where | what |
//! |---|---|
//! | file `<folder>/<first two digits>/<id>`, the id in 32 hexadecimal digits | the bytes, and nothing else |
//! | file `<folder>/<first two digits>/<id>.part` | a blob that is being written, or was when the process ended |
//! | key `"blob", id, reference` | the length, in a record |
//! | key `"blob released", id` | nothing: it may have lost its last reference |

mod sweep;
#[cfg(test)]
mod tests;
mod write;

use std::collections::HashSet;
use std::io::SeekFrom;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, Take};

use crate::tuple::Key;
use crate::{Durability, Error, Reads, Transaction};

pub use write::{Writing, Written};

/// Large values in the files of a folder. Clones are the same.
#[derive(Clone, Debug)]
pub struct Blobs(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    durability: Durability,
    /// Begun, and not yet referred to or given up.
    held: Mutex<HashSet<BlobId>>,
}

/// Names a blob: random bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobId(pub [u8; 16]);

/// The bytes of a range of a blob, to be read once.
pub type BlobReader = Take<File>;

impl Blobs {
    /// The blobs of a folder, which is made when it is missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(folder: &Path, durability: Durability) -> Result<Self, Error> {
        let failed = |source| Error::Folder { path: folder.to_owned(), source };
        crate::folder::make(folder).map_err(failed)?;
        Ok(Blobs(Arc::new(Inner { folder: folder.to_owned(), durability, held: Mutex::default() })))
    }

    /// Refers to a blob that was written. `reference` is who refers to it, and unique among those of the blob.
    ///
    /// # Errors
    /// When the length cannot be a record.
    pub fn refer(&self, tx: &mut Transaction, written: &Written, reference: &[u8]) -> Result<(), Error> {
        tx.put_record(reference_key(written.id(), reference), &written.length())
    }

    /// Refers once more to a blob that `other` refers to. False when that does not, or no longer.
    ///
    /// # Errors
    /// The store's.
    pub fn refer_too(
        &self,
        tx: &mut Transaction,
        id: BlobId,
        other: &[u8],
        reference: &[u8],
    ) -> Result<bool, Error> {
        let Some(length) = self.length(tx, id, other)? else { return Ok(false) };
        tx.put_record(reference_key(id, reference), &length)?;
        Ok(true)
    }

    /// Deletes a reference. Without any, the blob goes soon.
    pub fn release(&self, tx: &mut Transaction, id: BlobId, reference: &[u8]) {
        tx.delete(reference_key(id, reference));
        tx.put(released().bytes(id.0), Vec::new());
        tx.signal(released());
    }

    /// The length of the blob that `reference` refers to.
    ///
    /// # Errors
    /// The store's.
    pub fn length(&self, reads: &impl Reads, id: BlobId, reference: &[u8]) -> Result<Option<u64>, Error> {
        reads.get_record(&reference_key(id, reference))
    }

    /// A part of a blob. Once it is open, it can be read to its end, whatever becomes of the blob.
    ///
    /// # Errors
    /// When there is no such blob, or its file cannot be opened.
    pub async fn read(&self, id: BlobId, range: Range<u64>) -> Result<BlobReader, Error> {
        let path = self.0.path(id);
        let failed = |source| Error::Folder { path: path.clone(), source };
        let mut file = File::open(&path).await.map_err(failed)?;
        file.seek(SeekFrom::Start(range.start)).await.map_err(failed)?;
        Ok(file.take(range.end.saturating_sub(range.start)))
    }
}

impl Inner {
    fn path(&self, id: BlobId) -> PathBuf {
        let name = id.to_string();
        self.folder.join(&name[..2]).join(&name)
    }
}

fn references(id: BlobId) -> Key {
    Key::new().str("blob").bytes(id.0)
}

fn reference_key(id: BlobId, reference: &[u8]) -> Key {
    references(id).bytes(reference)
}

/// Signalled when there may be something to sweep.
fn released() -> Key {
    Key::new().str("blob released")
}

impl std::fmt::Display for BlobId {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(to, "{byte:02x}"))
    }
}

impl std::fmt::Debug for BlobId {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "BlobId({self})")
    }
}

impl std::str::FromStr for BlobId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let number = u128::from_str_radix(text, 16).ok().filter(|_| digits);
        number.map(|number| BlobId(number.to_be_bytes())).ok_or_else(|| Error::key("it is no blob's"))
    }
}
