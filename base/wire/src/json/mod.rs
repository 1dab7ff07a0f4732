//! JSON: bodies of awsJson 1.0 and 1.1, and of restJson1; and values in files that are written as in those.

mod lexer;
mod reader;
mod writer;

pub(crate) use reader::{JsonReader, whole};
pub(crate) use writer::JsonWriter;
pub use writer::is_plain_in_json;

use crate::{Checks, Decode, Encode, Malformed, Shape};

/// A value by itself, as it stands in bodies.
#[must_use]
pub fn to_json(value: &dyn Encode, shape: &'static Shape) -> Vec<u8> {
    let mut writer = JsonWriter::default();
    value.encode(shape, &mut writer);
    writer.into_bytes()
}

/// The value of such a text.
///
/// # Errors
/// When it is no JSON, or no value of that shape.
pub fn from_json<T: Decode>(text: &[u8], shape: &'static Shape) -> Result<T, Malformed> {
    let mut checks = Checks::default();
    let mut reader = JsonReader::new(text);
    let value = T::decode(shape, &mut reader, &mut checks)?;
    reader.end()?;
    checks.message().map_or(Ok(value), |violations| Err(Malformed(violations)))
}

#[cfg(test)]
mod tests;
