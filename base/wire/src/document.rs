//! The neutral form of any value: what every input and output can become, whatever protocol it came by.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::Timestamp;

/// Any value of the model. Structures are maps by the names of the model.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Document {
    /// No value.
    #[default]
    Null,
    /// true or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction, or beyond 64 bits.
    Double(f64),
    /// Text.
    String(String),
    /// Bytes.
    Blob(Bytes),
    /// A moment.
    Timestamp(Timestamp),
    /// Values in order.
    List(Vec<Document>),
    /// Values by name.
    Map(BTreeMap<String, Document>),
}

impl Document {
    /// The value at `name`, when this is a map that has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Document> {
        match self {
            Document::Map(map) => map.get(name),
            _ => None,
        }
    }

    /// The text, when this is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Document::String(text) => Some(text),
            _ => None,
        }
    }
}
