//! Every protocol's codec against generated values and against broken messages: what is written reads back, typed and
//! neutral, and nothing that is read panics, hangs or takes memory without end.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod forms;
mod fuzz;
mod memory;
mod messages;
mod round_trips;
mod schemas;
mod things;
mod values;
