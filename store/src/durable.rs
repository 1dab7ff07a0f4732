//! Brings commits to the operating system before they are acknowledged, and to the disk: before that too, or within a
//! second after. Both in groups.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tokio::sync::watch;

use crate::blobs::Files;
use crate::commit::Committer;
use crate::{Durability, Error};

/// How long a commit of durability `crash` is at most in the hands of the operating system alone.
const DELAY_MAX: Duration = Duration::from_secs(1);

/// How often a commit lets others run before it is handed over in any case.
const TURNS_MAX: usize = 3;

/// How far the disk is.
#[derive(Clone, Debug)]
enum Reached {
    Version(u64),
    Failed(String),
}

/// A thread that syncs.
pub(crate) struct Syncer {
    durability: Durability,
    committer: Arc<Committer>,
    /// The operating system has all commits up to this version.
    flushed: AtomicU64,
    /// Somebody is handing commits over.
    is_flushing: AtomicBool,
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    wanted: Mutex<Wanted>,
    told: Condvar,
    /// Set once `reached` has failed; looked at by every request, so it is a word of its own.
    has_failed: AtomicBool,
    reached: watch::Sender<Reached>,
}

#[derive(Default)]
struct Wanted {
    version: u64,
    stop: bool,
}

impl Syncer {
    /// `files` are synced before the commits that refer to them.
    pub(crate) fn start(
        committer: Arc<Committer>,
        files: Arc<Files>,
        durability: Durability,
    ) -> Result<Self, Error> {
        let reached = watch::Sender::new(Reached::Version(0));
        let (wanted, told, has_failed) = (Mutex::default(), Condvar::new(), AtomicBool::new(false));
        let shared = Arc::new(Shared { wanted, told, has_failed, reached });
        let thread = std::thread::Builder::new().name("store-sync".into()).spawn({
            let (shared, committer) = (Arc::clone(&shared), Arc::clone(&committer));
            move || shared.run(&committer, &files, durability)
        });
        let thread = thread.map_err(|error| Error::Engine(format!("no thread for syncs: {error}")))?;
        let (flushed, is_flushing, thread) =
            (AtomicU64::new(0), AtomicBool::new(false), Mutex::new(Some(thread)));
        Ok(Syncer { durability, committer, flushed, is_flushing, shared, thread })
    }

    /// Asks that a commit be brought to the disk. At `crash` the thread comes by itself.
    pub(crate) fn want(&self, version: u64) {
        if self.durability == Durability::Power {
            let mut wanted = self.shared.wanted.lock();
            wanted.version = wanted.version.max(version);
            self.shared.told.notify_one();
        }
    }

    /// Fails when an earlier sync failed: nobody knows what is on the disk then.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if !self.shared.has_failed.load(Ordering::Acquire) {
            return Ok(());
        }
        match &*self.shared.reached.borrow() {
            Reached::Version(_) => Ok(()),
            Reached::Failed(why) => Err(Error::Failed(why.clone())),
        }
    }

    /// Accepts nothing more, because a sync failed.
    pub(crate) fn fail(&self, error: &Error) {
        self.shared.fail(error);
    }

    /// Waits until a commit is as durable as promised.
    pub(crate) async fn wait(&self, version: u64) -> Result<(), Error> {
        if self.durability == Durability::Crash {
            return self.flush_up_to(version).await;
        }
        let mut reached = self.shared.reached.subscribe();
        let seen = reached.wait_for(|reached| reached.has(version)).await;
        match seen.as_deref() {
            Ok(Reached::Version(_)) => Ok(()),
            Ok(Reached::Failed(why)) => Err(Error::Failed(why.clone())),
            Err(_) => Err(Error::Failed("the store was closed".into())),
        }
    }

    /// Waits until whatever a view of now may show survives the end of the process, so that nobody is told of what a crash
    /// then undoes. (At `power` a reader may be told of a commit in the moments before it is synced.)
    ///
    /// Where the operating system does not take it, the store has failed: nothing is written any more, and what can be read
    /// is read all the same, though it may have the writes that were refused last.
    pub(crate) async fn settle(&self) {
        if self.durability == Durability::Power || self.check().is_err() {
            return;
        }
        if let Some(version) = self.committer.seen_beyond(self.flushed.load(Ordering::Acquire))
            && let Err(error) = self.flush_up_to(version).await
        {
            tracing::debug!(%error, "read from a store that has failed");
        }
    }

    /// Hands commits over to the operating system, all that there are at once: those who are about to commit on this
    /// thread go first.
    async fn flush_up_to(&self, version: u64) -> Result<(), Error> {
        let is_flushed = || self.flushed.load(Ordering::Acquire) >= version;
        let mut turns = 0;
        while !is_flushed() {
            tokio::task::yield_now().await;
            turns += 1;
            // Another thread's write keeps commits waiting, and two of them do so twice.
            let is_others = turns < TURNS_MAX && self.is_flushing.load(Ordering::Acquire);
            if !is_flushed() && !is_others {
                self.flush()?;
            }
        }
        self.check()
    }

    fn flush(&self) -> Result<(), Error> {
        self.is_flushing.store(true, Ordering::Release);
        let written = self.committer.version();
        let outcome = self.committer.engine().flush();
        self.is_flushing.store(false, Ordering::Release);
        outcome.inspect_err(|error| self.shared.fail(error))?;
        self.flushed.fetch_max(written, Ordering::AcqRel);
        Ok(())
    }

    /// Syncs what is left, and ends the thread. Nothing is accepted afterwards.
    pub(crate) fn stop(&self) -> Result<(), Error> {
        let Some(thread) = self.thread.lock().take() else { return Ok(()) };
        self.shared.wanted.lock().stop = true;
        self.shared.told.notify_one();
        thread.join().map_err(|_| Error::Engine("the thread for syncs panicked".into()))?;
        let outcome = self.check();
        self.shared.reached.send_replace(Reached::Failed("it was closed".into()));
        self.shared.has_failed.store(true, Ordering::Release);
        outcome
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            tracing::error!(%error, "the last sync failed");
        }
    }
}

impl Reached {
    fn has(&self, version: u64) -> bool {
        match self {
            Reached::Version(reached) => *reached >= version,
            Reached::Failed(_) => true,
        }
    }
}

impl Shared {
    fn run(&self, committer: &Committer, files: &Files, durability: Durability) {
        let mut done = 0;
        loop {
            let (version, stop) = self.next(done, committer, durability);
            if version > done {
                if let Err(error) = files.sync().and_then(|()| committer.engine().sync()) {
                    self.fail(&error);
                    return;
                }
                done = version;
                self.reach(done);
            }
            if stop {
                return;
            }
        }
    }

    fn fail(&self, error: &Error) {
        tracing::error!(%error, "a sync to disk failed; the store accepts nothing more");
        self.reached.send_replace(Reached::Failed(error.to_string()));
        self.has_failed.store(true, Ordering::Release);
    }

    /// After a failure nothing is reached any more: a later sync says nothing about what the failed one left out.
    fn reach(&self, version: u64) {
        self.reached.send_if_modified(|reached| {
            let goes_on = matches!(reached, Reached::Version(_));
            if goes_on {
                *reached = Reached::Version(version);
            }
            goes_on
        });
    }

    /// Waits until there is something to sync: at once, or after the delay.
    fn next(&self, done: u64, committer: &Committer, durability: Durability) -> (u64, bool) {
        let mut wanted = self.wanted.lock();
        match durability {
            Durability::Power => {
                self.told.wait_while(&mut wanted, |wanted| wanted.version <= done && !wanted.stop);
                (wanted.version, wanted.stop)
            }
            Durability::Crash => {
                self.told.wait_while_for(&mut wanted, |wanted| !wanted.stop, DELAY_MAX);
                (committer.version(), wanted.stop)
            }
        }
    }
}
