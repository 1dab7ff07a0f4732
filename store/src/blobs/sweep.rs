//! Deletes the files that nothing refers to.
//!
//! A view shows commits that a crash may still undo, and a record that comes back needs its files. So what a view shows is
//! brought to the disk before any of them goes.

use super::{BlobId, Blobs, panicked, references, released};
use crate::tuple::Parts;
use crate::{Direction, Error, Reads};

/// Released files that one round looks at.
const ROUND: usize = 100;

impl Blobs {
    /// Deletes what a process that was killed has left, then whatever becomes garbage; until the store or the disk fails. To
    /// be run once, for as long as the store is open.
    ///
    /// # Errors
    /// The store's, or when a file cannot be deleted.
    pub async fn sweep(&self) -> Result<(), Error> {
        self.shared.holds.doubt_all();
        loop {
            let mut more_released = self.store.watch(released());
            let blobs = self.clone();
            let round = tokio::task::spawn_blocking(move || blobs.sweep_now());
            round.await.map_err(|error| panicked(&error))??;
            tokio::select! {
                () = more_released.changed() => {}
                () = self.shared.holds.more() => {}
            }
        }
    }

    /// Deletes what is garbage now, as far as somebody has reason to look. Returns how many files.
    pub(super) fn sweep_now(&self) -> Result<usize, Error> {
        let doubtful = self.shared.holds.take_doubtful();
        let mut garbage = Vec::new();
        let mut look = |id| {
            garbage.extend(self.is_garbage(id)?.then_some(id));
            Ok::<_, Error>(())
        };
        if doubtful.all {
            self.shared.files.each(&mut look)?;
        }
        doubtful.files.into_iter().try_for_each(look)?;
        let mut deleted = self.delete(garbage)?;
        loop {
            match self.sweep_released()? {
                (_, 0) => return Ok(deleted),
                (more, _) => deleted += more,
            }
        }
    }

    /// Looks at some that were released. Returns how many files it deleted, and how many it is through with: not with those that
    /// are held, which are looked at again when they are let go.
    fn sweep_released(&self) -> Result<(usize, usize), Error> {
        let (garbage, kept) = self.store.transact_now(|tx| {
            let (mut garbage, mut kept) = (Vec::new(), Vec::new());
            for entry in tx.scan_head(released().prefix_range()) {
                let (note, _) = entry?;
                let id = id_of(&note)?;
                if garbage.len() + kept.len() >= ROUND {
                    break;
                }
                // In this order, see `is_garbage`.
                let was_held = self.shared.holds.is_held(id);
                if is_referred(tx, id)? {
                    kept.push(note);
                } else if !was_held {
                    garbage.push((note, id));
                }
            }
            kept.iter().for_each(|note| tx.delete(&**note));
            Ok::<_, Error>((garbage, kept.len()))
        })?;
        let garbage: Vec<_> = garbage.into_iter().filter(|(_, id)| !self.shared.holds.is_held(*id)).collect();
        let deleted = self.delete(garbage.iter().map(|(_, id)| *id).collect())?;
        // Only now: a crash in between must leave the notes. Nothing refers to garbage ever again.
        self.store.transact_now(|tx| {
            garbage.iter().for_each(|(note, _)| tx.delete(&**note));
            Ok::<_, Error>(())
        })?;
        Ok((deleted, garbage.len() + kept))
    }

    /// Deletes garbage, which nothing refers to ever again, once that is so after a crash too. Returns how many files there were.
    fn delete(&self, garbage: Vec<BlobId>) -> Result<usize, Error> {
        if garbage.is_empty() {
            return Ok(0);
        }
        self.store.sync()?;
        garbage.into_iter().try_fold(0, |count, id| Ok(count + usize::from(self.shared.files.delete(id)?)))
    }

    /// A writer holds its file until something refers to it, so what was not held before is referred to already, or never will
    /// be. A reader holds a file and then looks whether something refers to it, so a reader that does not hold it after it was
    /// found without any finds none either.
    fn is_garbage(&self, id: BlobId) -> Result<bool, Error> {
        let is_held = || self.shared.holds.is_held(id);
        Ok(!is_held() && !is_referred(&self.store.snapshot(), id)? && !is_held())
    }
}

fn is_referred(reads: &impl Reads, file: BlobId) -> Result<bool, Error> {
    Ok(reads.scan(references(file).prefix_range(), Direction::Forward).next().transpose()?.is_some())
}

fn id_of(released: &[u8]) -> Result<BlobId, Error> {
    let mut parts = Parts::new(released);
    parts.str()?;
    BlobId::of(&mut parts)
}
