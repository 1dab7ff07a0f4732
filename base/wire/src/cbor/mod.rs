//! CBOR: requests and answers of Smithy RPC v2.

mod reader;
mod writer;

pub(crate) use reader::CborReader;
pub(crate) use writer::CborWriter;

#[cfg(test)]
mod tests;
