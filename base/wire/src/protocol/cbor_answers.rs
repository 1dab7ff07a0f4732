//! Answers of Smithy RPC v2 in CBOR.

use super::faults;
use crate::cbor::CborWriter;
use crate::facts::ServiceFacts;
use crate::message::Answer;
use crate::{Encode, Fault, Shape};

const CONTENT_TYPE: &str = "application/cbor";

pub(super) fn output(shape: &'static Shape, output: &dyn Encode) -> Answer {
    if super::is_nothing(shape) {
        let mut answer = Answer::new(200, CONTENT_TYPE, Vec::new());
        // Where the model has no output, there is no body, and no type of one.
        answer.headers.remove(http::header::CONTENT_TYPE);
        return marked(answer);
    }
    let mut writer = CborWriter::default();
    output.encode(shape, &mut writer);
    marked(Answer::new(200, CONTENT_TYPE, writer.into_bytes()))
}

pub(super) fn fault(service: &ServiceFacts, fault: &Fault) -> Answer {
    let mut writer = CborWriter::default();
    faults::write(&mut writer, Some(&faults::qualified(service, fault)), fault);
    let answer = marked(Answer::new(fault.status, CONTENT_TYPE, writer.into_bytes()));
    faults::with_query_code(answer, service, fault)
}

/// Clients take no answer for one of this protocol without its name.
fn marked(answer: Answer) -> Answer {
    answer.with_header("smithy-protocol", "rpc-v2-cbor")
}
