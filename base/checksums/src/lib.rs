//! Checksums of message bodies: those that AWS's clients send and those that they expect.
//!
//! [`Algorithm`] computes; [`Claims`] reads from a request what its client says of the body, in headers or in a trailer,
//! and proves it; [`md5_of_each`] digests many texts side by side. Whether an operation has its body checked at all is a fact
//! of its API; this crate does not know it.

mod algorithm;
mod claims;
mod many;

pub use algorithm::{Algorithm, Hasher, crc32};
pub use claims::{Claims, Error};
pub use many::md5_of_each;
