//! Writes blobs: to a file with another name first, which gets its own when it is whole.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::fs::{self, File};
use tokio::io::{self, AsyncWrite, AsyncWriteExt as _};

use super::{BlobId, Blobs, Inner};
use crate::{Durability, Error};

impl Blobs {
    /// Begins a blob, whose name are fresh random bytes. What is written to it is there when it is finished; when it is
    /// dropped before, the sweeper removes it.
    ///
    /// # Errors
    /// When its file cannot be made.
    pub async fn create(&self, id: BlobId) -> Result<Writing, Error> {
        let path = self.0.path(id);
        // Before there is a file that a sweeper could find.
        let held = Held::new(self, id);
        let part = path.with_extension("part");
        let begun = begin(&part).await;
        let file = begun.map_err(|source| Error::Folder { path: part.clone(), source })?;
        Ok(Writing { file, length: 0, path, part, held })
    }
}

/// Makes the file, and its folder.
async fn begin(part: &Path) -> io::Result<File> {
    if let Some(folder) = part.parent() {
        fs::create_dir_all(folder).await?;
    }
    fs::OpenOptions::new().write(true).create_new(true).open(part).await
}

async fn sync_names(folder: &Path) -> io::Result<()> {
    File::open(folder).await?.sync_all().await
}

/// A blob that is being written.
#[derive(Debug)]
pub struct Writing {
    file: File,
    length: u64,
    path: PathBuf,
    part: PathBuf,
    held: Held,
}

impl Writing {
    /// Makes it whole: when this returns it is as durable as the store's own acknowledgements.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub async fn finish(self) -> Result<Written, Error> {
        let Writing { file, length, path, part, held } = self;
        match finish(file, &part, &path, &held.blobs.0).await {
            Ok(()) => Ok(Written { length, held }),
            Err(source) => Err(Error::Folder { path, source }),
        }
    }
}

async fn finish(mut file: File, part: &Path, path: &Path, blobs: &Inner) -> io::Result<()> {
    file.flush().await?;
    if blobs.durability == Durability::Crash {
        return fs::rename(part, path).await;
    }
    file.sync_all().await?;
    fs::rename(part, path).await?;
    if let Some(folder) = path.parent() {
        sync_names(folder).await?;
    }
    // Somebody else may have made the folder within, and not have come to this line.
    sync_names(&blobs.folder).await
}

impl AsyncWrite for Writing {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.file).poll_write(task, bytes);
        if let Poll::Ready(Ok(count)) = &written {
            self.length += *count as u64;
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.file).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.file).poll_shutdown(task)
    }
}

/// A whole blob that may not be referred to yet: the sweeper leaves it alone while this lives, so it must live until the
/// transaction that refers to it has returned.
#[derive(Debug)]
pub struct Written {
    length: u64,
    held: Held,
}

impl Written {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> BlobId {
        self.held.id
    }

    /// How many bytes it has.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }
}

/// Keeps a blob from the sweeper.
#[derive(Debug)]
struct Held {
    blobs: Blobs,
    id: BlobId,
}

impl Held {
    fn new(blobs: &Blobs, id: BlobId) -> Self {
        blobs.0.held.lock().insert(id);
        Held { blobs: blobs.clone(), id }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.blobs.0.held.lock().remove(&self.id);
    }
}
