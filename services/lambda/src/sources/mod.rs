//! Event sources: mappings that read messages from a queue, or changes from a stream, and hand them, in batches, to a
//! function.
//!
//! A mapping is a record; a poller for each enabled one receives, invokes and deletes. A message is deleted only after
//! the function took it, so a crash at any moment leaves it in its queue. Of a stream, a place moves on instead.
//!
//! Never here: brokers and streams of Kinesis, which are refused by name.

mod batch;
mod checks;
mod filters;
mod mapping;
mod operations;
mod poll;
mod queue;
mod scale;
mod streams;

pub(crate) use mapping::{Mapping, find, uuid_of};
pub(crate) use operations::{create, delete, get, list, update};
pub(crate) use poll::run;
