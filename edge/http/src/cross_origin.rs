//! Requests that browsers make for pages of other origins: preflights are answered, and all other answers say who may read
//! them. The rules are a service's.

use http::header::ORIGIN;
use http::request::Parts;
use http::{HeaderMap, Method};
use service::{Cloud, CrossOrigin, Service};
use wire::{Answer, Body, Fault};

use crate::host;

/// The service that a preflight asks.
pub(crate) fn asked<'a>(cloud: &'a Cloud, parts: &Parts) -> Option<&'a Service> {
    if parts.method != Method::OPTIONS {
        return None;
    }
    let has_rules = |service: &Service| service.cross_origin_rules().is_some();
    // What is asked of the whole server (`*`), or of no resource, is none.
    let names_something = |service: &&Service| host::path_of(service, parts).len() > 1;
    host::service_among(cloud.directory(), parts, has_rules).filter(names_something)
}

/// Answers a preflight.
///
/// # Errors
/// The service's, where no rule allows what is asked for.
pub(crate) fn preflight(cloud: &Cloud, service: &Service, parts: &Parts) -> Result<Answer, Fault> {
    Ok(Answer { status: 200, headers: allowed(cloud, service, parts)?, body: Body::default() })
}

/// What an answer to a page of another origin says beside what it says to everybody.
pub(crate) fn headers(cloud: &Cloud, service: &Service, parts: &Parts) -> HeaderMap {
    if !parts.headers.contains_key(ORIGIN) {
        return HeaderMap::new();
    }
    // Where no rule allows it, the answer says nothing, and the browser keeps it from the page.
    allowed(cloud, service, parts).unwrap_or_default()
}

fn allowed(cloud: &Cloud, service: &Service, parts: &Parts) -> Result<HeaderMap, Fault> {
    let Some(rules) = service.cross_origin_rules() else { return Ok(HeaderMap::new()) };
    let path = host::path_of(service, parts);
    let request = CrossOrigin { path: &path, method: &parts.method, headers: &parts.headers };
    rules(&cloud.store.snapshot(), &request)
}
