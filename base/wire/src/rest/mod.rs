//! REST protocols: operations found by method and path, values in every part of an HTTP message.

mod reader;
mod router;
mod text;
mod writer;

use crate::codec::Decode;
use crate::message::{Answer, Message};
use crate::{Checks, Encode, Malformed, OperationFacts, Shape};

pub use router::{Labels, Route, Router};

/// Reads an input.
pub(crate) fn read<T: Decode>(
    shape: &'static Shape,
    message: &Message<'_>,
    checks: &mut Checks,
) -> Result<T, Malformed> {
    T::decode(shape, &mut reader::RestReader::new(message), checks)
}

/// Writes an output.
pub(crate) fn write(
    operation: &'static OperationFacts,
    shape: &'static Shape,
    output: &dyn Encode,
) -> Answer {
    let mut writer = writer::RestWriter::new(operation.http.status);
    output.encode(shape, &mut writer);
    writer.answer
}

#[cfg(test)]
mod tests;
