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
    summed(service, Answer::new(200, content_type(protocol), writer.into_bytes()))
}

/// With the checksum that DynamoDB's clients compare their answers with.
fn summed(service: &ServiceFacts, answer: Answer) -> Answer {
    if !service.answer_crc32 {
        return answer;
    }
    let checksum = checksums::crc32(&answer.body);
    answer.with_header("x-amz-crc32", itoa::Buffer::new().format(checksum))
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
    let answer = Answer::new(fault.status, content_type(protocol), writer.into_bytes());
    let answer = if is_rest { answer.with_header("x-amzn-errortype", &fault.code) } else { answer };
    summed(service, faults::with_query_code(answer, service, fault))
}
