//! What the store asks of an engine: consistent views, atomic writes, a sync. Transactions are the store's.

mod embedded;
mod journal;
mod memory;

use std::collections::BTreeMap;
use std::ops::Range;

use bytes::Bytes;

pub(crate) use embedded::Embedded;
pub(crate) use memory::Memory;

use crate::{Direction, Error};

/// What one transaction writes; `None` deletes.
pub(crate) type Writes = BTreeMap<Vec<u8>, Option<Bytes>>;
/// Entries of a range, in order.
pub type Entries<'a> = Box<dyn Iterator<Item = Result<(Bytes, Bytes), Error>> + Send + 'a>;

/// Keeps ordered bytes.
pub(crate) trait Engine: Send + Sync {
    /// The state of now, which no later write changes.
    fn view(&self) -> Box<dyn View>;
    /// Applies all of these or none. Views have them at once; until a flush they may be in this process alone.
    fn write(&self, writes: &Writes) -> Result<(), Error>;
    /// When it returns, the operating system has all that was written before.
    fn flush(&self) -> Result<(), Error>;
    /// Deletes everything.
    fn clear(&self) -> Result<(), Error>;
    /// When it returns, the disk has all that was written before.
    fn sync(&self) -> Result<(), Error>;
    /// Makes the next start quick. Nothing is written after it.
    fn finish(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// One state of an engine.
pub(crate) trait View: Send + Sync {
    /// The value at `key`.
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error>;
    /// The entries of `range`, in order or against it.
    fn scan(&self, range: Range<Vec<u8>>, direction: Direction) -> Entries<'_>;
}
