//! Answers of the JSON protocols.

use super::faults;
use crate::facts::{Protocol, ServiceFacts};
use crate::json::JsonWriter;
use crate::message::Answer;
use crate::{Encode, Fault, Shape};

pub(super) fn output(
    protocol: Protocol,
    service: &ServiceFacts,
    shape: &'static Shape,
    output: &dyn Encode,
) -> Answer {
    let mut writer = JsonWriter::default();
    output.encode(shape, &mut writer);
    answer(service, 200, content_type(protocol), writer.into_bytes())
}

/// Has the checksum that DynamoDB's clients compare their answers with.
fn answer(service: &ServiceFacts, status: u16, content_type: &'static str, body: Vec<u8>) -> Answer {
    let checksum = service.answer_crc32.then(|| checksums::crc32(&body));
    let answer = Answer::new(status, content_type, body);
    match checksum {
        Some(checksum) => answer.with_header("x-amz-crc32", itoa::Buffer::new().format(checksum)),
        None => answer,
    }
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
    let kind = (!is_rest).then(|| faults::qualified(service, fault));
    let mut writer = JsonWriter::default();
    faults::write(&mut writer, kind.as_deref(), fault);
    let answer = answer(service, fault.status, content_type(protocol), writer.into_bytes());
    let answer = if is_rest { answer.with_header("x-amzn-errortype", &fault.code) } else { answer };
    faults::with_query_code(answer, service, fault)
}
