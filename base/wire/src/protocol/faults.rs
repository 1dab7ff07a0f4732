//! What errors have in common in the protocols that write them as one object.

use crate::cbor::CborWriter;
use crate::facts::{Protocol, ServiceFacts};
use crate::json::JsonWriter;
use crate::message::Answer;
use crate::xml::XmlWriter;
use crate::{Encode, Fault, Members, Shape, Writer};

/// A writer of objects that begin with some texts.
pub(super) trait Objects {
    fn object(&mut self, first: &[(&str, &str)], shape: &'static Shape, members: Option<&dyn Members>);
}

impl Objects for JsonWriter {
    fn object(&mut self, first: &[(&str, &str)], shape: &'static Shape, members: Option<&dyn Members>) {
        JsonWriter::object(self, first, shape, members);
    }
}

impl Objects for CborWriter {
    fn object(&mut self, first: &[(&str, &str)], shape: &'static Shape, members: Option<&dyn Members>) {
        CborWriter::object(self, first, shape, members);
    }
}

/// Writes an error: its type, its message, and the members of its structure.
pub(super) fn write(writer: &mut dyn Objects, kind: Option<&str>, fault: &Fault) {
    let shape = fault.facts.and_then(|facts| facts.shape);
    let message = (message_name(shape), fault.message.as_str());
    let first: Vec<_> = kind.map(|kind| ("__type", kind)).into_iter().chain([message]).collect();
    match (&fault.detail, shape) {
        (Some(detail), Some(shape)) => {
            detail.encode(shape, &mut Body { writer, first: &first } as &mut dyn Writer);
        }
        _ => writer.object(&first, &super::NOTHING, None),
    }
}

/// An error in an event stream: its type stands in a header of its frame.
pub(super) fn body(protocol: Protocol, fault: &Fault) -> Vec<u8> {
    match protocol {
        Protocol::RpcV2Cbor => {
            let mut writer = CborWriter::default();
            write(&mut writer, None, fault);
            writer.into_bytes()
        }
        Protocol::RestXml | Protocol::AwsQuery | Protocol::Ec2Query => {
            let mut writer = XmlWriter::default();
            writer.element(&fault.code, |writer| {
                writer.element("Message", |writer| writer.content(&fault.message));
            });
            writer.into_bytes()
        }
        Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson1 => {
            let mut writer = JsonWriter::default();
            write(&mut writer, None, fault);
            writer.into_bytes()
        }
    }
}

/// `com.amazonaws.dynamodb.v20120810#ResourceNotFoundException`: the namespace is that of the service for errors of its
/// model, and of the framework for others.
pub(super) fn qualified(service: &ServiceFacts, fault: &Fault) -> String {
    let code = &fault.code;
    if fault.facts.is_none() {
        let part = if code == "ValidationException" { "validate" } else { "service" };
        return format!("com.amazon.coral.{part}#{code}");
    }
    match service.target_prefix.and_then(|prefix| prefix.split_once('_')) {
        Some((_, version)) => format!("com.amazonaws.{}.v{version}#{code}", service.name),
        None => format!("com.amazonaws.{}#{code}", service.name),
    }
}

/// Adds the code of the query protocol, for clients of services that once spoke it.
pub(super) fn with_query_code(answer: Answer, service: &ServiceFacts, fault: &Fault) -> Answer {
    if !service.query_compatible {
        return answer;
    }
    let code = fault.query_code.as_ref().unwrap_or(&fault.code);
    let whose = if fault.is_sender() { "Sender" } else { "Receiver" };
    answer.with_header("x-amzn-query-error", &format!("{code};{whose}"))
}

/// What the model calls the message.
fn message_name(shape: Option<&'static Shape>) -> &'static str {
    let members = shape.map(Shape::members).unwrap_or_default();
    let named =
        members.iter().map(|member| member.wire_name()).find(|name| name.eq_ignore_ascii_case("message"));
    named.unwrap_or("message")
}

/// Writes an error's structure behind its type and message.
struct Body<'a> {
    writer: &'a mut dyn Objects,
    first: &'a [(&'a str, &'a str)],
}

/// An error's members but for its message.
pub(super) struct WithoutMessage<'a> {
    pub(super) shape: &'static Shape,
    pub(super) members: &'a dyn Members,
}

impl Members for WithoutMessage<'_> {
    fn members(&self, each: &mut dyn FnMut(usize, &dyn Encode)) {
        self.members.members(&mut |index, value| {
            let member = self.shape.members().get(index);
            if member.is_some_and(|member| !member.name.eq_ignore_ascii_case("message")) {
                each(index, value);
            }
        });
    }
}

/// An error is a structure: nothing else is written through this.
impl Writer for Body<'_> {
    fn structure(&mut self, shape: &'static Shape, members: &dyn Members) {
        self.writer.object(self.first, shape, Some(&WithoutMessage { shape, members }));
    }
}
