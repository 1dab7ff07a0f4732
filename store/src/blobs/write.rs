//! Writes blobs: into memory while they are small, then into a file, behind the caller's back.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::task::JoinHandle;

use super::blob::{Place, value_of};
use super::blocks::Sums;
use super::files::NewFile;
use super::holds::Held;
use super::{Blob, BlobId, Blobs, INLINE_BYTES_MAX, Shared, panicked, reference_key, value_key};
use crate::{Error, Reads as _, Transaction};

/// Bytes that are written at once, by a thread that may wait for the disk. A writer has twice as many in memory.
const GATHERED_BYTES: usize = 1 << 20;
/// Smaller pieces are put together, so that what is written at once are a few hundred at most.
const PIECE_BYTES_MIN: usize = 4 << 10;

impl Blobs {
    /// Begins a blob. When it is dropped before it is finished, nothing remains of it.
    #[must_use]
    pub fn create(&self, id: BlobId) -> Writing {
        Writing { blobs: self.clone(), id, length: 0, gathered: Gathered::default(), file: Writer::NotNeeded }
    }
}

/// A blob that is being written.
pub struct Writing {
    blobs: Blobs,
    id: BlobId,
    length: u64,
    /// What is not written yet.
    gathered: Gathered,
    file: Writer,
}

/// Who has the file.
enum Writer {
    /// There is none: the blob may yet be small.
    NotNeeded,
    /// A thread that may wait for the disk.
    Thread(JoinHandle<Result<Begun, Error>>),
    /// Nobody: it failed.
    Failed,
}

/// A file that was begun.
struct Begun {
    file: NewFile,
    sums: Box<Sums>,
    /// Let go after the last write, even if nobody waits for that any more.
    held: Held,
}

impl Writing {
    /// Writes what comes next; returns when there is room for more.
    ///
    /// # Errors
    /// When the disk does not take what was written before; then nothing more is taken.
    pub async fn write(&mut self, piece: Bytes) -> Result<(), Error> {
        self.length += piece.len() as u64;
        self.gathered.push(piece);
        if self.gathered.length < GATHERED_BYTES {
            return Ok(());
        }
        let begun = self.begun().await?;
        let (pieces, shared, id) = (self.gathered.take(), Arc::clone(&self.blobs.shared), self.id);
        let append = move || begun.map_or_else(|| Begun::new(&shared, id), Ok)?.append(&pieces);
        self.file = Writer::Thread(tokio::task::spawn_blocking(append));
        Ok(())
    }

    /// Makes it whole: when this returns it is as durable as the store's own acknowledgements.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub async fn finish(mut self) -> Result<Written, Error> {
        let begun = self.begun().await?;
        let pieces = self.gathered.take();
        let Writing { blobs, id, length, .. } = self;
        if begun.is_none() && length <= INLINE_BYTES_MAX as u64 {
            let value = value_of(id, &pieces);
            return Ok(Written { blob: Blob { id, length, place: Place::Store }, bytes: Kept::Value(value) });
        }
        let shared = Arc::clone(&blobs.shared);
        let end = move || begun.map_or_else(|| Begun::new(&shared, id), Ok)?.append(&pieces)?.end(&shared);
        let held = tokio::task::spawn_blocking(end).await.map_err(|error| panicked(&error))??;
        Ok(Written { blob: Blob { id, length, place: Place::File(id) }, bytes: Kept::File(blobs, held) })
    }

    /// Waits until the file is nobody's, and takes it.
    async fn begun(&mut self) -> Result<Option<Begun>, Error> {
        let outcome = match &mut self.file {
            Writer::NotNeeded => return Ok(None),
            Writer::Thread(thread) => thread.await,
            Writer::Failed => {
                return Err(Error::Failed("what was written to the blob before was not taken".into()));
            }
        };
        self.file = Writer::Failed;
        outcome.map_err(|error| panicked(&error))?.map(Some)
    }
}

impl Begun {
    fn new(shared: &Shared, id: BlobId) -> Result<Self, Error> {
        // Before there is a file that a sweeper could find.
        let held = shared.holds.hold(id, true);
        Ok(Begun { file: shared.files.create(id)?, sums: Box::new(Sums::new(id)), held })
    }

    fn append(mut self, pieces: &[Bytes]) -> Result<Self, Error> {
        pieces.iter().for_each(|piece| self.sums.add(piece));
        self.file.append(pieces)?;
        Ok(self)
    }

    fn end(mut self, shared: &Shared) -> Result<Held, Error> {
        self.file.append(&[self.sums.end().into()])?;
        shared.files.finish(self.file)?;
        Ok(self.held)
    }
}

/// Pieces that wait to be written.
#[derive(Default)]
struct Gathered {
    length: usize,
    pieces: Vec<Bytes>,
    /// The last of them, while they are small.
    small: BytesMut,
}

impl Gathered {
    fn push(&mut self, piece: Bytes) {
        self.length += piece.len();
        if piece.len() < PIECE_BYTES_MIN {
            self.small.extend_from_slice(&piece);
        } else {
            self.end_small();
            self.pieces.push(piece);
        }
    }

    fn take(&mut self) -> Vec<Bytes> {
        self.end_small();
        self.length = 0;
        std::mem::take(&mut self.pieces)
    }

    fn end_small(&mut self) {
        if !self.small.is_empty() {
            self.pieces.push(self.small.split().freeze());
        }
    }
}

/// A whole blob that nothing refers to yet. It must live until the transaction that does so has returned; without one,
/// nothing remains of it.
pub struct Written {
    blob: Blob,
    bytes: Kept,
}

/// Where the bytes wait.
enum Kept {
    Value(Bytes),
    File(Blobs, Held),
}

impl Written {
    /// How many bytes it has.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.blob.length
    }

    /// Lets a transaction refer to it, which writes what it gets into a record; once.
    ///
    /// # Errors
    /// When the length cannot be a record.
    pub fn refer(&self, tx: &mut Transaction) -> Result<Blob, Error> {
        let id = self.blob.id;
        match &self.bytes {
            Kept::Value(value) => tx.put(value_key(id), value.clone()),
            Kept::File(..) => tx.put_record(reference_key(id, id), &self.blob.length)?,
        }
        Ok(self.blob.clone())
    }
}

impl Drop for Written {
    /// Spares the sweeper the look at a file that something refers to.
    fn drop(&mut self) {
        if let Kept::File(blobs, held) = &mut self.bytes {
            let reference = reference_key(self.blob.id, self.blob.id);
            held.is_doubtful = !matches!(blobs.store.snapshot().get(&reference), Ok(Some(_)));
        }
    }
}
