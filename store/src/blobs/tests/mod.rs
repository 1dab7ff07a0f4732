//! Blobs: written, read, copied, let go, left behind, damaged; on disks that are full, and by processes that are killed.

mod damage;
mod full;
mod killed;
mod life;
mod ranges;

use std::ops::Range;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::TryStreamExt as _;

use super::*;
use crate::{Durability, Options, Transaction};

/// A store with its blobs, in a folder.
struct Bed {
    store: Store,
    folder: tempfile::TempDir,
}

impl Bed {
    fn new() -> Self {
        Self::at(Durability::Crash)
    }

    fn at(durability: Durability) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Bed { store: Store::open(Options::folder(folder.path(), durability)).unwrap(), folder }
    }

    fn blobs(&self) -> Blobs {
        self.store.blobs()
    }

    async fn write(&self, number: u8, bytes: &[u8]) -> Written {
        let mut writing = self.blobs().create(id(number));
        for piece in bytes.chunks(70_000) {
            writing.write(Bytes::copy_from_slice(piece)).await.unwrap();
        }
        writing.finish().await.unwrap()
    }

    fn refer(&self, written: &Written) -> Blob {
        self.store.transact_now(|tx| written.refer(tx)).unwrap()
    }

    /// Writes a blob, and refers to it.
    async fn put(&self, number: u8, bytes: &[u8]) -> Blob {
        let written = self.write(number, bytes).await;
        self.refer(&written)
    }

    fn copy(&self, blob: &Blob, number: u8) -> Option<Blob> {
        self.store.transact_now(|tx| blob.copy(tx, id(number))).unwrap()
    }

    fn release(&self, blob: &Blob) {
        let release = |tx: &mut Transaction| {
            blob.release(tx);
            Ok::<_, Error>(())
        };
        self.store.transact_now(release).unwrap();
    }

    async fn read(&self, blobs: &[Blob], range: Range<u64>) -> Result<Option<Vec<u8>>, Error> {
        match self.blobs().read(blobs, range).await? {
            Some(reader) => Ok(Some(all(reader).await?)),
            None => Ok(None),
        }
    }

    /// Looks at every file, as after a start. Returns how many it deleted.
    fn sweep_all(&self) -> usize {
        self.blobs().shared.reset();
        self.blobs().sweep_now().unwrap()
    }

    /// The ids of the files that are there, in order.
    fn files(&self) -> Vec<BlobId> {
        let mut files = Vec::new();
        let note = |id| {
            files.push(id);
            Ok(())
        };
        self.blobs().shared.files.each(note).unwrap();
        files.sort_unstable();
        files
    }

    fn path(&self, number: u8) -> PathBuf {
        path(self.folder.path(), id(number))
    }
}

fn path(data: &Path, id: BlobId) -> PathBuf {
    data.join("blobs").join(&id.to_string()[30..]).join(id.to_string())
}

fn id(number: u8) -> BlobId {
    BlobId::new(u64::from(number), [number; 8])
}

async fn all(mut reader: BlobReader) -> Result<Vec<u8>, Error> {
    let expected = reader.remaining();
    let mut bytes = Vec::new();
    while let Some(piece) = reader.try_next().await? {
        assert!(!piece.is_empty());
        bytes.extend_from_slice(&piece);
    }
    assert_eq!(bytes.len() as u64, expected);
    Ok(bytes)
}

/// Bytes that are nowhere the same as a block before.
fn bytes(length: usize) -> Vec<u8> {
    (0..length as u64).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}
