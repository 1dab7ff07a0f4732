//! Map runs: distributed Map states, whose items are executions of their own.

pub(crate) mod items;
pub(crate) mod reader;
pub(crate) mod writer;
