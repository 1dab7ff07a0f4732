//! What can be set for a bucket, a file each: what S3 refuses of it, and what it shows where nothing is set.

pub(crate) mod abac;
pub(crate) mod accelerate;
pub(crate) mod acl;
pub(crate) mod analytics;
pub(crate) mod cors;
pub(crate) mod encryption;
pub(crate) mod filter;
pub(crate) mod inventory;
pub(crate) mod lifecycle;
pub(crate) mod logging;
pub(crate) mod metadata;
pub(crate) mod metrics;
pub(crate) mod notification;
pub(crate) mod object_lock;
pub(crate) mod ownership;
pub(crate) mod policy;
pub(crate) mod public_access;
pub(crate) mod replication;
pub(crate) mod request_payment;
pub(crate) mod tagging;
pub(crate) mod tiering;
pub(crate) mod versioning;
pub(crate) mod website;
