//! The ordered, transactional store and its engines.
//!
//! [`Store`] keeps bytes by ordered keys. A transaction reads one state of the store and commits only if nothing that it
//! read was changed meanwhile; otherwise it runs again. When [`Store::transact`] returns, what it wrote is as durable as
//! the store's [`Durability`] says. Keys are tuples ([`tuple`]), values usually records ([`record`]).
//!
//! The store never knows what a key or a value means, reads no clock, and holds in memory only what its engine caches
//! and what transactions of the last moments wrote.

pub mod blobs;
mod commit;
mod conflicts;
mod durable;
mod engine;
mod error;
mod folder;
mod heads;
mod options;
pub mod record;
mod scan;
mod shared;
mod snapshot;
mod store;
mod transaction;
pub mod tuple;
mod watch;

pub use blobs::{Blob, BlobId, BlobReader, Blobs};
pub use bytes::Bytes;
pub use engine::Entries;
pub use error::Error;
pub use options::{Durability, Options};
pub use scan::Direction;
pub use snapshot::{Reads, Snapshot};
pub use store::Store;
pub use transaction::{Scan, Transaction};
pub use watch::Watch;

#[cfg(test)]
mod tests;
