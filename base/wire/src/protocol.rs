//! From a message to a typed input, and from an output or a fault to an answer: one entrance for all protocols, and for
//! documents that come by none.

use crate::facts::{OperationFacts, Protocol, ServiceFacts};
use crate::message::{Answer, Message};
use crate::neutral::{self, Neutral, Spelling};
use crate::query::{Dialect, Form, FormReader};
use crate::rest::{self, Format};
use crate::{Checks, Decode, Document, Encode, Fault, Kind, Malformed, Reader, Shape};

mod bare_faults;
pub(crate) mod bodies;
mod cbor_answers;
mod faults;
mod json_answers;
mod xml_answers;

/// Of operations whose schema nobody wrote.
static NOTHING: Shape =
    Shape::plain("Unit", Kind::Structure { members: &[], payload: None, union: false, event_stream: false });

/// Whether a shape stands for what the model does not have: an operation's missing input or output.
fn is_nothing(shape: &Shape) -> bool {
    shape.name == NOTHING.name && shape.members().is_empty()
}

/// Reads and checks an input.
///
/// # Errors
/// The protocol's error for what cannot be read (`SerializationException`, `MalformedInput`), or a validation error that
/// lists what does not satisfy the model.
pub fn read_input<T: Decode>(
    protocol: Protocol,
    service: &ServiceFacts,
    operation: &'static OperationFacts,
    message: &Message<'_>,
) -> Result<T, Fault> {
    let shape = operation.input.unwrap_or(&NOTHING);
    let mut checks = Checks::default();
    let input = match protocol {
        Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RpcV2Cbor => {
            bodies::read(protocol, message.body, |reader| T::decode(shape, reader, &mut checks))
        }
        Protocol::AwsQuery | Protocol::Ec2Query => from_form(protocol, shape, message, &mut checks),
        Protocol::RestJson1 => rest::read(shape, operation.http.uri, Format::Json, message, &mut checks),
        Protocol::RestXml => rest::read(shape, operation.http.uri, Format::Xml, message, &mut checks),
    };
    let input = input.map_err(|malformed| unreadable(protocol, service, malformed))?;
    checked(protocol, service, &checks).map(|()| input)
}

/// Reads and checks an input that came as a document, by no protocol.
///
/// # Errors
/// As [`read_input`]'s, in the words of the protocol that the service prefers.
pub fn read_document<T: Decode>(
    service: &ServiceFacts,
    operation: &'static OperationFacts,
    document: Document,
    spelling: Spelling,
) -> Result<T, Fault> {
    let protocol = service.protocols.first().copied().unwrap_or(Protocol::AwsJson10);
    let mut checks = Checks::default();
    let input = neutral::read(operation.input.unwrap_or(&NOTHING), document, spelling, &mut checks);
    let input = input.map_err(|malformed| unreadable(protocol, service, malformed))?;
    checked(protocol, service, &checks).map(|()| input)
}

/// Makes a document of an output.
#[must_use]
pub fn write_document(
    operation: &'static OperationFacts,
    output: &dyn Encode,
    spelling: Spelling,
) -> Neutral {
    neutral::write(operation.output.unwrap_or(&NOTHING), output, spelling)
}

/// Refuses what violates the model.
fn checked(protocol: Protocol, service: &ServiceFacts, checks: &Checks) -> Result<(), Fault> {
    match (checks.message(), checks.violations()) {
        (Some(text), [first, ..]) if service.is_of_s3() => Err(bare_faults::invalid(first, &text)),
        (Some(text), _) => Err(Fault::new(validation_code(protocol), 400, text)),
        (None, _) => Ok(()),
    }
}

fn from_form<T: Decode>(
    protocol: Protocol,
    shape: &'static Shape,
    message: &Message<'_>,
    checks: &mut Checks,
) -> Result<T, Malformed> {
    let dialect = if protocol == Protocol::Ec2Query { Dialect::Ec2 } else { Dialect::Aws };
    let form = Form::new(message.query.unwrap_or_default().as_bytes(), message.body);
    T::decode(shape, &mut FormReader::new(&form, dialect) as &mut dyn Reader, checks)
}

fn unreadable(protocol: Protocol, service: &ServiceFacts, malformed: Malformed) -> Fault {
    let code = match protocol {
        Protocol::AwsQuery | Protocol::Ec2Query => "MalformedInput",
        Protocol::RestXml if service.is_of_s3() => return bare_faults::unreadable(malformed),
        Protocol::RestXml => "InvalidInput",
        _ => "SerializationException",
    };
    Fault::new(code, 400, malformed.0)
}

fn validation_code(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::AwsQuery | Protocol::Ec2Query => "ValidationError",
        Protocol::RestXml => "InvalidInput",
        _ => "ValidationException",
    }
}

/// Writes an output.
#[must_use]
pub fn write_output(
    protocol: Protocol,
    service: &ServiceFacts,
    operation: &'static OperationFacts,
    output: &dyn Encode,
    request_id: &str,
) -> Answer {
    let shape = operation.output.unwrap_or(&NOTHING);
    match protocol {
        Protocol::AwsQuery | Protocol::Ec2Query => {
            xml_answers::output(protocol, service, operation, shape, output, request_id)
        }
        Protocol::RestJson1 => rest::write(Format::Json, service, operation, shape, output),
        Protocol::RestXml => {
            let answer = rest::write(Format::Xml, service, operation, shape, output);
            xml_answers::with_ids(answer, service, request_id)
        }
        Protocol::RpcV2Cbor => cbor_answers::output(shape, output),
        Protocol::AwsJson10 | Protocol::AwsJson11 => json_answers::output(protocol, service, shape, output),
    }
}

/// Writes an error.
#[must_use]
pub fn write_fault(protocol: Protocol, service: &ServiceFacts, fault: &Fault, request_id: &str) -> Answer {
    let answer = match protocol {
        Protocol::AwsQuery => xml_answers::query_fault(service, fault, request_id),
        Protocol::Ec2Query => xml_answers::ec2_fault(fault, request_id),
        Protocol::RestXml => {
            let answer = xml_answers::rest_fault(service, fault, request_id);
            xml_answers::with_ids(answer, service, request_id)
        }
        Protocol::RpcV2Cbor => cbor_answers::fault(service, fault),
        Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson1 => {
            json_answers::fault(protocol, service, fault)
        }
    };
    let headers = fault.beside.iter().flat_map(|beside| &beside.headers);
    headers.fold(answer, |answer, (name, text)| answer.with_header(name, text))
}

/// An error's type, message and members as one value, where no HTTP answer is around them.
pub(crate) fn fault_body(protocol: Protocol, fault: &Fault) -> Vec<u8> {
    faults::body(protocol, fault)
}

#[cfg(test)]
mod ec2_query_tests;
#[cfg(test)]
mod rest_xml_tests;
