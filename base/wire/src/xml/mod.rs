//! XML: answers of the query protocols.

mod writer;

pub(crate) use writer::XmlWriter;

#[cfg(test)]
mod tests;
