//! Policy documents: checked when they come, kept as they came, and encoded when they go.

use api_iam as api;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use policy::{Document, Kind};
use wire::Fault;

/// RFC 3986, as IAM returns documents.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Refuses what is no document of that kind.
pub(crate) fn check(kind: Kind, text: &str) -> Result<(), Fault> {
    match Document::parse(kind, text) {
        Ok(_) => Ok(()),
        Err(error) => Err(api::error::malformed_policy_document_exception(error.to_string())),
    }
}

/// As IAM returns it.
pub(crate) fn shown(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}
