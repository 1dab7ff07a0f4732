//! Answers as HTTP responses.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream as _;
use http::header::{CONNECTION, CONTENT_TYPE, HeaderValue};
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
    Stream(Streamed),
}

impl From<wire::Body> for Sent {
    fn from(body: wire::Body) -> Self {
        match body.into_whole() {
            Ok(whole) => Sent::Whole(Full::new(whole)),
            Err(body) => Sent::Stream(Streamed { left: body.length(), body, last: None, failed: None }),
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
            Sent::Stream(streamed) => streamed.poll_piece(context).map(|piece| Some(framed(piece?))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Sent::Whole(whole) => whole.is_end_stream(),
            Sent::Stream(streamed) => streamed.left == Some(0) && streamed.last.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Sent::Whole(whole) => whole.size_hint(),
            Sent::Stream(streamed) => streamed.body.length().map_or_else(SizeHint::new, SizeHint::with_exact),
        }
    }
}

/// A body on its way out.
pub struct Streamed {
    body: wire::Body,
    /// How many bytes are still to come, where that is known.
    left: Option<u64>,
    /// The last of them.
    last: Option<Bytes>,
    /// What broke it off, before that is told.
    failed: Option<Box<Fault>>,
}

impl Streamed {
    /// The next piece, or what broke the answer off. hyper throws away what it has not written yet when it hears of that, so
    /// it is told a turn later, and writes in between.
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
        if let Some(fault) = self.failed.take() {
            return Poll::Ready(Some(Err(*fault)));
        }
        match ready!(self.poll_next(context)) {
            Some(Err(fault)) => {
                self.failed = Some(Box::new(fault));
                context.waker().wake_by_ref();
                Poll::Pending
            }
            piece => Poll::Ready(piece),
        }
    }

    /// The next piece. The last one of a known length, which makes the answer whole, leaves only when the end was seen.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
        while let Some(piece) = ready!(Pin::new(&mut self.body).poll_next(context)) {
            let Some(left) = &mut self.left else { return Poll::Ready(Some(piece)) };
            let piece = piece?;
            *left = left.checked_sub(piece.len() as u64).ok_or_else(too_long)?;
            if *left > 0 {
                return Poll::Ready(Some(Ok(piece)));
            }
            self.last = Some(piece);
        }
        Poll::Ready(self.last.take().map(Ok))
    }
}

fn too_long() -> Fault {
    Fault::new("InternalFailure", 500, "An answer has more bytes than its head promised.")
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

/// The same as the last answer of its connection (of HTTP/1).
pub(crate) fn last(mut reply: Reply) -> Reply {
    reply.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    reply
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

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use bytes::Bytes;
    use hyper::body::Body as _;
    use wire::Fault;

    use super::Sent;

    /// hyper writes while nothing comes, and throws away what is unwritten when it hears of a failure.
    #[test]
    fn what_came_before_a_failure_can_be_written_first() {
        let pieces = [Ok(Bytes::from("piece")), Err(Fault::new("Broken", 500, "It broke off."))];
        let mut sent = Sent::from(wire::Body::stream(None, futures_util::stream::iter(pieces)));
        let mut context = Context::from_waker(Waker::noop());
        let mut poll = || Pin::new(&mut sent).poll_frame(&mut context);
        assert!(matches!(poll(), Poll::Ready(Some(Ok(frame))) if frame.data_ref().unwrap() == "piece"));
        assert!(poll().is_pending());
        assert!(matches!(poll(), Poll::Ready(Some(Err(fault))) if fault.code == "Broken"));
        assert!(matches!(poll(), Poll::Ready(None)));
    }
}
