//! FIFO topics: the messages of a group reach each queue in the order in which they were published.
//!
//! Each group has a lane to each subscription: what is to be delivered, in order, and a record that every publication in
//! that group reads and writes, so that they are one after the other. One job walks along a lane and waits at its head
//! until that is delivered; it ends with the lane. A queue that is FIFO too knows a message again by its deduplication
//! id, so nothing is there twice.
//!
//! Follows "Amazon SNS message ordering and deduplication for FIFO topics" in the developer guide.

pub(crate) mod archive;
mod lane;
mod publication;
pub(crate) mod replay;
mod stored;

pub(crate) use lane::run;
pub(crate) use publication::{Place, publish};
