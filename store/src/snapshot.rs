//! One state of the store, and what can be read from any.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::commit::Committer;
use crate::engine::{Entries, View};
use crate::{Direction, Error, record, shared};

/// What can be read: from a snapshot, or inside of a transaction.
pub trait Reads {
    /// Entries of a range.
    type Scan<'a>: Iterator<Item = Result<(Bytes, Bytes), Error>> + 'a
    where
        Self: 'a;

    /// The value at `key`.
    ///
    /// # Errors
    /// When the engine fails.
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error>;

    /// The entries of `range`, in order or against it.
    fn scan(&self, range: Range<Vec<u8>>, direction: Direction) -> Self::Scan<'_>;

    /// The record at `key`.
    ///
    /// # Errors
    /// When the engine fails, or there is something else.
    fn get_record<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, Error> {
        self.get(key)?.map(|bytes| record::decode(&bytes)).transpose()
    }

    /// The record at `key`, decoded once for all who read it until it changes: for the few records that most requests
    /// read. All readers of such a key must agree on its type.
    ///
    /// # Errors
    /// When the engine fails, or there is something else.
    fn get_shared<T>(&self, key: &[u8]) -> Result<Option<Arc<T>>, Error>
    where
        T: DeserializeOwned + Send + Sync + 'static;
}

/// The store as it was at one moment. Cheap to make and to clone; it keeps deleted data on the disk while it lives.
#[derive(Clone)]
pub struct Snapshot {
    view: Arc<dyn View>,
    version: u64,
    committer: Arc<Committer>,
}

impl Snapshot {
    pub(crate) fn new(view: Box<dyn View>, version: u64, committer: Arc<Committer>) -> Self {
        Snapshot { view: view.into(), version, committer }
    }

    /// [`Reads::get_shared`] for what is no record: `decode` reads it.
    ///
    /// # Errors
    /// When the engine fails, or `decode` does.
    pub fn get_decoded<T: Send + Sync + 'static>(
        &self,
        key: &[u8],
        decode: impl FnOnce(&[u8]) -> Result<T, Error>,
    ) -> Result<Option<Arc<T>>, Error> {
        shared::decoded(&self.committer, key, self.version, || self.clone(), decode)
    }

    /// A version that is not newer than what it shows.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn view(&self) -> &dyn View {
        &*self.view
    }

    pub(crate) fn committer(&self) -> &Arc<Committer> {
        &self.committer
    }
}

impl Reads for Snapshot {
    type Scan<'a> = Entries<'a>;

    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        self.view.get(key)
    }

    fn scan(&self, range: Range<Vec<u8>>, direction: Direction) -> Entries<'_> {
        self.view.scan(range, direction)
    }

    fn get_shared<T>(&self, key: &[u8]) -> Result<Option<Arc<T>>, Error>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        shared::find(&self.committer, key, self.version, || self.clone())
    }
}
