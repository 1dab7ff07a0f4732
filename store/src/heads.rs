//! Ranges that are used as queues: the first entries of each are kept in memory, as the last commit left them.
//!
//! A queue is read at its head again and again, and entries are taken from there. An engine keeps the traces of those for
//! long and walks over them each time; here they are gone. What is kept is never more than a small window: the engine has
//! the rest.

use std::collections::BTreeMap;
use std::ops::{Bound, Range};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::{Mutex, RwLock};

use crate::commit::Committer;
use crate::engine::Writes;
use crate::{Direction, Error};

/// How many ranges are remembered. Beyond it all are forgotten, and come back as they are read.
const RANGES_MAX: usize = 16_384;
/// Entries of one window, at most; few in tests, so that they meet the end of one.
const ENTRIES_MAX: usize = if cfg!(test) { 4 } else { 64 };
/// Bytes of one window, at most.
const BYTES_MAX: usize = 4096;
/// Entries that a walk takes out of a window at once, at first.
const CHUNK: usize = 2;

/// The ranges, by their starts. They must not overlap.
#[derive(Default)]
pub(crate) struct Heads(RwLock<BTreeMap<Vec<u8>, Arc<Head>>>);

/// The head of one range.
pub(crate) struct Head {
    end: Vec<u8>,
    window: Mutex<Window>,
}

/// All entries of a range that stand before `known_to`.
struct Window {
    entries: BTreeMap<Bytes, Bytes>,
    bytes: usize,
    known_to: Vec<u8>,
}

impl Heads {
    /// The head of a range.
    pub(crate) fn of(&self, range: &Range<Vec<u8>>) -> Arc<Head> {
        if let Some(head) = self.0.read().get(&range.start) {
            return Arc::clone(head);
        }
        let mut heads = self.0.write();
        if heads.len() >= RANGES_MAX {
            heads.clear();
        }
        let unknown = || {
            let window = Window { entries: BTreeMap::new(), bytes: 0, known_to: range.start.clone() };
            Arc::new(Head { end: range.end.clone(), window: Mutex::new(window) })
        };
        Arc::clone(heads.entry(range.start.clone()).or_insert_with(unknown))
    }

    /// Takes in a commit, before any snapshot has its version: in each range all of it at once.
    pub(crate) fn apply(&self, writes: &Writes) {
        let heads = self.0.read();
        if heads.is_empty() {
            return;
        }
        let mut writes = writes.iter().peekable();
        while let Some((key, value)) = writes.next() {
            let head = heads.range::<Vec<u8>, _>(..=key).next_back().map(|(_, head)| head);
            let Some(head) = head.filter(|head| *key < head.end) else { continue };
            let mut window = head.window.lock();
            window.apply(key, value.as_ref());
            while let Some((key, value)) = writes.next_if(|(key, _)| **key < head.end) {
                window.apply(key, value.as_ref());
            }
        }
    }

    pub(crate) fn clear(&self) {
        self.0.write().clear();
    }
}

impl Head {
    /// Takes in what a view showed from `from` on, which must still be so.
    pub(crate) fn extend(&self, from: &[u8], entries: &[(Bytes, Bytes)], to: Vec<u8>) {
        let mut window = self.window.lock();
        // Another walk may have been faster, or a commit may have pushed the last entries out.
        if window.known_to != from || to <= window.known_to {
            return;
        }
        for (key, value) in entries.iter().filter(|(key, _)| **key < *to) {
            // Copied: they may be parts of large blocks.
            window.put(Bytes::copy_from_slice(key), Bytes::copy_from_slice(value));
        }
        window.known_to = to;
        window.trim();
    }

    /// Entries that stand after `last`, `count` at most, and from where on more would be unknown.
    fn after(&self, last: Option<&Bytes>, count: usize) -> (Vec<(Bytes, Bytes)>, Vec<u8>) {
        let window = self.window.lock();
        let start = last.map_or(Bound::Unbounded, |last| Bound::Excluded(&**last));
        let seen = window.entries.range::<[u8], _>((start, Bound::Unbounded)).take(count);
        let chunk: Vec<_> = seen.map(|(key, value)| (key.clone(), value.clone())).collect();
        // Since the walk was here, commits may have pushed out entries that it has seen.
        let next = chunk.last().map(|(key, _)| key).or(last).map(|last| [last, &[0][..]].concat());
        let unknown_from =
            next.filter(|next| *next > window.known_to).unwrap_or_else(|| window.known_to.clone());
        (chunk, unknown_from)
    }
}

impl Window {
    fn apply(&mut self, key: &[u8], value: Option<&Bytes>) {
        if *key >= *self.known_to {
            return;
        }
        match value {
            Some(value) => self.put(Bytes::copy_from_slice(key), value.clone()),
            None => self.remove(key),
        }
        self.trim();
    }

    fn put(&mut self, key: Bytes, value: Bytes) {
        let key_bytes = key.len();
        self.bytes += key_bytes + value.len();
        if let Some(before) = self.entries.insert(key, value) {
            self.bytes -= key_bytes + before.len();
        }
    }

    fn remove(&mut self, key: &[u8]) {
        if let Some(value) = self.entries.remove(key) {
            self.bytes -= key.len() + value.len();
        }
    }

    /// Gives up the last entries while there are too many.
    fn trim(&mut self) {
        while self.entries.len() > ENTRIES_MAX || self.bytes > BYTES_MAX {
            let Some((key, value)) = self.entries.pop_last() else { return };
            self.bytes -= key.len() + value.len();
            self.known_to = key.to_vec();
        }
    }
}

/// A walk over a range from its head: first what is kept, then what the engine has.
///
/// It goes by what is committed while it walks, a few entries at a time: an entry that was deleted since its transaction
/// began is gone, one that was put is there. Who acts on an entry depends on it, and so runs again if it is that new.
pub(crate) struct HeadWalk<'a> {
    committer: &'a Arc<Committer>,
    head: Arc<Head>,
    chunk: std::vec::IntoIter<(Bytes, Bytes)>,
    count: usize,
    last: Option<Bytes>,
    has_failed: bool,
}

impl<'a> HeadWalk<'a> {
    pub(crate) fn new(committer: &'a Arc<Committer>, range: &Range<Vec<u8>>) -> Self {
        let head = committer.heads().of(range);
        let chunk = Vec::new().into_iter();
        HeadWalk { committer, head, chunk, count: CHUNK, last: None, has_failed: false }
    }

    /// The next entries: out of the window, or of the engine where that ends. None at the end of the range.
    fn next_chunk(&mut self) -> Result<Vec<(Bytes, Bytes)>, Error> {
        let (chunk, unknown_from) = self.head.after(self.last.as_ref(), self.count);
        // No more than a window may ever have: a long walk takes many chunks.
        self.count = (self.count * 2).min(ENTRIES_MAX);
        if !chunk.is_empty() || unknown_from >= self.head.end {
            return Ok(chunk);
        }
        self.read(unknown_from)
    }

    /// Reads as many entries as a window holds, and one more, and keeps them.
    fn read(&self, from: Vec<u8>) -> Result<Vec<(Bytes, Bytes)>, Error> {
        // Made now: it has all that has left the window.
        let snapshot = self.committer.snapshot();
        let mut entries = snapshot.view().scan(from.clone()..self.head.end.clone(), Direction::Forward);
        let mut read = Vec::new();
        let mut bytes = 0;
        let to = loop {
            let Some(entry) = entries.next() else { break self.head.end.clone() };
            let (key, value) = entry?;
            bytes += key.len() + value.len();
            let is_full = read.len() == ENTRIES_MAX || bytes > BYTES_MAX;
            let end = if is_full { Some(key.to_vec()) } else { None };
            read.push((key, value));
            if let Some(end) = end {
                break end;
            }
        };
        self.committer.extend_head(&self.head, &from, &read, to, snapshot.version());
        Ok(read)
    }
}

impl Iterator for HeadWalk<'_> {
    type Item = Result<(Bytes, Bytes), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.chunk.len() == 0 && !self.has_failed {
            match self.next_chunk() {
                Ok(chunk) => self.chunk = chunk.into_iter(),
                Err(error) => {
                    self.has_failed = true;
                    return Some(Err(error));
                }
            }
        }
        let entry = self.chunk.next()?;
        self.last = Some(entry.0.clone());
        Some(Ok(entry))
    }
}
