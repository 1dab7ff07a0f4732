//! Event sources: mappings that read messages from a queue and hand them, in batches, to a function.
//!
//! A mapping is a record; a poller for each enabled one receives, invokes and deletes. A message is deleted only after
//! the function took it, so a crash at any moment leaves it in its queue.
//!
//! Never here: streams, brokers and filters, which are refused by name.

mod batch;
mod checks;
mod mapping;
mod operations;
mod poll;
mod queue;

pub(crate) use mapping::{find, put, uuid_of};
pub(crate) use operations::{create, delete, get, list, update};
pub(crate) use poll::run;
