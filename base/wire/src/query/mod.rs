//! The query protocols: forms in, XML out. `Attributes.entry.1.key=..` is read by prefix, without a tree in between.

mod reader;

pub(crate) use reader::{Dialect, Form, FormReader};

#[cfg(test)]
mod tests;
