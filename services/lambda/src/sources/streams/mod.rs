//! Streams of tables that functions read, shard by shard, in order.
//!
//! A shard is read from its checkpoint on. The checkpoint moves after the function took a batch, or after the batch was given
//! up, so a crash at any moment repeats at most what was at work. Readers wake when a change is committed: they wait for the
//! news of their stream.
//!
//! Never here: what the records mean, and streams of Kinesis.

mod checkpoint;
mod deliver;
mod destination;
mod event;
mod poll;
mod settings;
mod shard;
mod stream;
mod window;

pub(super) use self::checkpoint::{begin, forget, last_result};
pub(super) use self::poll::run;
pub(super) use self::settings::{Streaming, check, of_new, updated};
