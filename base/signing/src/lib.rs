//! AWS Signature Version 4: finding what a request claims, proving it, and signing.
//!
//! A verification has three steps: [`Claim::find`] reads who the request says it is from, the caller looks up that
//! key's [`Secret`], and [`verify`] proves the claim. [`chunked`] goes on where the body is signed in pieces, and
//! [`Signer`] is the client's side.
//!
//! [`old`] knows the links of Signature Version 2.
//!
//! Never here: I/O, the clock (callers pass Unix seconds), knowledge of which keys exist, or SigV4a, which is refused. Follows "AWS Signature Version 4 for API requests" in the IAM user guide.

mod canonical;
pub mod chunked;
mod claim;
mod credential;
mod error;
mod keys;
pub mod old;
mod payload;
mod query;
mod request;
mod secret;
mod side_by_side;
mod sign;
mod signed_text;
mod timestamp;
mod verify;

pub use canonical::canonical_request;
pub use claim::{Claim, Kind};
pub use error::{Error, Fault};
pub use keys::DayKeys;
pub use payload::{Declared, EMPTY_SHA256, Payload, sha256_hex};
pub use request::{Request, Style};
pub use secret::Secret;
pub use side_by_side::{is_faster_side_by_side, sha256_of_each};
pub use sign::{Credentials, Signer, Unsignable};
pub use signed_text::SignedText;
pub use timestamp::Timestamp;
pub use verify::{Proof, SKEW_MAX_S, verify};

/// The one algorithm of this crate.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The word that ends every credential scope.
pub const TERMINATOR: &str = "aws4_request";

#[cfg(test)]
mod tests;
