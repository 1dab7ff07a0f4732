//! Typed events as frames: events and exceptions of a stream, its first message, and errors that no model has.

use super::{Frame, Value, reader, writer};
use crate::facts::Protocol;
use crate::protocol::bodies;
use crate::{Checks, Decode, Encode, Fault, Malformed, Shape};

/// The value of a text header.
fn text(text: impl Into<String>) -> Value {
    Value::String(text.into())
}

pub(super) fn headers(kind: &str, name: (&str, &str)) -> Vec<(String, Value)> {
    vec![(":message-type".into(), text(kind)), (name.0.to_owned(), text(name.1))]
}

/// An event of a stream, or one of the exceptions that stand among its events. `value` is a value of the union `stream`;
/// nothing comes of a value that has no member.
#[must_use]
pub fn event(protocol: Protocol, stream: &'static Shape, value: &dyn Encode) -> Option<Frame> {
    let mut writer = writer::StreamWriter::new(protocol);
    value.encode(stream, &mut writer);
    writer.frame
}

/// The first message of an RPC's stream: the members of the output that are no events.
#[must_use]
pub fn initial_response(protocol: Protocol, shape: &'static Shape, output: &dyn Encode) -> Frame {
    let mut frame =
        Frame { headers: headers("event", (":event-type", "initial-response")), payload: Default::default() };
    let body = writer::without_events(protocol, shape, output);
    writer::set_body(&mut frame, bodies::content_type(protocol), body);
    frame
}

/// An error of an operation, told in the middle of its stream.
#[must_use]
pub fn exception(protocol: Protocol, fault: &Fault) -> Frame {
    let mut frame = Frame {
        headers: headers("exception", (":exception-type", &fault.code)),
        payload: Default::default(),
    };
    let body = crate::protocol::fault_body(protocol, fault);
    writer::set_body(&mut frame, bodies::content_type(protocol), body);
    frame
}

/// An error that no model has; the stream ends with it.
#[must_use]
pub fn error(code: &str, message: &str) -> Frame {
    let mut headers = headers("error", (":error-code", code));
    headers.push((":error-message".into(), text(message)));
    Frame { headers, payload: Default::default() }
}

/// Reads an event of a stream: a value of the union `stream`.
///
/// # Errors
/// When the frame is no event, or one that cannot be read.
pub fn read_event<T: Decode>(
    protocol: Protocol,
    stream: &'static Shape,
    frame: &Frame,
    checks: &mut Checks,
) -> Result<T, Malformed> {
    T::decode(stream, &mut reader::StreamReader { protocol, frame }, checks)
}

/// Reads the first message of an RPC's stream: the members of the input that are no events.
///
/// # Errors
/// When the frame is no such message, or one that cannot be read.
pub fn read_initial_request<T: Decode>(
    protocol: Protocol,
    shape: &'static Shape,
    frame: &Frame,
    checks: &mut Checks,
) -> Result<T, Malformed> {
    if frame.text(":event-type") != Some("initial-request") {
        return Err(Malformed("the stream does not begin with its initial request".into()));
    }
    bodies::read(protocol, &frame.payload, |reader| T::decode(shape, reader, checks))
}
