//! Reads blobs: ranges of a list of them, in pieces that are proved before they are handed out.

use std::collections::VecDeque;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use tokio::task::JoinHandle;

use super::blob::{Place, damaged, proved_value};
use super::blocks::{self, BLOCK_BYTES, SUM_BYTES};
use super::files::{Files, OldFile};
use super::holds::Held;
use super::{Blob, BlobId, Blobs, panicked, reference_key, value_key};
use crate::{Error, Reads as _, Snapshot};

/// Blocks that are read at once, by a thread that may wait for the disk. A reader has twice as many in memory.
pub(super) const BLOCKS_AT_ONCE: u64 = 4;

impl Blobs {
    /// A range of some blobs, read as if they were one; what is beyond their end is left out. None when one of them was
    /// released: the record that had them is another one now, so its reader looks there again. Once it is open, all of it can
    /// be read, whatever becomes of the blobs. Those in the store are in memory until then.
    ///
    /// # Errors
    /// The store's, or [`Error::Damaged`] when the beginning of the range is.
    pub async fn read(&self, blobs: &[Blob], range: Range<u64>) -> Result<Option<BlobReader>, Error> {
        let Some(parts) = self.parts(blobs, range)? else { return Ok(None) };
        let remaining = parts.iter().map(Part::length).sum();
        let rest = Rest { files: Arc::clone(&self.shared.files), parts };
        let mut reader = BlobReader { remaining, first: None, state: rest.go_on() };
        reader.first = std::future::poll_fn(|task| reader.poll_piece(task)).await.transpose()?;
        Ok(Some(reader))
    }

    fn parts(&self, blobs: &[Blob], range: Range<u64>) -> Result<Option<VecDeque<Part>>, Error> {
        let wanted: Vec<_> = parts_of(blobs, range).collect();
        let held: Vec<_> = wanted.iter().map(|(blob, _)| self.hold(blob)).collect();
        // Only now: what the sweeper found neither held nor referred to has no reference here either.
        let snapshot = self.store.snapshot();
        let parts = wanted.into_iter().zip(held);
        let parts = parts.map(|((blob, range), held)| Part::of(&snapshot, blob, range, held).transpose());
        parts.collect::<Option<Result<_, _>>>().transpose()
    }

    fn hold(&self, blob: &Blob) -> Option<Held> {
        match blob.place {
            Place::Store => None,
            Place::File(file) => Some(self.shared.holds.hold(file, false)),
        }
    }
}

/// The parts of a range in each of some blobs, but for empty ones.
fn parts_of(blobs: &[Blob], range: Range<u64>) -> impl Iterator<Item = (&Blob, Range<u64>)> {
    let mut begin = 0;
    blobs.iter().filter_map(move |blob| {
        let whole = begin..blob.length.saturating_add(begin);
        begin = whole.end;
        let within = range.start.max(whole.start)..range.end.min(whole.end);
        (!within.is_empty()).then(|| (blob, within.start - whole.start..within.end - whole.start))
    })
}

/// What is to be read of one blob; never nothing.
enum Part {
    Value(Bytes),
    File(FilePart),
}

struct FilePart {
    id: BlobId,
    length: u64,
    range: Range<u64>,
    /// The file, once something of it was read.
    open: Option<OldFile>,
    _held: Option<Held>,
}

impl Part {
    /// None when the blob was released.
    fn of(
        reads: &Snapshot,
        blob: &Blob,
        range: Range<u64>,
        held: Option<Held>,
    ) -> Result<Option<Self>, Error> {
        let Blob { id, length, place } = *blob;
        Ok(match place {
            Place::Store => {
                let Some(value) = reads.get(&value_key(id))? else { return Ok(None) };
                // Both are within memory.
                let range = range.start as usize..range.end as usize;
                Some(Part::Value(proved_value(id, length, &value)?.slice(range)))
            }
            Place::File(file) => {
                let reference = reads.get(&reference_key(file, id))?;
                let part = FilePart { id: file, length, range, open: None, _held: held };
                reference.map(|_| Part::File(part))
            }
        })
    }

    fn length(&self) -> u64 {
        match self {
            Part::Value(bytes) => bytes.len() as u64,
            Part::File(part) => part.range.end - part.range.start,
        }
    }
}

/// The bytes of a range, piece by piece. The stream ends after an error.
pub struct BlobReader {
    remaining: u64,
    /// Read already.
    first: Option<Bytes>,
    state: State,
}

enum State {
    /// A value comes next.
    Here(Bytes, Rest),
    /// A thread reads, ahead of who asks.
    Ahead(JoinHandle<Result<(Bytes, Rest), Error>>),
    Ended,
}

/// What is left to be read.
struct Rest {
    files: Arc<Files>,
    parts: VecDeque<Part>,
}

impl BlobReader {
    /// How many bytes are still to come.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.remaining
    }

    fn poll_piece(&mut self, task: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let (piece, rest) = match &mut self.state {
            State::Ahead(thread) => match ready!(Pin::new(thread).poll(task)) {
                Ok(Ok(read)) => read,
                Ok(Err(error)) => return self.fail(error),
                Err(error) => return self.fail(panicked(&error)),
            },
            state => match std::mem::replace(state, State::Ended) {
                State::Here(piece, rest) => (piece, rest),
                _ => return Poll::Ready(None),
            },
        };
        self.state = rest.go_on();
        Poll::Ready(Some(Ok(piece)))
    }

    fn fail(&mut self, error: Error) -> Poll<Option<Result<Bytes, Error>>> {
        self.state = State::Ended;
        Poll::Ready(Some(Err(error)))
    }
}

impl Stream for BlobReader {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = match self.first.take() {
            Some(first) => Some(Ok(first)),
            None => ready!(self.poll_piece(task)),
        };
        if let Some(Ok(piece)) = &piece {
            self.remaining -= piece.len() as u64;
        }
        Poll::Ready(piece)
    }
}

impl Rest {
    fn go_on(mut self) -> State {
        match self.parts.pop_front() {
            Some(Part::Value(bytes)) => State::Here(bytes, self),
            Some(Part::File(part)) => State::Ahead(tokio::task::spawn_blocking(|| self.read(part))),
            None => State::Ended,
        }
    }

    /// Reads some blocks of a file; what is left of its part comes first again.
    fn read(mut self, mut part: FilePart) -> Result<(Bytes, Self), Error> {
        let FilePart { id, length, range, open, .. } = &mut part;
        let file = match open {
            Some(file) => file,
            None => {
                let file = self.files.open(*id)?;
                open.insert(file.ok_or_else(|| damaged(*id, "its file is missing"))?)
            }
        };
        let end = range.end.min((range.start / BLOCK_BYTES + BLOCKS_AT_ONCE) * BLOCK_BYTES);
        let piece = read(file, *id, *length, range.start..end)?;
        range.start = end;
        if !range.is_empty() {
            self.parts.push_front(Part::File(part));
        }
        Ok((piece, self))
    }
}

/// Reads a range of a file, which is not empty, and proves the blocks that it touches.
pub(super) fn read(file: &OldFile, id: BlobId, length: u64, range: Range<u64>) -> Result<Bytes, Error> {
    let failed = |error: std::io::Error| damaged(id, &format!("its file cannot be read: {error}"));
    let blocks = range.start / BLOCK_BYTES..blocks::count(range.end);
    let begin = blocks.start * BLOCK_BYTES;
    let size = ((blocks.end * BLOCK_BYTES).min(length) - begin) as usize;
    let bytes = file.read(begin, size).map_err(failed)?;
    let sums_size = (blocks.end - blocks.start) as usize * SUM_BYTES;
    let sums = file.read(length + blocks.start * SUM_BYTES as u64, sums_size).map_err(failed)?;
    if bytes.len() < size || sums.len() < sums_size {
        return Err(damaged(id, "its file is cut off"));
    }
    if let Some(block) = blocks::first_damaged(id, blocks.start, &bytes, &sums) {
        return Err(damaged(id, &format!("its block {block} has other bytes than were written")));
    }
    Ok(Bytes::from(bytes).slice((range.start - begin) as usize..(range.end - begin) as usize))
}
