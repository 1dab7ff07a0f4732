//! The part of a request that a signature covers, borrowed as it came over the wire. Interprets nothing.

use http::{HeaderMap, HeaderName};

/// How a service canonicalises what it signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// All services but S3: the path is normalised and encoded once more; the payload is always hashed.
    Standard,
    /// S3: the path as it is, encoded once; `x-amz-content-sha256` says how the payload is signed.
    S3,
}

impl Style {
    /// The style of the service with this signing name.
    pub fn of_service(service: &str) -> Self {
        if matches!(service, "s3" | "s3-object-lambda" | "s3express" | "s3-outposts") {
            Self::S3
        } else {
            Self::Standard
        }
    }
}

/// A request as it came over the wire.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The path, still percent-encoded.
    pub path: &'a str,
    /// What follows the question mark, still percent-encoded; empty where there is none.
    pub query: &'a str,
    /// All header fields.
    pub headers: &'a HeaderMap,
    /// HTTP/2's `:authority`, which stands for `host` where that is missing.
    pub authority: Option<&'a str>,
    /// How its service canonicalises.
    pub style: Style,
}

impl<'a> Request<'a> {
    /// The view of a parsed request's head.
    pub fn new(parts: &'a http::request::Parts, style: Style) -> Self {
        Self {
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or(""),
            headers: &parts.headers,
            authority: parts.uri.authority().map(http::uri::Authority::as_str),
            style,
        }
    }

    /// The first value of a header, if it is text.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&'a str> {
        self.headers.get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
    }
}
