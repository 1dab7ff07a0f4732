//! Message move tasks: dead letters go back to the queues that they came from, or to another one.
//!
//! A task is a record and a job. Each turn of the job moves some messages and counts them in one transaction, so a task
//! goes on where it was after the process was killed, and moves nothing twice.
//!
//! Follows "Learn how to configure a dead-letter queue redrive" in the developer guide: what is moved is a new message, with
//! a new id and a new age.

mod operations;
mod task;
mod turn;

pub(crate) use operations::{cancel, list, start};
pub(crate) use task::source_of;
pub(crate) use turn::{Taker, Withdrawn, run};
