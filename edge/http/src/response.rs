//! Answers as HTTP responses.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream as _;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderName, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use wire::{Answer, Fault};

/// What every response of the door is.
pub(crate) type Reply = Response<Sent>;

/// The body of a response.
pub enum Sent {
    /// It is here.
    Whole(Full<Bytes>),
    /// It comes as its operation makes it.
    Stream(wire::Body),
}

impl From<wire::Body> for Sent {
    fn from(body: wire::Body) -> Self {
        match body.into_whole() {
            Ok(whole) => Sent::Whole(Full::new(whole)),
            Err(body) => Sent::Stream(body),
        }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Fault;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        match self.get_mut() {
            Sent::Whole(whole) => Pin::new(whole).poll_frame(context).map_err(|never| match never {}),
            Sent::Stream(body) => Pin::new(body).poll_next(context).map(|piece| Some(framed(piece?))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Sent::Whole(whole) => whole.is_end_stream(),
            Sent::Stream(body) => body.length() == Some(0),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Sent::Whole(whole) => whole.size_hint(),
            Sent::Stream(body) => body.length().map_or_else(SizeHint::new, SizeHint::with_exact),
        }
    }
}

/// The client has the head already: all that is left to say is that the answer is not whole.
fn framed(piece: Result<Bytes, Fault>) -> Result<Frame<Bytes>, Fault> {
    piece.map(Frame::data).inspect_err(|fault| tracing::warn!(%fault, "an answer broke off"))
}

/// A protocol's answer.
pub(crate) fn from_answer(answer: Answer, request_id: &str) -> Reply {
    let mut response = Response::new(Sent::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = answer.headers;
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers_mut().entry(HeaderName::from_static("x-amzn-requestid")).or_insert(value);
    }
    response
}

/// JSON of our own paths.
pub(crate) fn json(status: StatusCode, value: &serde_json::Value) -> Reply {
    let mut body = value.to_string();
    body.push('\n');
    typed(status, "application/json", body)
}

/// A body with its content type.
pub(crate) fn typed(status: StatusCode, content_type: &'static str, body: String) -> Reply {
    let mut response = Response::new(Sent::Whole(Full::new(Bytes::from(body))));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// An error of the door itself, when no protocol is known.
pub(crate) fn from_fault(fault: &Fault, request_id: &str) -> Reply {
    let body = serde_json::json!({ "__type": fault.code, "message": fault.message, "requestId": request_id });
    let status = StatusCode::from_u16(fault.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json(status, &body);
    for (name, value) in [("x-amzn-requestid", request_id), ("x-amzn-errortype", fault.code.as_ref())] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}
