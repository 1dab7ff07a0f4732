//! One state of the store, and what can be read from any.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::engine::{Entries, View};
use crate::{Direction, Error, record};

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
}

/// The store as it was at one moment. Cheap to make and to clone; it keeps deleted data on the disk while it lives.
#[derive(Clone)]
pub struct Snapshot {
    view: Arc<dyn View>,
}

impl Snapshot {
    pub(crate) fn new(view: Box<dyn View>) -> Self {
        Snapshot { view: view.into() }
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
}
