//! Answers of the JSON protocols.

use crate::facts::{Protocol, ServiceFacts};
use crate::json::JsonWriter;
use crate::message::Answer;
use crate::{Encode, Fault, Members, Shape, Writer};

pub(super) fn output(protocol: Protocol, shape: &'static Shape, output: &dyn Encode) -> Answer {
    let mut writer = JsonWriter::default();
    output.encode(shape, &mut writer);
    Answer::new(200, content_type(protocol), writer.into_bytes())
}

fn content_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::AwsJson10 => "application/x-amz-json-1.0",
        Protocol::AwsJson11 => "application/x-amz-json-1.1",
        _ => "application/json",
    }
}

pub(super) fn fault(protocol: Protocol, service: &ServiceFacts, fault: &Fault) -> Answer {
    let is_rest = protocol == Protocol::RestJson1;
    let kind = if is_rest { String::new() } else { qualified(service, fault) };
    let mut first = Vec::new();
    if !is_rest {
        first.push(("__type", kind.as_str()));
    }
    let shape = fault.facts.and_then(|facts| facts.shape);
    first.push((message_name(shape), fault.message.as_str()));
    let mut writer = JsonWriter::default();
    match (&fault.detail, shape) {
        (Some(detail), Some(shape)) => {
            let mut body = Body { writer: &mut writer, first: &first };
            detail.encode(shape, &mut body as &mut dyn Writer);
        }
        _ => writer.object(&first, &super::NOTHING, None),
    }
    let answer = Answer::new(fault.status, content_type(protocol), writer.into_bytes());
    let answer = if is_rest { answer.with_header("x-amzn-errortype", &fault.code) } else { answer };
    if !service.query_compatible {
        return answer;
    }
    let code = fault.query_code.as_ref().unwrap_or(&fault.code);
    let whose = if fault.is_sender() { "Sender" } else { "Receiver" };
    answer.with_header("x-amzn-query-error", &format!("{code};{whose}"))
}

/// `com.amazonaws.dynamodb.v20120810#ResourceNotFoundException`: the namespace is that of the service for errors of its
/// model, and of the framework for others.
fn qualified(service: &ServiceFacts, fault: &Fault) -> String {
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

/// What the model calls the message.
fn message_name(shape: Option<&'static Shape>) -> &'static str {
    let members = shape.map(Shape::members).unwrap_or_default();
    let named =
        members.iter().map(|member| member.wire_name()).find(|name| name.eq_ignore_ascii_case("message"));
    named.unwrap_or("message")
}

/// Writes an error's structure behind its type and message.
struct Body<'a> {
    writer: &'a mut JsonWriter,
    first: &'a [(&'a str, &'a str)],
}

/// An error's members but for its message.
struct WithoutMessage<'a> {
    shape: &'static Shape,
    members: &'a dyn Members,
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
