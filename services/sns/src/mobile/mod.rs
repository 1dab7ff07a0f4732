//! Mobile push: applications of the push services, and the devices that have them, as endpoints.
//!
//! Nothing here calls a push service. Credentials for one are checked for being there and never kept, so that nobody can
//! read them again. Publishing to endpoints is not here; it asks for them by [`reach`].
//!
//! Follows "Mobile push notifications" in the developer guide.

pub(crate) mod applications;
mod arns;
mod attributes;
pub(crate) mod endpoints;
mod keys;

pub(crate) use self::endpoints::reach;

/// Whether it is the ARN of an endpoint, there or not.
pub(crate) fn is_endpoint_arn(arn: &str) -> bool {
    arns::endpoint(arn).is_some()
}
