//! Answers as HTTP responses.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderName, Response, StatusCode};
use http_body_util::Full;
use wire::{Answer, Fault};

/// What every response of the door is.
pub(crate) type Reply = Response<Full<Bytes>>;

/// A protocol's answer.
pub(crate) fn from_answer(answer: Answer, request_id: &str) -> Reply {
    let mut response = Response::new(Full::new(answer.body));
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
    let mut response = Response::new(Full::new(Bytes::from(body)));
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
