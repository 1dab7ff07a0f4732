//! Answers of the protocols that speak XML.

use crate::facts::{OperationFacts, Protocol, ServiceFacts};
use crate::message::Answer;
use crate::xml::XmlWriter;
use crate::{Encode, Fault, Shape};

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
    let space = service.xml_namespace.map(|address| ("", address));
    writer.spaced_element("ErrorResponse", space, |writer| {
        writer.element("Error", |writer| {
            text_element(writer, "Type", if fault.is_sender() { "Sender" } else { "Receiver" });
            code_and_message(writer, fault);
        });
        text_element(writer, "RequestId", request_id);
    });
    Answer::new(fault.status, CONTENT_TYPE, writer.into_bytes())
}

pub(super) fn ec2_fault(fault: &Fault, request_id: &str) -> Answer {
    let mut writer = XmlWriter::default();
    writer.element("Response", |writer| {
        writer.element("Errors", |writer| writer.element("Error", |writer| code_and_message(writer, fault)));
        text_element(writer, "RequestID", request_id);
    });
    Answer::new(fault.status, CONTENT_TYPE, writer.into_bytes())
}

pub(super) fn rest_fault(fault: &Fault, request_id: &str) -> Answer {
    let mut writer = XmlWriter::default();
    writer.element("ErrorResponse", |writer| {
        writer.element("Error", |writer| code_and_message(writer, fault));
        text_element(writer, "RequestId", request_id);
    });
    Answer::new(fault.status, "application/xml", writer.into_bytes())
}

fn code_and_message(writer: &mut XmlWriter, fault: &Fault) {
    text_element(writer, "Code", fault.query_code.as_ref().unwrap_or(&fault.code));
    text_element(writer, "Message", &fault.message);
}

fn text_element(writer: &mut XmlWriter, name: &str, text: &str) {
    writer.element(name, |writer| writer.content(text));
}
