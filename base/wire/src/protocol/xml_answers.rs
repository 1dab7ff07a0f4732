//! Answers of the protocols that speak XML.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::faults::WithoutMessage;
use crate::facts::{OperationFacts, Protocol, ServiceFacts};
use crate::message::Answer;
use crate::xml::XmlWriter;
use crate::{Encode, Fault, Members, Shape, Writer};

const CONTENT_TYPE: &str = "text/xml";

pub(super) fn output(
    protocol: Protocol,
    service: &ServiceFacts,
    operation: &OperationFacts,
    shape: &'static Shape,
    output: &dyn Encode,
    request_id: &str,
) -> Answer {
    let is_ec2 = protocol == Protocol::Ec2Query;
    let mut writer = if is_ec2 { XmlWriter::default() } else { XmlWriter::of_query() };
    let space = service.xml_namespace.map(|address| ("", address));
    writer.spaced_element(&format!("{}Response", operation.name), space, |writer| {
        if is_ec2 {
            text_element(writer, "requestId", request_id);
            output.encode(shape, writer);
            return;
        }
        match operation.result_wrapper {
            Some(wrapper) => writer.element(wrapper, |writer| output.encode(shape, writer)),
            None => output.encode(shape, writer),
        }
        writer.element("ResponseMetadata", |writer| text_element(writer, "RequestId", request_id));
    });
    Answer::new(200, CONTENT_TYPE, writer.into_bytes())
}

pub(super) fn query_fault(service: &ServiceFacts, fault: &Fault, request_id: &str) -> Answer {
    let mut writer = XmlWriter::default();
    wrapped(&mut writer, service, fault, request_id);
    Answer::new(fault.status, CONTENT_TYPE, writer.into_bytes())
}

pub(super) fn ec2_fault(fault: &Fault, request_id: &str) -> Answer {
    let mut writer = XmlWriter::default();
    writer.element("Response", |writer| {
        writer.element("Errors", |writer| writer.element("Error", |writer| what(writer, fault)));
        text_element(writer, "RequestID", request_id);
    });
    Answer::new(fault.status, CONTENT_TYPE, writer.into_bytes())
}

pub(super) fn rest_fault(service: &ServiceFacts, fault: &Fault, request_id: &str) -> Answer {
    let mut writer = XmlWriter::declared();
    if service.bare_errors {
        writer.element("Error", |writer| {
            what(writer, fault);
            ids(writer, service, request_id);
        });
    } else {
        wrapped(&mut writer, service, fault, request_id);
    }
    Answer::new(fault.status, "application/xml", writer.into_bytes())
}

/// The names that S3's clients look for in each of its answers.
pub(super) fn with_ids(answer: Answer, service: &ServiceFacts, request_id: &str) -> Answer {
    if !service.is_of_s3() {
        return answer;
    }
    answer.with_header("x-amz-request-id", request_id).with_header("x-amz-id-2", &host_id(request_id))
}

/// S3's second name of a request is longer and opaque.
fn host_id(request_id: &str) -> String {
    STANDARD.encode(request_id)
}

fn wrapped(writer: &mut XmlWriter, service: &ServiceFacts, fault: &Fault, request_id: &str) {
    let space = service.xml_namespace.map(|address| ("", address));
    writer.spaced_element("ErrorResponse", space, |writer| {
        writer.element("Error", |writer| {
            if !service.is_of_s3() {
                text_element(writer, "Type", if fault.is_sender() { "Sender" } else { "Receiver" });
            }
            what(writer, fault);
        });
        ids(writer, service, request_id);
    });
}

/// The request's names.
fn ids(writer: &mut XmlWriter, service: &ServiceFacts, request_id: &str) {
    text_element(writer, "RequestId", request_id);
    if service.is_of_s3() {
        text_element(writer, "HostId", &host_id(request_id));
    }
}

/// Code, message, and the other members of the error.
fn what(writer: &mut XmlWriter, fault: &Fault) {
    text_element(writer, "Code", fault.query_code.as_ref().unwrap_or(&fault.code));
    text_element(writer, "Message", &fault.message);
    if let (Some(detail), Some(shape)) = (&fault.detail, fault.facts.and_then(|facts| facts.shape)) {
        detail.encode(shape, &mut Details(writer) as &mut dyn Writer);
    }
    for (name, text) in fault.beside.iter().flat_map(|beside| &beside.elements) {
        text_element(writer, name, text);
    }
}

fn text_element(writer: &mut XmlWriter, name: &str, text: &str) {
    writer.element(name, |writer| writer.content(text));
}

/// An error is a structure: nothing else is written through this.
struct Details<'a>(&'a mut XmlWriter);

impl Writer for Details<'_> {
    fn structure(&mut self, shape: &'static Shape, members: &dyn Members) {
        self.0.structure(shape, &WithoutMessage { shape, members });
    }
}
