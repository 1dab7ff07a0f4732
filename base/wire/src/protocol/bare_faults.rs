//! What is wrong with an input, as S3 words it: bodies are refused without a reason, headers and parameters by their name.

use crate::{Fault, Location, Malformed, Violation};

const MALFORMED_XML: &str =
    "The XML you provided was not well-formed or did not validate against our published schema";

/// An input that cannot be read; only that of headers and parameters has a reason.
pub(super) fn unreadable(malformed: Malformed) -> Fault {
    if malformed.0.is_empty() {
        return Fault::new("MalformedXML", 400, MALFORMED_XML);
    }
    Fault::new("InvalidArgument", 400, malformed.0)
}

/// An input that violates its model, there before all; `text` tells of all violations.
pub(super) fn invalid(violation: &Violation, text: &str) -> Fault {
    let member = violation.member;
    let is_there = violation.value != "null";
    match member.map(|member| (member.location, member.wire_name())) {
        Some((Location::Body, _)) if is_there || violation.path.contains('.') => {
            Fault::new("MalformedXML", 400, MALFORMED_XML)
        }
        Some((Location::Body, _)) | None => {
            Fault::new("MissingRequestBodyError", 400, "Request Body is empty")
        }
        Some((_, name)) => {
            let fault = Fault::new("InvalidArgument", 400, text).with_element("ArgumentName", name);
            let value = violation.value.trim_matches('\'');
            if is_there { fault.with_element("ArgumentValue", value) } else { fault }
        }
    }
}
