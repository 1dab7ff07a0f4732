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

use crate::engine::{Entries, Writes};
use crate::{Direction, Error, Snapshot};

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
    entries: BTreeMap<Bytes, Entry>,
    bytes: usize,
    known_to: Vec<u8>,
}

struct Entry {
    value: Bytes,
    /// The commit that put it; 0 when it was read from a view.
    version: u64,
}

impl Heads {
    /// The head of a range.
    pub(crate) fn of(&self, range: &Range<Vec<u8>>) -> Arc<Head> {
        if let Some(head) = self.0.read().get(&range.start).filter(|head| head.end == range.end) {
            return Arc::clone(head);
        }
        let (entries, bytes, known_to) = (BTreeMap::new(), 0, range.start.clone());
        let head = Arc::new(Head {
            end: range.end.clone(),
            window: Mutex::new(Window { entries, bytes, known_to }),
        });
        let mut heads = self.0.write();
        if heads.len() >= RANGES_MAX {
            heads.clear();
        }
        heads.insert(range.start.clone(), Arc::clone(&head));
        head
    }

    /// Takes in a commit, before any snapshot has its version.
    pub(crate) fn apply(&self, writes: &Writes, version: u64) {
        let heads = self.0.read();
        if heads.is_empty() {
            return;
        }
        for (key, value) in writes {
            if let Some((_, head)) = heads.range::<Vec<u8>, _>(..=key).next_back()
                && *key < head.end
            {
                head.window.lock().apply(key, value.as_ref(), version);
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
            window.put(Bytes::copy_from_slice(key), Bytes::copy_from_slice(value), 0);
        }
        window.known_to = to;
        window.trim();
    }

    /// Entries that stand after `last`, `count` at most, without those that were put after `version`. When the window has
    /// no more, what comes after it is unknown from the given key on.
    fn after(
        &self,
        last: Option<&Bytes>,
        count: usize,
        version: u64,
    ) -> (Vec<(Bytes, Bytes)>, Option<Vec<u8>>) {
        let window = self.window.lock();
        let start = last.map_or(Bound::Unbounded, |last| Bound::Excluded(&**last));
        let seen = window.entries.range::<[u8], _>((start, Bound::Unbounded));
        let seen = seen.filter(|(_, entry)| entry.version <= version);
        let chunk: Vec<_> = seen.take(count).map(|(key, entry)| (key.clone(), entry.value.clone())).collect();
        if chunk.len() == count {
            return (chunk, None);
        }
        // Since the walk was here, commits may have pushed out entries that it has seen.
        let next = chunk.last().map(|(key, _)| key).or(last).map(|last| [last, &[0][..]].concat());
        let unknown_from =
            next.filter(|next| *next > window.known_to).unwrap_or_else(|| window.known_to.clone());
        (chunk, Some(unknown_from))
    }
}

impl Window {
    fn apply(&mut self, key: &[u8], value: Option<&Bytes>, version: u64) {
        if *key >= *self.known_to {
            return;
        }
        match value {
            Some(value) => self.put(Bytes::copy_from_slice(key), value.clone(), version),
            None => self.remove(key),
        }
        self.trim();
    }

    fn put(&mut self, key: Bytes, value: Bytes, version: u64) {
        let key_bytes = key.len();
        self.bytes += key_bytes + value.len();
        if let Some(before) = self.entries.insert(key, Entry { value, version }) {
            self.bytes -= key_bytes + before.value.len();
        }
    }

    fn remove(&mut self, key: &[u8]) {
        if let Some(entry) = self.entries.remove(key) {
            self.bytes -= key.len() + entry.value.len();
        }
    }

    /// Gives up the last entries while there are too many.
    fn trim(&mut self) {
        while self.entries.len() > ENTRIES_MAX || self.bytes > BYTES_MAX {
            let Some((key, entry)) = self.entries.pop_last() else { return };
            self.bytes -= key.len() + entry.value.len();
            self.known_to = key.to_vec();
        }
    }
}

/// A walk over a range from its head: first what is kept, then what the engine has.
///
/// It shows no entry that was put after its snapshot, and none that was deleted since, so what it shows is as good as the
/// snapshot's to who depends on it.
pub(crate) struct HeadWalk<'a> {
    snapshot: &'a Snapshot,
    head: Arc<Head>,
    chunk: std::vec::IntoIter<(Bytes, Bytes)>,
    count: usize,
    last: Option<Bytes>,
    rest: Option<Entries<'a>>,
}

impl<'a> HeadWalk<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot, head: Arc<Head>) -> Self {
        HeadWalk { snapshot, head, chunk: Vec::new().into_iter(), count: CHUNK, last: None, rest: None }
    }

    /// Takes the next entries out of the window, or turns to the engine where it ends.
    fn go_on(&mut self) -> Result<(), Error> {
        let (chunk, unknown_from) = self.head.after(self.last.as_ref(), self.count, self.snapshot.version());
        self.count *= 2;
        if let Some((last, _)) = chunk.last() {
            self.last = Some(last.clone());
        }
        self.chunk = chunk.into_iter();
        if let Some(from) = unknown_from {
            self.turn_to_engine(from)?;
        }
        Ok(())
    }

    /// Reads as many entries as a window holds, and one more, and keeps them; the walk has the rest before it.
    fn turn_to_engine(&mut self, from: Vec<u8>) -> Result<(), Error> {
        if from >= self.head.end {
            self.rest = Some(Box::new(std::iter::empty()));
            return Ok(());
        }
        let mut rest = self.snapshot.view().scan(from.clone()..self.head.end.clone(), Direction::Forward);
        let mut read = Vec::new();
        let mut bytes = 0;
        let to = loop {
            let Some(entry) = rest.next() else { break self.head.end.clone() };
            let (key, value) = entry?;
            bytes += key.len() + value.len();
            let is_full = read.len() == ENTRIES_MAX || bytes > BYTES_MAX;
            read.push((key, value));
            if is_full {
                break read.last().map(|(key, _)| key.to_vec()).unwrap_or_default();
            }
        };
        self.snapshot.extend_head(&self.head, &from, &read, to);
        let chunk = std::mem::take(&mut self.chunk);
        self.chunk = chunk.chain(read).collect::<Vec<_>>().into_iter();
        self.rest = Some(rest);
        Ok(())
    }
}

impl Iterator for HeadWalk<'_> {
    type Item = Result<(Bytes, Bytes), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.chunk.next() {
                return Some(Ok(entry));
            }
            if let Some(rest) = &mut self.rest {
                return rest.next();
            }
            if let Err(error) = self.go_on() {
                self.rest = Some(Box::new(std::iter::empty()));
                return Some(Err(error));
            }
        }
    }
}
