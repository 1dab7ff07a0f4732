//! How IAM calls what an operation does, where it is not called as the operation.
//!
//! Follows "Actions, resources, and condition keys for Amazon S3" in the Service Authorization Reference.

use wire::OperationFacts;

/// IAM's names, by operation.
const OTHERWISE: [(&str, &str); 2] = [("HeadBucket", "ListBucket"), ("ListBuckets", "ListAllMyBuckets")];

pub(crate) fn of(operation: &'static OperationFacts) -> Option<&'static str> {
    let otherwise = OTHERWISE.iter().find(|(name, _)| *name == operation.name);
    Some(otherwise.map_or(operation.name, |(_, action)| action))
}
