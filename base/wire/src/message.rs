//! Requests and answers as protocols see them: HTTP without a connection.

use bytes::Bytes;
use http::HeaderMap;

use crate::Body;
use crate::rest::Labels;

/// A request.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// `POST`.
    pub method: &'a str,
    /// As it came, still percent-encoded.
    pub path: &'a str,
    /// Likewise, without the question mark.
    pub query: Option<&'a str>,
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The whole body, unpacked; nothing when it streams.
    pub body: &'a Bytes,
    /// The body of an operation whose payload streams: its input takes it.
    pub stream: Option<&'a Body>,
    /// The labels of the path, for REST protocols.
    pub labels: &'a Labels,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Content type and whatever else the protocol asks for.
    pub headers: HeaderMap,
    /// The body, whole or as it comes.
    pub body: Body,
}

impl Answer {
    /// An answer whose body is JSON.
    #[must_use]
    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::text(status, "application/json", body)
    }

    /// An answer whose body is a text of that type.
    #[must_use]
    pub fn text(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut answer = Answer::new(status, content_type, Vec::new());
        answer.body = Body::from(body);
        answer
    }

    pub(crate) fn new(status: u16, content_type: &'static str, body: Vec<u8>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(content_type));
        Answer { status, headers, body: body.into() }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        // A text that no header can carry is left out: the body has it as well.
        if let Ok(value) = http::HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}
