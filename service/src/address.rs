//! Hosts that name more than a service: a resource of it, or a region.

use names::Region;

/// What a host names of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The resource, which other hosts have as the first part of the path: a bucket.
    pub resource: Option<String>,
    /// The region.
    pub region: Option<Region>,
    /// The service stands in the host as well. Where it does not, another service that is called so comes first.
    pub is_named: bool,
}

/// What a host, without its port, names of the service; none where it cannot mean the service.
pub type AddressOf = fn(host: &str) -> Option<Address>;

/// The regions that a request names, by the ways in which it may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Regions {
    /// That of its host.
    pub host: Option<Region>,
    /// That of its signature.
    pub signature: Option<Region>,
}
