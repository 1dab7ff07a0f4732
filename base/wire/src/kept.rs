//! Values of the model that a service keeps in its records, as they stand in its API.
//!
//! They are kept in CBOR with the names of the model, so that members can come and go as they do in the API. What is kept was
//! checked when it came.

use crate::cbor::{CborReader, CborWriter};
use crate::{Checks, Decode, Encode, Malformed, Shape};

/// A structure that can be kept.
pub trait Kept: Decode + Encode {
    /// Its schema.
    const SHAPE: &'static Shape;
}

/// The value as bytes.
#[must_use]
pub fn keep<T: Kept>(value: &T) -> Vec<u8> {
    let mut writer = CborWriter::default();
    value.encode(T::SHAPE, &mut writer);
    writer.into_bytes()
}

/// The value that was kept.
///
/// # Errors
/// When these bytes are none.
pub fn kept<T: Kept>(bytes: &[u8]) -> Result<T, Malformed> {
    let mut reader = CborReader::new(bytes);
    let value = T::decode(T::SHAPE, &mut reader, &mut Checks::default())?;
    reader.end()?;
    Ok(value)
}
