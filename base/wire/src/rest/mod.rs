//! The REST protocols, with JSON or XML bodies: operations found by method and path, values in every part of a message.

mod header;
mod reader;
mod router;
mod text;
mod writer;

use crate::codec::Decode;
use crate::message::{Answer, Message};
use crate::{Checks, Encode, Malformed, OperationFacts, ServiceFacts, Shape};

pub(crate) use reader::RawReader;
pub(crate) use writer::Raw;

pub use router::{Labels, Route, Router};

/// What bodies are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// restJson1.
    Json,
    /// restXml.
    Xml,
}

/// Reads an input of an operation with that address.
pub(crate) fn read<T: Decode>(
    shape: &'static Shape,
    uri: &'static str,
    format: Format,
    message: &Message<'_>,
    checks: &mut Checks,
) -> Result<T, Malformed> {
    T::decode(shape, &mut reader::RestReader::new(message, uri, format), checks)
}

/// Writes an output.
pub(crate) fn write(
    format: Format,
    service: &ServiceFacts,
    operation: &'static OperationFacts,
    shape: &'static Shape,
    output: &dyn Encode,
) -> Answer {
    let mut writer = writer::RestWriter::new(format, service, operation.http.status);
    output.encode(shape, &mut writer);
    writer.answer
}

#[cfg(test)]
mod tests;
