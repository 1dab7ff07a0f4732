//! A transaction: reads of one state, writes of its own, and signals for when it commits.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::conflicts::ReadSet;
use crate::engine::{Entries, Writes};
use crate::heads::HeadWalk;
use crate::scan::Overlay;
use crate::{Direction, Error, Reads, Snapshot, record, shared};

/// A transaction at work: it sees the store as it was when it began, and its own writes.
pub struct Transaction {
    snapshot: Snapshot,
    pub(crate) reads: RefCell<ReadSet>,
    pub(crate) writes: Writes,
    pub(crate) signals: Vec<Vec<u8>>,
    /// Inside of a part: what its writes replaced, in their order.
    replaced: Option<Vec<(Vec<u8>, Before)>>,
}

/// What a transaction had written at a key before, if anything.
type Before = Option<Option<Bytes>>;

impl Transaction {
    pub(crate) fn new(snapshot: Snapshot) -> Self {
        let (reads, writes, signals, replaced) = Default::default();
        Transaction { snapshot, reads, writes, signals, replaced }
    }

    /// The version that it reads, or an older one.
    pub(crate) fn version(&self) -> u64 {
        self.snapshot.version()
    }

    /// Writes `value` at `key`.
    pub fn put(&mut self, key: impl Into<Vec<u8>>, value: impl Into<Bytes>) {
        self.write(key.into(), Some(value.into()));
    }

    /// Writes a record at `key`.
    ///
    /// # Errors
    /// When the value cannot be a record.
    pub fn put_record<T: Serialize>(&mut self, key: impl Into<Vec<u8>>, value: &T) -> Result<(), Error> {
        self.put(key, record::encode(value)?);
        Ok(())
    }

    /// Writes a record at `key`, as [`record::encode_compact`] makes it.
    ///
    /// # Errors
    /// When the value cannot be a record.
    pub fn put_compact<T: Serialize>(&mut self, key: impl Into<Vec<u8>>, value: &T) -> Result<(), Error> {
        self.put(key, record::encode_compact(value)?);
        Ok(())
    }

    /// Deletes what is at `key`, if anything.
    pub fn delete(&mut self, key: impl Into<Vec<u8>>) {
        self.write(key.into(), None);
    }

    fn write(&mut self, key: Vec<u8>, value: Option<Bytes>) {
        match &mut self.replaced {
            None => drop(self.writes.insert(key, value)),
            Some(replaced) => {
                let before = self.writes.insert(key.clone(), value);
                replaced.push((key, before));
            }
        }
    }

    /// A part of the transaction that may fail by itself: what it wrote and signalled is taken back then, and the rest goes on.
    /// What it has read counts as read in any case.
    ///
    /// # Errors
    /// What `body` fails with.
    pub fn part<T, E>(&mut self, body: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        let is_outermost = self.replaced.is_none();
        let (writes, signals) = (self.replaced.get_or_insert_default().len(), self.signals.len());
        let outcome = body(self);
        let mut replaced = if is_outermost { self.replaced.take() } else { None };
        if let (Err(_), Some(replaced)) = (&outcome, replaced.as_mut().or(self.replaced.as_mut())) {
            self.signals.truncate(signals);
            for (key, before) in replaced.drain(writes..).rev() {
                match before {
                    Some(value) => drop(self.writes.insert(key, value)),
                    None => drop(self.writes.remove(&key)),
                }
            }
        }
        outcome
    }

    /// Wakes those who watch `key` when this transaction has committed.
    pub fn signal(&mut self, key: impl Into<Vec<u8>>) {
        self.signals.push(key.into());
    }

    /// Like [`Reads::scan`], but a change of the range by another transaction does not make this one run again: what it
    /// acts on, it must read with [`Reads::get`], or name to [`Transaction::depend_on`].
    pub fn scan_unchecked(
        &self,
        range: Range<Vec<u8>>,
        direction: Direction,
    ) -> impl Iterator<Item = Result<(Bytes, Bytes), Error>> {
        Overlay::new(self.snapshot.scan(range.clone(), direction), &self.writes, &range, direction)
    }

    /// What `build` makes of the store as it was when this transaction began, made once for all who ask for it by `key` until
    /// somebody writes there: whoever changes what it is made of must write at `key` too. It counts as read.
    ///
    /// # Errors
    /// What `build` fails with.
    pub fn get_derived<T, E>(
        &self,
        key: &[u8],
        build: impl FnOnce(&Snapshot) -> Result<T, E>,
    ) -> Result<Arc<T>, E>
    where
        T: Send + Sync + 'static,
        E: From<Error>,
    {
        self.reads.borrow_mut().add_key(key);
        shared::derive(self.snapshot.committer(), key, &self.snapshot, build)
    }

    /// Lets this transaction run again if another one changes what is at `key`: for an entry of an unchecked scan, which
    /// then counts as read without being read twice.
    pub fn depend_on(&self, key: &[u8]) {
        self.reads.borrow_mut().add_key(key);
    }

    /// Lets this transaction run again if another one changes anything in `range`: for a range that an unchecked scan or the
    /// head of which has shown to be empty.
    pub fn depend_on_range(&self, range: Range<Vec<u8>>) {
        self.reads.borrow_mut().add_range(range);
    }

    /// Like [`Transaction::scan_unchecked`], forward, for ranges that are used as queues: entries go mostly from their
    /// head. The store keeps the first entries of such a range in memory, and with them up to where it is empty: the traces
    /// of deleted entries, which an engine may keep for long, are not walked over again and again. What others have put or
    /// deleted since this transaction began may show already. Such a range is always asked for whole, and contains no other one.
    pub fn scan_head(&self, range: Range<Vec<u8>>) -> impl Iterator<Item = Result<(Bytes, Bytes), Error>> {
        Overlay::new(
            HeadWalk::new(self.snapshot.committer(), &range),
            &self.writes,
            &range,
            Direction::Forward,
        )
    }
}

impl Reads for Transaction {
    type Scan<'a> = Scan<'a>;

    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        if let Some(own) = self.writes.get(key) {
            return Ok(own.clone());
        }
        self.reads.borrow_mut().add_key(key);
        self.snapshot.get(key)
    }

    fn get_shared<T>(&self, key: &[u8]) -> Result<Option<Arc<T>>, Error>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        if self.writes.contains_key(key) {
            return Ok(self.get_record(key)?.map(Arc::new));
        }
        self.reads.borrow_mut().add_key(key);
        self.snapshot.get_shared(key)
    }

    fn scan(&self, range: Range<Vec<u8>>, direction: Direction) -> Scan<'_> {
        let below: Entries<'_> = self.snapshot.scan(range.clone(), direction);
        let entries = Overlay::new(below, &self.writes, &range, direction);
        Scan { entries, reads: &self.reads, range, direction, last: None, ended: false }
    }
}

/// A walk of a transaction: it has read what it has passed.
pub struct Scan<'a> {
    entries: Overlay<'a, Entries<'a>>,
    reads: &'a RefCell<ReadSet>,
    range: Range<Vec<u8>>,
    direction: Direction,
    last: Option<Bytes>,
    ended: bool,
}

impl Iterator for Scan<'_> {
    type Item = Result<(Bytes, Bytes), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.entries.next();
        match &next {
            Some(Ok((key, _))) => self.last = Some(key.clone()),
            Some(Err(_)) | None => self.ended = true,
        }
        next
    }
}

impl Drop for Scan<'_> {
    fn drop(&mut self) {
        let mut range = std::mem::take(&mut self.range);
        match (self.ended, &self.last, self.direction) {
            (true, ..) => {}
            (false, None, _) => return,
            (false, Some(last), Direction::Forward) => {
                range.end = last.to_vec();
                range.end.push(0);
            }
            (false, Some(last), Direction::Backward) => range.start = last.to_vec(),
        }
        self.reads.borrow_mut().add_range(range);
    }
}
