//! What pages of other origins may do with a service's resources, where their owners have rules for it (CORS).
//!
//! Browsers ask before they send such a request for a page (a preflight), and let the page have the answer only if that says
//! so. Here is what they say; a service that has rules declares who reads them ([`crate::Service::cross_origin`]).

use http::header::{ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderName, ORIGIN};
use http::{HeaderMap, Method};
use store::Snapshot;
use wire::Fault;

/// What a browser says of a request that it makes, or would make, for a page.
#[derive(Clone, Copy, Debug)]
pub struct CrossOrigin<'a> {
    /// To what, as it came; a resource that the host names stands in front: `/trips/berlin.json`.
    pub path: &'a str,
    /// The method of the request that says so: `OPTIONS` for a preflight.
    pub method: &'a Method,
    /// All its headers.
    pub headers: &'a HeaderMap,
}

/// The headers that let a page have an answer; the service's error where its owner has not said that it may.
pub type CrossOriginOf = fn(&Snapshot, &CrossOrigin<'_>) -> Result<HeaderMap, Fault>;

impl<'a> CrossOrigin<'a> {
    /// The origin of the page.
    #[must_use]
    pub fn origin(&self) -> Option<&'a str> {
        self.header(&ORIGIN)
    }

    /// The method that is meant.
    #[must_use]
    pub fn wanted_method(&self) -> &'a str {
        self.header(&ACCESS_CONTROL_REQUEST_METHOD).unwrap_or(self.method.as_str())
    }

    /// The headers that the page would send, in lower case.
    #[must_use]
    pub fn wanted_headers(&self) -> Vec<String> {
        let names = self.header(&ACCESS_CONTROL_REQUEST_HEADERS).unwrap_or_default().split(',');
        names.map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty()).collect()
    }

    fn header(&self, name: &HeaderName) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }
}
