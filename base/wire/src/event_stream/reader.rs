//! Reads a value of a stream's union from a frame.

use bytes::Bytes;

use super::{Frame, Value};
use crate::codec::{EachMember, Reader};
use crate::facts::Protocol;
use crate::protocol::bodies;
use crate::{Kind, Location, Malformed, Member, Shape, Timestamp};

/// Stands before the one member of a union that the frame's type names; nothing else is read through this.
pub(super) struct StreamReader<'a> {
    pub(super) protocol: Protocol,
    pub(super) frame: &'a Frame,
}

impl Reader for StreamReader<'_> {
    fn structure(&mut self, stream: &'static Shape, each: &mut EachMember<'_>) -> Result<(), Malformed> {
        let frame = self.frame;
        let name = match frame.text(":message-type") {
            Some("event") => frame.text(":event-type"),
            Some("exception") => frame.text(":exception-type"),
            _ => return Err(Malformed("the message is no event".into())),
        };
        let name = name.ok_or_else(|| Malformed("the event has no type".into()))?;
        // Events that the model does not know are passed over, as members are.
        let index = stream.position(name);
        match index.and_then(|index| Some((index, stream.members().get(index)?))) {
            Some((index, member)) => {
                each(index, member, &mut EventReader { protocol: self.protocol, frame: self.frame })
            }
            None => Ok(()),
        }
    }
}

/// Stands before an event, which is a structure; nothing else is read through this.
struct EventReader<'a> {
    protocol: Protocol,
    frame: &'a Frame,
}

impl Reader for EventReader<'_> {
    fn structure(&mut self, shape: &'static Shape, each: &mut EachMember<'_>) -> Result<(), Malformed> {
        let mut has_payload = false;
        for (index, member) in shape.members().iter().enumerate() {
            match member.location {
                Location::EventHeader => {
                    if let Some(value) = self.frame.header(member.wire_name()) {
                        each(index, member, &mut HeaderReader(value))?;
                    }
                }
                Location::EventPayload => {
                    has_payload = true;
                    self.payload(index, member, each)?;
                }
                _ => {}
            }
        }
        if has_payload || shape.members().iter().all(|member| member.location != Location::Body) {
            return Ok(());
        }
        bodies::read(self.protocol, &self.frame.payload, |reader| {
            reader.structure(shape, &mut |index, member, reader| match member.location {
                Location::Body => each(index, member, reader),
                // A stranger that is called like a header.
                _ => reader.document(member.shape).map(drop),
            })
        })
    }
}

impl EventReader<'_> {
    fn payload(
        &self,
        index: usize,
        member: &'static Member,
        each: &mut EachMember<'_>,
    ) -> Result<(), Malformed> {
        match member.shape.kind {
            Kind::Blob { .. } | Kind::String { .. } => {
                each(index, member, &mut crate::rest::RawReader { body: &self.frame.payload, stream: None })
            }
            _ => bodies::read(self.protocol, &self.frame.payload, |reader| each(index, member, reader)),
        }
    }
}

/// Stands before the value of a header.
struct HeaderReader<'a>(&'a Value);

impl Reader for HeaderReader<'_> {
    fn boolean(&mut self, shape: &'static Shape) -> Result<bool, Malformed> {
        match self.0 {
            Value::Boolean(value) => Ok(*value),
            _ => Err(Malformed::kind("VALUE", shape)),
        }
    }

    fn integer(&mut self, shape: &'static Shape) -> Result<i64, Malformed> {
        match self.0 {
            Value::Byte(value) => Ok((*value).into()),
            Value::Short(value) => Ok((*value).into()),
            Value::Integer(value) => Ok((*value).into()),
            Value::Long(value) => Ok(*value),
            _ => Err(Malformed::kind("VALUE", shape)),
        }
    }

    fn string(&mut self, shape: &'static Shape) -> Result<String, Malformed> {
        match self.0 {
            Value::String(value) => Ok(value.clone()),
            _ => Err(Malformed::kind("VALUE", shape)),
        }
    }

    fn blob(&mut self, shape: &'static Shape) -> Result<Bytes, Malformed> {
        match self.0 {
            Value::Bytes(value) => Ok(value.clone()),
            _ => Err(Malformed::kind("VALUE", shape)),
        }
    }

    fn timestamp(&mut self, shape: &'static Shape) -> Result<Timestamp, Malformed> {
        match self.0 {
            Value::Timestamp(value) => Ok(*value),
            _ => Err(Malformed::kind("VALUE", shape)),
        }
    }
}
