//! The store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, RwLock};
use serde::de::DeserializeOwned;
use tracing::Instrument as _;

use crate::blobs::{self, Blobs, Files};
use crate::commit::{Committer, Outcome};
use crate::durable::Syncer;
use crate::engine::{Embedded, Memory};
use crate::folder::Folder;
use crate::options::Place;
use crate::watch::Watches;
use crate::{Error, Options, Snapshot, Transaction, Watch, shared};

/// How often a transaction runs beside others before it runs alone.
pub(crate) const ATTEMPTS_BESIDE_OTHERS: usize = 8;

/// An ordered, transactional store. Clones are the same store.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    committer: Arc<Committer>,
    blobs: Arc<blobs::Shared>,
    /// Transactions share it; one that met too many conflicts has it to itself.
    turn: RwLock<()>,
    watches: Watches,
    syncer: Option<Syncer>,
    /// Until it is closed.
    folder: Mutex<Option<Folder>>,
    closed: AtomicBool,
}

impl Store {
    /// Opens a store.
    ///
    /// # Errors
    /// [`Error::Locked`], [`Error::Format`], or what the system or the engine says.
    pub fn open(options: Options) -> Result<Self, Error> {
        let Place::Folder { path, durability } = options.place else {
            let committer = Arc::new(Committer::new(Box::new(Memory::default())));
            return Ok(Store::new(committer, Files::temporary().into(), None, None));
        };
        let folder = Folder::open(&path)?;
        let engine =
            folder.engine(|path| Embedded::open(path, options.cache_bytes, options.write_buffer_bytes))?;
        let committer = Arc::new(Committer::new(Box::new(engine)));
        let files = Arc::new(Files::in_folder(path.join("blobs"), durability));
        let syncer = Syncer::start(Arc::clone(&committer), Arc::clone(&files), durability)?;
        Ok(Store::new(committer, files, Some(syncer), Some(folder)))
    }

    fn new(
        committer: Arc<Committer>,
        files: Arc<Files>,
        syncer: Option<Syncer>,
        folder: Option<Folder>,
    ) -> Self {
        Store(Arc::new(Inner {
            committer,
            blobs: blobs::Shared::new(files),
            turn: RwLock::default(),
            watches: Watches::default(),
            syncer,
            folder: Mutex::new(folder),
            closed: AtomicBool::new(false),
        }))
    }

    /// A store on an engine that a test has prepared.
    #[cfg(test)]
    pub(crate) fn on(engine: Box<dyn crate::engine::Engine>, durability: Option<crate::Durability>) -> Self {
        let committer = Arc::new(Committer::new(engine));
        let files = Arc::new(Files::temporary());
        let start =
            |durability| Syncer::start(Arc::clone(&committer), Arc::clone(&files), durability).unwrap();
        let syncer = durability.map(start);
        Store::new(committer, files, syncer, None)
    }

    /// Runs `body` in a transaction, again while others change what it reads, and returns when its writes are durable.
    ///
    /// # Errors
    /// What `body` fails with, in which case nothing was written; or the store's own.
    pub async fn transact<T, E: From<Error>>(
        &self,
        body: impl FnMut(&mut Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let outcome = self.run(body);
        match (&self.0.syncer, &outcome) {
            (Some(syncer), Ok((_, Some(version)))) => {
                let span = tracing::trace_span!(target: "cloudlet::layer", "store", step = "durable");
                syncer.wait(*version).instrument(span).await?;
            }
            // Its answer may tell of what others have committed.
            (Some(syncer), _) => syncer.settle().await,
            (None, _) => {}
        }
        Ok(outcome?.0)
    }

    /// Waits until what a view of now shows survives the end of the process: for those who answer from a view. A store that
    /// has failed is read as it is.
    pub async fn settle(&self) {
        if let Some(syncer) = &self.0.syncer {
            syncer.settle().await;
        }
    }

    /// Like [`Store::transact`], for places that cannot wait: it blocks while it syncs.
    ///
    /// # Errors
    /// What `body` fails with, in which case nothing was written; or the store's own.
    pub fn transact_now<T, E: From<Error>>(
        &self,
        body: impl FnMut(&mut Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let (value, version) = self.run(body)?;
        if version.is_some() {
            self.sync()?;
        }
        Ok(value)
    }

    /// The store as it is now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.0.committer.snapshot()
    }

    /// The record at `key` as it is now: [`Reads::get_shared`] without a snapshot where none is needed.
    ///
    /// # Errors
    /// When the engine fails, or there is something else.
    pub fn get_shared<T>(&self, key: &[u8]) -> Result<Option<Arc<T>>, Error>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let committer = &self.0.committer;
        shared::find(committer, key, committer.version(), || committer.snapshot())
    }

    /// Bytes that are too many for records.
    #[must_use]
    pub fn blobs(&self) -> Blobs {
        Blobs::new(self.clone(), Arc::clone(&self.0.blobs))
    }

    /// Waits for signals of `key`, and for resets.
    #[must_use]
    pub fn watch(&self, key: impl AsRef<[u8]>) -> Watch {
        self.0.watches.watch(key.as_ref())
    }

    /// Deletes everything, and wakes all who wait for anything. It blocks while it syncs.
    ///
    /// # Errors
    /// When the engine fails, or the store accepts nothing more.
    pub fn reset(&self) -> Result<(), Error> {
        self.check()?;
        self.0.committer.clear()?;
        self.0.blobs.reset();
        self.0.watches.signal_all();
        self.sync()
    }

    /// Brings everything to the disk and gives the data folder free.
    ///
    /// # Errors
    /// When the last sync fails.
    pub fn close(&self) -> Result<(), Error> {
        self.0.closed.store(true, Ordering::Release);
        if let Some(syncer) = &self.0.syncer {
            syncer.stop()?;
        }
        if let Err(error) = self.0.committer.finish() {
            tracing::warn!(%error, "the next start will take longer");
        }
        self.0.folder.lock().take();
        Ok(())
    }

    /// Runs a transaction until it commits. The version is none when it wrote nothing.
    fn run<T, E: From<Error>>(
        &self,
        mut body: impl FnMut(&mut Transaction) -> Result<T, E>,
    ) -> Result<(T, Option<u64>), E> {
        self.check()?;
        for _ in 0..ATTEMPTS_BESIDE_OTHERS {
            let _beside_others = self.0.turn.read();
            if let Some(done) = self.attempt(&mut body)? {
                return Ok(done);
            }
        }
        tracing::debug!("a transaction met {ATTEMPTS_BESIDE_OTHERS} conflicts and runs alone");
        loop {
            let _alone = self.0.turn.write();
            if let Some(done) = self.attempt(&mut body)? {
                return Ok(done);
            }
        }
    }

    /// One attempt; none when another transaction was in the way.
    fn attempt<T, E: From<Error>>(
        &self,
        body: &mut impl FnMut(&mut Transaction) -> Result<T, E>,
    ) -> Result<Option<(T, Option<u64>)>, E> {
        let mut transaction = Transaction::new(self.0.committer.snapshot());
        let value = body(&mut transaction)?;
        let signals = std::mem::take(&mut transaction.signals);
        let mut committed = None;
        if !transaction.writes.is_empty() {
            let span = tracing::trace_span!(target: "cloudlet::layer", "store", step = "commit");
            match span.in_scope(|| self.0.committer.commit(transaction))? {
                Outcome::Conflict => return Ok(None),
                Outcome::Committed(version) => {
                    self.want(version);
                    committed = Some(version);
                }
            }
        }
        self.0.watches.signal(&signals);
        Ok(Some((value, committed)))
    }

    /// Fails when the store was closed, or a sync failed.
    fn check(&self) -> Result<(), Error> {
        if self.0.closed.load(Ordering::Acquire) {
            return Err(Error::Failed("it was closed".into()));
        }
        self.0.syncer.as_ref().map_or(Ok(()), Syncer::check)
    }

    /// Brings all that a view of now shows to the disk, with the files that it refers to. When that fails the store accepts
    /// nothing more, as after any failed sync.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        let synced = self.0.blobs.files.sync().and_then(|()| self.0.committer.engine().sync());
        synced.inspect_err(|error| {
            if let Some(syncer) = &self.0.syncer {
                syncer.fail(error);
            }
        })?;
        // Another sync may have failed meanwhile, and nobody knows which writes that one left out.
        self.check()
    }

    fn want(&self, version: u64) {
        if let Some(syncer) = &self.0.syncer {
            syncer.want(version);
        }
    }
}
