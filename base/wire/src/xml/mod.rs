//! XML: bodies of restXml, and answers of the query protocols.

mod reader;
mod tree;
mod writer;

pub(crate) use reader::XmlReader;
pub(crate) use tree::Tree;
pub(crate) use writer::XmlWriter;

#[cfg(test)]
mod tests;
