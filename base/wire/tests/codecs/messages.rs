//! Messages of each protocol from a value, and values from them.

use bytes::Bytes;
use cloudlet_wire::rest::Labels;
use cloudlet_wire::{
    Decode, Document, Encode, Fault, Message, OperationFacts, Protocol, read_input, write_output,
};
use http::HeaderMap;

use crate::forms;
use crate::schemas::SERVICE;

/// A request with one value in it: an answer's headers and body, or a form.
pub(crate) fn request(
    protocol: Protocol,
    operation: &'static OperationFacts,
    value: &dyn Encode,
) -> (HeaderMap, Bytes) {
    let answer = write_output(protocol, &SERVICE, operation, value, "request-1");
    (answer.headers, answer.body.whole().unwrap())
}

pub(crate) fn form(protocol: Protocol, operation: &'static OperationFacts, value: &Document) -> Bytes {
    operation.input.map(|shape| forms::write(protocol, shape, value)).unwrap_or_default().into()
}

pub(crate) fn read<T: Decode>(
    protocol: Protocol,
    operation: &'static OperationFacts,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<T, Fault> {
    let labels = Labels::default();
    let message =
        Message { method: "POST", path: "/", query: None, headers, body, stream: None, labels: &labels };
    read_input(protocol, &SERVICE, operation, &message)
}
