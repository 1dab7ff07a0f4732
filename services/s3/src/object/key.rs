//! What an object may be called: any text of 1,024 bytes.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use wire::Fault;

/// The longest key, in bytes.
const BYTES_MAX: usize = 1024;
/// What URLs have instead of letters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Refuses what no object can be called.
pub(crate) fn check(key: &str) -> Result<(), Fault> {
    if key.len() <= BYTES_MAX {
        return Ok(());
    }
    Err(Fault::new("KeyTooLongError", 400, "Your key is too long")
        .with_element("Size", key.len().to_string())
        .with_element("MaxSizeAllowed", BYTES_MAX.to_string()))
}

/// A key as URLs have it.
pub(crate) fn encoded(key: &str) -> String {
    utf8_percent_encode(key, ENCODED).to_string()
}
