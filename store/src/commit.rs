//! Commits, one after the other: each is checked against what was committed since its transaction began.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::engine::{Engine, Writes};
use crate::heads::{Head, Heads};
use crate::shared::{Shared, SharedRecords};
use crate::{Error, Snapshot, Transaction};

/// How many of the last commits are remembered; a transaction that is older than all of them runs again.
const REMEMBERED_MAX: usize = 1024;

/// Commits transactions to an engine.
pub(crate) struct Committer {
    engine: Box<dyn Engine>,
    /// The version of the last commit whose writes every later view has.
    version: AtomicU64,
    /// The version of the commit that is being written, or of the last one, or of one that failed.
    begun: AtomicU64,
    /// One of the standard library's: it is held for so short a time that who finds it taken should look again, where
    /// parking_lot's gives the processor away (at half of all commits, when two threads commit).
    log: Mutex<Log>,
    shared: SharedRecords,
    heads: Heads,
}

/// The last commits.
#[derive(Default)]
struct Log {
    version: u64,
    /// Commits up to this version are forgotten.
    forgotten: u64,
    commits: VecDeque<Commit>,
    is_finished: bool,
}

struct Commit {
    version: u64,
    /// The keys that it wrote.
    keys: Vec<Vec<u8>>,
}

/// What became of a commit.
pub(crate) enum Outcome {
    /// It is done, and has this version.
    Committed(u64),
    /// Something that it read was changed: it must run again.
    Conflict,
}

impl Committer {
    pub(crate) fn new(engine: Box<dyn Engine>) -> Self {
        Committer {
            engine,
            version: AtomicU64::new(0),
            begun: AtomicU64::new(0),
            log: Mutex::default(),
            shared: SharedRecords::default(),
            heads: Heads::default(),
        }
    }

    pub(crate) fn engine(&self) -> &dyn Engine {
        &*self.engine
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state of now, with a version that is not newer: at worst a transaction runs again without need.
    pub(crate) fn snapshot(self: &Arc<Self>) -> Snapshot {
        let version = self.version();
        Snapshot::new(self.engine.view(), version, Arc::clone(self))
    }

    /// The version of the last commit.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// A version such that no view made before has anything of a later commit; none when that is not later than `known`.
    pub(crate) fn seen_beyond(&self, known: u64) -> Option<u64> {
        if self.begun.load(Ordering::Acquire) <= known {
            return None;
        }
        // Whoever is writing now is done, or has failed, before this has the lock.
        Some(self.lock().version).filter(|version| *version > known)
    }

    /// Decoded records.
    pub(crate) fn shared(&self) -> &SharedRecords {
        &self.shared
    }

    /// Shares a record that was read from a view of `version`, unless it was changed since.
    pub(crate) fn share(&self, key: &[u8], version: u64, record: Shared) {
        let log = self.lock();
        let is_changed =
            || log.commits_since(version).any(|commit| commit.keys.iter().any(|changed| changed == key));
        if version >= log.forgotten && !is_changed() {
            self.shared.insert(key, version, record);
        }
    }

    /// Commits what a transaction wrote, unless it conflicts.
    pub(crate) fn commit(&self, transaction: Transaction) -> Result<Outcome, Error> {
        let mut log = self.lock();
        log.check()?;
        if log.conflicts(&transaction) {
            return Ok(Outcome::Conflict);
        }
        let writes = transaction.writes;
        self.shared.forget(&writes);
        self.begun.store(log.version + 1, Ordering::Release);
        self.engine.write(&writes)?;
        self.heads.apply(&writes);
        let _forgotten = log.remember(writes);
        let version = log.version;
        self.version.store(version, Ordering::Release);
        drop(log);
        Ok(Outcome::Committed(version))
    }

    /// Deletes everything. Transactions at work run again.
    pub(crate) fn clear(&self) -> Result<u64, Error> {
        let mut log = self.lock();
        log.check()?;
        self.shared.clear();
        self.heads.clear();
        self.engine.clear()?;
        let version = log.version + 1;
        *log = Log { version, forgotten: version, ..Log::default() };
        self.begun.store(version, Ordering::Release);
        self.version.store(version, Ordering::Release);
        Ok(version)
    }

    /// Takes no more commits, and makes the next start quick.
    pub(crate) fn finish(&self) -> Result<(), Error> {
        self.lock().is_finished = true;
        self.engine.finish()
    }

    /// The heads of ranges that are used as queues.
    pub(crate) fn heads(&self) -> &Heads {
        &self.heads
    }

    /// Keeps what a view of `version` shows of a range, between `from` and `to`, as far as nothing was changed since.
    pub(crate) fn extend_head(
        &self,
        head: &Head,
        from: &[u8],
        entries: &[(Bytes, Bytes)],
        to: Vec<u8>,
        version: u64,
    ) {
        let log = self.lock();
        if version < log.forgotten {
            return;
        }
        let changed = log.commits_since(version).flat_map(|commit| &commit.keys);
        let changed = changed.filter(|key| key.as_slice() >= from && **key < to).min();
        head.extend(from, entries, changed.cloned().unwrap_or(to));
    }
}

impl Log {
    fn check(&self) -> Result<(), Error> {
        if self.is_finished { Err(Error::Failed("it was closed".into())) } else { Ok(()) }
    }

    fn conflicts(&self, transaction: &Transaction) -> bool {
        let reads = transaction.reads.borrow();
        if transaction.version() == self.version || reads.is_empty() {
            return false;
        }
        transaction.version() < self.forgotten
            || self
                .commits_since(transaction.version())
                .any(|commit| commit.keys.iter().any(|key| reads.has(key)))
    }

    fn commits_since(&self, version: u64) -> impl Iterator<Item = &Commit> {
        self.commits.iter().rev().take_while(move |commit| commit.version > version)
    }

    /// Takes in a commit; the one that is forgotten for it is the caller's to drop, once the lock is free.
    fn remember(&mut self, writes: Writes) -> Option<Commit> {
        self.version += 1;
        let is_full = self.commits.len() >= REMEMBERED_MAX;
        let forgotten = if is_full { self.commits.pop_front() } else { None };
        if let Some(forgotten) = &forgotten {
            self.forgotten = forgotten.version;
        }
        let keys = writes.into_keys().collect();
        self.commits.push_back(Commit { version: self.version, keys });
        forgotten
    }
}
