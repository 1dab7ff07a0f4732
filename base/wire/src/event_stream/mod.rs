//! Event streams: `application/vnd.amazon.eventstream`, the framing and what events are in it.
//!
//! A [`Frame`] is a message on the wire: headers of ten types, a payload, two checksums. [`event`], [`initial_response`],
//! [`exception`] and [`error`] make frames of typed values; [`read_event`] and [`read_initial_request`] read them. Nothing
//! here waits: a [`Decoder`] is fed with what came, and gives the frames that are whole.
//!
//! It is a module of its own, because AWS's (`aws-smithy-eventstream`) brings frames alone: what is large in event streams
//! is what stands in a frame, which is the work of the protocols here.

mod events;
mod frame;
mod reader;
mod value;
mod writer;

pub use events::{error, event, exception, initial_response, read_event, read_initial_request};
pub use frame::{Decoder, Frame};
pub use value::Value;

/// The type of a body that is a stream of events.
pub const CONTENT_TYPE: &str = "application/vnd.amazon.eventstream";

#[cfg(test)]
mod tests;
