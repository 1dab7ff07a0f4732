//! Names: what AWS calls things, as small validated values.
//!
//! Accounts, regions, partitions, ARNs, tags, page tokens and identifiers. A value of one of these types is well
//! formed by construction, so nobody downstream checks again.
//!
//! Never here: I/O, the clock, or randomness. Identifiers are formatted from bytes that the caller drew.

mod account;
pub mod arn;
pub mod ids;
pub mod page_token;
mod plain;
mod region;
mod scope;
pub mod tags;
mod text;

pub use account::{Account, InvalidAccount};
pub use arn::{Arn, InvalidArn};
pub use page_token::PageTokens;
pub use plain::is_plain;
pub use region::{InvalidRegion, Partition, Region};
pub use scope::Scope;
