//! What a request names by its host: a service, a resource of it, a region.

use std::borrow::Cow;

use http::request::Parts;
use names::Region;
use service::{Address, Directory, Service};

/// The service to whose host a request goes, whatever it wants there, among those that are `wanted`.
pub(crate) fn service_among<'a>(
    directory: &'a Directory,
    parts: &Parts,
    wanted: fn(&Service) -> bool,
) -> Option<&'a Service> {
    directory
        .services()
        .filter(|service| wanted(service))
        .find(|service| is_meant(directory, service, address_in(service, parts).as_ref(), service_in(parts)))
}

/// The region of a service that a request names by its host.
pub(crate) fn region_of(service: &Service, parts: &Parts) -> Option<Region> {
    address_in(service, parts)?.region
}

pub(crate) fn address_in(service: &Service, parts: &Parts) -> Option<Address> {
    service.address(of(parts).map(without_port).unwrap_or_default())
}

/// What a request names of a service by its host and path.
pub(crate) fn path_of<'a>(service: &Service, parts: &'a Parts) -> Cow<'a, str> {
    path_within(service, address_in(service, parts).as_ref(), parts)
}

/// The path, behind the resource that the host names.
pub(crate) fn path_within<'a>(
    service: &Service,
    address: Option<&Address>,
    parts: &'a Parts,
) -> Cow<'a, str> {
    let path = parts.uri.path();
    let path = own_path(service, parts).unwrap_or(path);
    match address.and_then(|address| address.resource.as_ref()) {
        Some(resource) => format!("/{resource}{path}").into(),
        None => Cow::Borrowed(path),
    }
}

/// What stands before the part of the path that is of a service's API; none where the whole path is.
pub(crate) fn before<'a>(service: &Service, parts: &'a Parts) -> Option<&'a str> {
    parts.uri.path().strip_suffix(own_path(service, parts)?)
}

fn own_path<'a>(service: &Service, parts: &'a Parts) -> Option<&'a str> {
    service.own_path(of(parts).map(without_port).unwrap_or_default(), parts.uri.path())
}

/// Whether a request that names a service so, or none, may mean this one. `address` is what its host names of it.
pub(crate) fn is_meant(
    directory: &Directory,
    service: &Service,
    address: Option<&Address>,
    named: Option<&str>,
) -> bool {
    let Some(named) = named else { return true };
    let is_other = || directory.services().any(|other| other.is_called(named));
    service.is_called(named) || address.is_some_and(|address| address.is_named || !is_other())
}

fn without_port(host: &str) -> &str {
    host.rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(host, |(name, _)| name)
}

/// The first label of `sqs.us-east-1.localhost`, `dynamodb.localhost.localstack.cloud`, `queue.amazonaws.com`; the second one
/// where that is the region, as in `eu-west-1.queue.amazonaws.com`.
pub(crate) fn service_in(parts: &Parts) -> Option<&str> {
    let name = without_port(of(parts)?);
    let is_ours = name.ends_with(".localhost") || name.ends_with(".localhost.localstack.cloud");
    let is_aws = name.ends_with(".amazonaws.com");
    let mut labels = name.split('.').filter(|label| label.parse::<Region>().is_err());
    (is_ours || is_aws).then(|| labels.next()).flatten()
}

/// The host that the client asked for.
pub(crate) fn of(parts: &Parts) -> Option<&str> {
    match parts.uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => parts.headers.get(http::header::HOST)?.to_str().ok(),
    }
}
