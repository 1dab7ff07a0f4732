//! Checksums of message bodies: those that AWS's clients send and those that they expect.
//!
//! [`Algorithm`] computes, [`Sums`] several at once while the bytes pass by, [`md5_of_each`] and [`Md5`] one of many texts side
//! by side; [`Claims`] reads from a request what its client says of the body, in headers or in a trailer, and proves it. Whether an
//! operation has its body checked at all is a fact of its API; this crate does not know it.

mod algorithm;
mod claims;
mod lanes;
mod many;
mod sums;

pub use algorithm::{Algorithm, Hasher, crc32};
pub use claims::{Claims, Error};
pub use many::{Md5, md5_of_each};
pub use sums::Sums;
