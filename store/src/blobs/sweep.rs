//! Deletes the blobs that nothing refers to.

use std::path::Path;
use std::{fs, io};

use super::{BlobId, Blobs, references, released};
use crate::tuple::Parts;
use crate::{Direction, Error, Reads as _, Store};

/// Released blobs that one round looks at.
const ROUND: usize = 100;

impl Blobs {
    /// Looks at every file, as there is need to once after a start: a process that was killed may have left some that
    /// nothing refers to. Returns how many it deleted.
    ///
    /// # Errors
    /// The store's, or when a file cannot be deleted.
    pub fn sweep_all(&self, store: &Store) -> Result<usize, Error> {
        let failed = |source| Error::Folder { path: self.0.folder.clone(), source };
        let mut deleted = 0;
        for folder in entries(&self.0.folder).map_err(failed)? {
            for file in entries(&folder).map_err(failed)? {
                let id = file.file_stem().and_then(|name| name.to_str()?.parse().ok());
                // What has no blob's name is not ours.
                if let Some(id) = id
                    && self.is_garbage(store, id)?
                {
                    delete(&file).map_err(failed)?;
                    deleted += 1;
                }
            }
        }
        Ok(deleted)
    }

    /// Deletes what was released, then waits for more; until the store or the disk fails.
    ///
    /// # Errors
    /// The store's, or when a file cannot be deleted.
    pub async fn sweep_released(&self, store: &Store) -> Result<(), Error> {
        loop {
            let mut more = store.watch(released());
            while self.round(store).await? > 0 {}
            more.changed().await;
        }
    }

    async fn round(&self, store: &Store) -> Result<usize, Error> {
        let (blobs, store) = (self.clone(), store.clone());
        let round = tokio::task::spawn_blocking(move || blobs.sweep_round(&store));
        round.await.map_err(|error| Error::Engine(format!("a sweep of blobs panicked: {error}")))?
    }

    /// Looks at some that were released. Returns with how many it is through: not with those that are still held, which
    /// are looked at again when more is released.
    pub(super) fn sweep_round(&self, store: &Store) -> Result<usize, Error> {
        // Before the transaction begins, see `is_garbage`.
        let held = self.0.held.lock().clone();
        let (garbage, kept) = store.transact_now(|tx| {
            let (mut garbage, mut kept) = (Vec::new(), Vec::new());
            for entry in tx.scan_head(released().prefix_range()) {
                let (note, _) = entry?;
                let id = id_of(&note)?;
                if garbage.len() + kept.len() >= ROUND {
                    break;
                }
                if tx.scan(references(id).prefix_range(), Direction::Forward).next().transpose()?.is_some() {
                    kept.push(note);
                } else if !held.contains(&id) {
                    garbage.push((note, id));
                }
            }
            kept.iter().for_each(|note| tx.delete(&**note));
            Ok::<_, Error>((garbage, kept.len()))
        })?;
        for (_, id) in &garbage {
            let path = self.0.path(*id);
            delete(&path).map_err(|source| Error::Folder { path, source })?;
        }
        // Only now: a crash in between must leave the notes. Nothing refers to garbage ever again.
        store.transact_now(|tx| {
            garbage.iter().for_each(|(note, _)| tx.delete(&**note));
            Ok::<_, Error>(())
        })?;
        Ok(garbage.len() + kept)
    }

    /// In this order: who refers to a blob holds it until the reference is there, so that what is not held now is
    /// referred to already, or never will be.
    fn is_garbage(&self, store: &Store, id: BlobId) -> Result<bool, Error> {
        if self.0.held.lock().contains(&id) {
            return Ok(false);
        }
        let snapshot = store.snapshot();
        let reference = snapshot.scan(references(id).prefix_range(), Direction::Forward).next();
        Ok(reference.transpose()?.is_none())
    }
}

fn id_of(released: &[u8]) -> Result<BlobId, Error> {
    let mut parts = Parts::new(released);
    parts.str()?;
    let id = parts.bytes()?.into_owned();
    Ok(BlobId(id.try_into().map_err(|_| Error::key("it is no blob's"))?))
}

fn entries(folder: &Path) -> io::Result<Vec<std::path::PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn delete(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
