//! IAM policy documents: from JSON text to a typed document that IAM would accept.
//!
//! [`Document::parse`] reads a document of one [`Kind`], checks it in IAM's order and refuses it in IAM's words. What
//! comes out is well formed, so whoever decides over it later need not check again.
//!
//! A trust policy also decides who may assume its role ([`Document::lets_assume`]), and the policy of a resource who may do
//! what with it ([`Document::decide`]).
//!
//! Never here: I/O, whether the principals and resources that a document names exist, and what the policies of an identity
//! let it do. Follows "Grammar of the IAM JSON policy language" in the IAM user
//! guide.

mod action;
mod check;
pub mod condition;
mod decide;
mod document;
mod error;
pub mod glob;
mod holds;
mod labelled;
pub mod limits;
mod principal;
mod read;
mod resource;
mod trust;

pub use condition::Condition;
pub use decide::{Asker, Decision, Request};
pub use document::{Document, Effect, Kind, Patterns, Principal, Principals, Statement, Version};
pub use error::{Error, Fault};
pub use labelled::Labelled;
pub use trust::Assumption;

#[cfg(test)]
mod tests;
