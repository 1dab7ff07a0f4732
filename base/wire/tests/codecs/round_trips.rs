//! What is written reads back.

use cloudlet_wire::{Document, OperationFacts, Protocol};
use proptest::prelude::*;

use crate::messages::{form, read, request};
use crate::schemas::{BODIES, BYTES, FORMS, IN_PARTS, PAYLOADS, SYMMETRIC, THINGS};
use crate::things::Thing;
use crate::values::any_of;

/// Any of these protocols with any value of an operation.
fn any_call(
    protocols: &'static [Protocol],
    operation: &'static OperationFacts,
) -> impl Strategy<Value = (Protocol, Document)> {
    proptest::sample::select(protocols).prop_flat_map(move |protocol| {
        let shape = operation.input.unwrap();
        (Just(protocol), any_of(shape, protocol))
    })
}

fn comes_back(
    protocol: Protocol,
    operation: &'static OperationFacts,
    value: &Document,
) -> Result<(), TestCaseError> {
    let (headers, body) = request(protocol, operation, value);
    let read: Document = read(protocol, operation, &headers, &body).unwrap();
    prop_assert_eq!(&read, value, "{:?}: {}", protocol, String::from_utf8_lossy(&body));
    Ok(())
}

const REST: [Protocol; 2] = [Protocol::RestJson1, Protocol::RestXml];

proptest! {
    // A failure is told, not kept in a file.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bodies_come_back((protocol, value) in any_call(&SYMMETRIC, &BODIES)) {
        comes_back(protocol, &BODIES, &value)?;
    }

    #[test]
    fn headers_and_bodies_come_back((protocol, value) in any_call(&REST, &IN_PARTS)) {
        comes_back(protocol, &IN_PARTS, &value)?;
    }

    #[test]
    fn payloads_come_back((protocol, bytes) in any_call(&REST, &BYTES), (other, thing) in any_call(&REST, &PAYLOADS)) {
        if bytes.get("Payload").is_some() {
            comes_back(protocol, &BYTES, &bytes)?;
        }
        if thing.get("Payload").is_some() {
            comes_back(other, &PAYLOADS, &thing)?;
        }
    }

    #[test]
    fn forms_are_read_as_they_were_meant((protocol, value) in any_call(&FORMS, &BODIES)) {
        let body = form(protocol, &BODIES, &value);
        let read: Document = read(protocol, &BODIES, &Default::default(), &body).unwrap();
        prop_assert_eq!(&read, &value, "{:?}: {}", protocol, String::from_utf8_lossy(&body));
    }

    /// From a document to a typed value by one protocol, and back by another.
    #[test]
    fn typed_values_are_what_their_documents_are(
        (one, value) in any_call(&SYMMETRIC, &THINGS),
        other in proptest::sample::select(&SYMMETRIC[..]),
    ) {
        let (headers, body) = request(one, &THINGS, &value);
        let typed: Thing = read(one, &THINGS, &headers, &body).unwrap();
        // What XML cannot write came by another protocol.
        let other = if other == Protocol::RestXml { one } else { other };
        let (headers, body) = request(other, &THINGS, &typed);
        let again: Document = read(other, &THINGS, &headers, &body).unwrap();
        prop_assert_eq!(&again, &value, "{:?}, {:?}", one, other);
        let typed_again: Thing = read(other, &THINGS, &headers, &body).unwrap();
        prop_assert_eq!(typed_again, typed);
    }
}
