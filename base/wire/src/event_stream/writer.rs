//! Writes a value of a stream's union into a frame: headers from some members, the payload from the others.

use bytes::Bytes;

use super::events::headers;
use super::{Frame, Value};
use crate::codec::{Encode, Members, Writer};
use crate::facts::Protocol;
use crate::protocol::bodies;
use crate::{Kind, Location, Member, Shape, Timestamp};

/// Makes a frame of the one member of a union; nothing else is written through this.
pub(super) struct StreamWriter {
    protocol: Protocol,
    pub(super) frame: Option<Frame>,
}

impl StreamWriter {
    pub(super) fn new(protocol: Protocol) -> Self {
        StreamWriter { protocol, frame: None }
    }
}

impl Writer for StreamWriter {
    fn structure(&mut self, stream: &'static Shape, members: &dyn Members) {
        members.members(&mut |index, value| {
            let Some(member) = stream.members().get(index) else { return };
            let headers = if member.shape.exception {
                headers("exception", (":exception-type", member.wire_name()))
            } else {
                headers("event", (":event-type", member.wire_name()))
            };
            let frame = Frame { headers, payload: Bytes::new() };
            let mut event = EventWriter { protocol: self.protocol, frame };
            value.encode(member.shape, &mut event);
            self.frame = Some(event.frame);
        });
    }
}

/// Fills the frame of an event, which is a structure; nothing else is written through this.
struct EventWriter {
    protocol: Protocol,
    frame: Frame,
}

impl Writer for EventWriter {
    fn structure(&mut self, shape: &'static Shape, members: &dyn Members) {
        let mut has_payload = false;
        members.members(&mut |index, value| match shape.members().get(index) {
            Some(member) if member.location == Location::EventHeader => {
                let mut header = HeaderWriter(None);
                value.encode(member.shape, &mut header);
                self.frame.headers.extend(header.0.map(|value| (member.wire_name().to_owned(), value)));
            }
            Some(member) if member.location == Location::EventPayload => {
                has_payload = true;
                self.payload(member, value);
            }
            _ => {}
        });
        let is_in_body = |member: &Member| member.location == Location::Body;
        if !has_payload && shape.members().iter().any(is_in_body) {
            let body = bodies::write(self.protocol, shape, &Part { members, keep: &is_in_body });
            set_body(&mut self.frame, bodies::content_type(self.protocol), body);
        }
    }
}

impl EventWriter {
    fn payload(&mut self, member: &'static Member, value: &dyn Encode) {
        let content_type = match member.shape.kind {
            Kind::Blob { .. } => "application/octet-stream",
            Kind::String { .. } => "text/plain",
            _ => {
                let body = bodies::write(self.protocol, member.shape, value);
                return set_body(&mut self.frame, bodies::content_type(self.protocol), body);
            }
        };
        let mut raw = crate::rest::Raw::default();
        value.encode(member.shape, &mut raw);
        set_body(&mut self.frame, content_type, raw.0.whole().unwrap_or_default());
    }
}

pub(super) fn set_body(frame: &mut Frame, content_type: &str, body: impl Into<Bytes>) {
    frame.headers.push((":content-type".into(), Value::String(content_type.into())));
    frame.payload = body.into();
}

/// An output without the stream in it, as a body.
pub(super) fn without_events(protocol: Protocol, shape: &'static Shape, output: &dyn Encode) -> Vec<u8> {
    let mut outer = OutputWriter { protocol, body: Vec::new() };
    output.encode(shape, &mut outer);
    outer.body
}

struct OutputWriter {
    protocol: Protocol,
    body: Vec<u8>,
}

impl Writer for OutputWriter {
    fn structure(&mut self, shape: &'static Shape, members: &dyn Members) {
        let is_no_stream =
            |member: &Member| !matches!(member.shape.kind, Kind::Structure { event_stream: true, .. });
        self.body = bodies::write(self.protocol, shape, &Part { members, keep: &is_no_stream });
    }
}

/// Some of the members of a structure, as a structure.
struct Part<'a> {
    members: &'a dyn Members,
    keep: &'a dyn Fn(&Member) -> bool,
}

struct Kept<'a>(&'static Shape, &'a Part<'a>);

impl Encode for Part<'_> {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.structure(shape, &Kept(shape, self));
    }
}

impl Members for Kept<'_> {
    fn members(&self, each: &mut dyn FnMut(usize, &dyn Encode)) {
        self.1.members.members(&mut |index, value| {
            if self.0.members().get(index).is_some_and(|member| (self.1.keep)(member)) {
                each(index, value);
            }
        });
    }
}

/// Writes a value that becomes a header.
struct HeaderWriter(Option<Value>);

impl Writer for HeaderWriter {
    fn boolean(&mut self, _: &'static Shape, value: bool) {
        self.0 = Some(Value::Boolean(value));
    }

    fn integer(&mut self, shape: &'static Shape, value: i64) {
        self.0 = Some(match i32::try_from(value) {
            Ok(value) if matches!(shape.kind, Kind::Integer) => Value::Integer(value),
            _ => Value::Long(value),
        });
    }

    fn string(&mut self, _: &'static Shape, value: &str) {
        self.0 = Some(Value::String(value.to_owned()));
    }

    fn blob(&mut self, _: &'static Shape, value: &[u8]) {
        self.0 = Some(Value::Bytes(Bytes::copy_from_slice(value)));
    }

    fn timestamp(&mut self, _: &'static Shape, value: Timestamp) {
        self.0 = Some(Value::Timestamp(value));
    }
}
