//! Lists of what stands in a bucket: its objects, or all their versions.
//!
//! [`walk`] goes over the keys in their order and can jump, [`question`] is what all lists are asked alike, and [`page`] puts
//! both together. So a list reads what it shows, however much stands behind a common prefix.
//!
//! Follows "Listing object keys programmatically" in S3's user guide, and the pages of the three operations.

mod entry;
mod objects;
mod page;
mod question;
#[cfg(test)]
mod tests;
mod versions;
pub(crate) mod walk;

pub(crate) use objects::{list, list_v2};
pub(crate) use versions::list as list_versions;
