//! Writes the output of a REST operation into the parts of an HTTP answer: status, headers, body.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue};

use super::Format;
use super::text::TextWriter;
use crate::codec::{Encode, Members, Writer};
use crate::json::JsonWriter;
use crate::message::Answer;
use crate::xml::XmlWriter;
use crate::{Body, Kind, Location, Member, ServiceFacts, Shape};

/// Makes the answer of an operation whose output is a structure; nothing else is written through this.
pub(crate) struct RestWriter {
    pub(crate) answer: Answer,
    format: Format,
    /// The namespace of XML bodies whose shape has none of its own.
    namespace: Option<&'static str>,
}

impl RestWriter {
    /// With the status of the operation.
    pub(crate) fn new(format: Format, service: &ServiceFacts, status: u16) -> Self {
        let mut answer = Answer::new(status, "application/json", Vec::new());
        if format == Format::Xml {
            answer.headers.remove(CONTENT_TYPE);
        }
        RestWriter { answer, format, namespace: service.xml_namespace }
    }

    fn outside_body(&mut self, member: &'static Member, value: &dyn Encode) {
        let mut writer = TextWriter::default();
        value.encode(member.shape, &mut writer);
        let texts = writer.texts;
        match member.location {
            Location::StatusCode => {
                let status = texts.first().and_then(|(_, text)| text.parse().ok());
                self.answer.status = status.unwrap_or(self.answer.status);
            }
            Location::Header if !texts.is_empty() => {
                let values: Vec<&str> = texts.iter().map(|(_, text)| text.as_str()).collect();
                self.header(member.wire_name(), &values.join(", "));
            }
            Location::Headers => {
                texts
                    .iter()
                    .for_each(|(name, text)| self.header(&format!("{}{name}", member.wire_name()), text));
            }
            _ => {}
        }
    }

    fn header(&mut self, name: &str, value: &str) {
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.as_bytes())) {
            (Ok(name), Ok(value)) => drop(self.answer.headers.insert(name, value)),
            _ => tracing::warn!(name, "an output has a header that HTTP cannot carry"),
        }
    }

    fn payload(&mut self, member: &'static Member, value: &dyn Encode) {
        let raw_type = match member.shape.kind {
            // A text with an element around it (GetBucketLocation).
            Kind::String { .. } if self.format == Format::Xml && member.location_name.is_some() => None,
            Kind::Blob { .. } => Some("application/octet-stream"),
            Kind::String { .. } => Some("text/plain"),
            Kind::Structure { event_stream: true, .. } => Some(crate::event_stream::CONTENT_TYPE),
            _ => None,
        };
        if let Some(raw_type) = raw_type {
            let mut raw = Raw::default();
            value.encode(member.shape, &mut raw);
            self.answer.body = raw.0;
            if self.format == Format::Xml || raw_type == crate::event_stream::CONTENT_TYPE {
                self.default_type(raw_type);
            }
        } else if self.format == Format::Xml {
            let name = member.location_name.or(member.shape.location_name).unwrap_or(member.shape.name);
            let space = member.xml_namespace.or(member.shape.xml_namespace);
            self.xml(name, space, |writer| value.encode(member.shape, writer));
        } else {
            let mut writer = JsonWriter::default();
            value.encode(member.shape, &mut writer);
            self.answer.body = writer.into_bytes().into();
        }
    }

    fn xml(
        &mut self,
        name: &str,
        space: Option<(&'static str, &'static str)>,
        content: impl FnOnce(&mut XmlWriter),
    ) {
        let space = space.or(self.namespace.map(|address| ("", address)));
        let mut writer = XmlWriter::declared();
        writer.spaced_element(name, space, content);
        self.answer.body = writer.into_bytes().into();
        self.default_type("application/xml");
    }

    /// The type of the body, unless a member of the output says it.
    fn default_type(&mut self, name: &'static str) {
        self.answer.headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(name));
    }

    fn body(&mut self, shape: &'static Shape, members: &dyn Members) {
        let in_body = InBody { shape, members };
        if self.format == Format::Xml {
            let name = shape.location_name.unwrap_or(shape.name);
            self.xml(name, shape.xml_namespace, |writer| writer.structure(shape, &in_body));
        } else {
            let mut writer = JsonWriter::default();
            writer.object(&[], shape, Some(&in_body));
            self.answer.body = writer.into_bytes().into();
        }
    }
}

impl Writer for RestWriter {
    fn structure(&mut self, shape: &'static Shape, members: &dyn Members) {
        let payload = match shape.kind {
            Kind::Structure { payload, .. } => payload,
            _ => None,
        };
        members.members(&mut |index, value| match shape.members().get(index) {
            Some(member) if payload == Some(index) => self.payload(member, value),
            Some(member) => self.outside_body(member, value),
            None => {}
        });
        let has_body = shape.members().iter().any(|member| member.location == Location::Body);
        if payload.is_none() && has_body {
            self.body(shape, members);
        }
    }
}

/// The members that are entries of the body.
struct InBody<'a> {
    shape: &'static Shape,
    members: &'a dyn Members,
}

impl Members for InBody<'_> {
    fn members(&self, each: &mut dyn FnMut(usize, &dyn Encode)) {
        self.members.members(&mut |index, value| {
            if self.shape.members().get(index).is_some_and(|member| member.location == Location::Body) {
                each(index, value);
            }
        });
    }
}

/// A body that is a blob or a text as it stands.
#[derive(Default)]
pub(crate) struct Raw(pub(crate) Body);

impl Writer for Raw {
    fn blob(&mut self, _: &'static Shape, value: &[u8]) {
        self.0 = Bytes::copy_from_slice(value).into();
    }

    fn stream(&mut self, _: &'static Shape, value: &Body) {
        self.0 = value.take();
    }

    fn string(&mut self, _: &'static Shape, value: &str) {
        self.0 = value.to_owned().into();
    }
}
