//! What an object may be called: any text of 1,024 bytes.

use wire::Fault;

/// The longest key, in bytes.
const BYTES_MAX: usize = 1024;

/// Refuses what no object can be called.
pub(crate) fn check(key: &str) -> Result<(), Fault> {
    if key.len() <= BYTES_MAX {
        return Ok(());
    }
    Err(Fault::new("KeyTooLongError", 400, "Your key is too long")
        .with_element("Size", key.len().to_string())
        .with_element("MaxSizeAllowed", BYTES_MAX.to_string()))
}
