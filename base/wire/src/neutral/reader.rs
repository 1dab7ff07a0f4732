//! Reads values out of a document, which it takes apart: nothing is copied.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::Spelling;
use crate::codec::{EachEntry, EachMember, EachValue, Reader};
use crate::json::whole;
use crate::{Document, Malformed, Shape, Timestamp, TimestampFormat};

/// Stands before a value.
pub(super) struct DocumentReader {
    value: Document,
    spelling: Spelling,
    /// The value is what a REST protocol would have as the whole body.
    is_payload: bool,
}

impl DocumentReader {
    pub(super) fn new(value: Document, spelling: Spelling) -> Self {
        DocumentReader { value, spelling, is_payload: false }
    }

    fn take(&mut self) -> Document {
        std::mem::take(&mut self.value)
    }

    fn before(&self, value: Document) -> Self {
        DocumentReader { value, spelling: self.spelling, is_payload: false }
    }
}

/// A value of another kind than the schema's, in the words of AWS's parser of JSON.
fn unexpected(found: &Document, shape: &Shape) -> Malformed {
    let found = match found {
        Document::Null => "NULL_VALUE",
        Document::Boolean(true) => "TRUE_VALUE",
        Document::Boolean(false) => "FALSE_VALUE",
        Document::Integer(_) | Document::Timestamp(_) => "NUMBER_VALUE",
        Document::Double(_) => "DECIMAL_VALUE",
        Document::String(_) | Document::Blob(_) => "STRING_VALUE",
        Document::List(_) => "START_ARRAY",
        Document::Map(_) => "START_OBJECT",
    };
    Malformed::kind(found, shape)
}

impl Reader for DocumentReader {
    fn null(&mut self) -> Result<bool, Malformed> {
        Ok(self.value == Document::Null)
    }

    fn boolean(&mut self, shape: &'static Shape) -> Result<bool, Malformed> {
        match self.take() {
            Document::Boolean(value) => Ok(value),
            other => Err(unexpected(&other, shape)),
        }
    }

    fn integer(&mut self, shape: &'static Shape) -> Result<i64, Malformed> {
        match self.take() {
            Document::Integer(value) => Ok(value),
            Document::Double(value) => {
                whole(value).ok_or_else(|| unexpected(&Document::Double(value), shape))
            }
            other => Err(unexpected(&other, shape)),
        }
    }

    fn double(&mut self, shape: &'static Shape) -> Result<f64, Malformed> {
        match self.take() {
            Document::Double(value) => Ok(value),
            Document::Integer(value) => Ok(value as f64),
            Document::String(text) if text == "NaN" => Ok(f64::NAN),
            Document::String(text) if text == "Infinity" => Ok(f64::INFINITY),
            Document::String(text) if text == "-Infinity" => Ok(f64::NEG_INFINITY),
            other => Err(unexpected(&other, shape)),
        }
    }

    fn string(&mut self, shape: &'static Shape) -> Result<String, Malformed> {
        match self.take() {
            Document::String(text) => Ok(text),
            other @ (Document::Null | Document::Blob(_)) => Err(unexpected(&other, shape)),
            other if self.spelling.takes_json() => Ok(other.into_json(self.spelling).to_string()),
            other => Err(unexpected(&other, shape)),
        }
    }

    fn blob(&mut self, shape: &'static Shape) -> Result<Bytes, Malformed> {
        match self.take() {
            Document::Blob(bytes) => Ok(bytes),
            Document::String(text) if !(self.spelling.takes_json() && self.is_payload) => {
                match STANDARD.decode(&text) {
                    Ok(bytes) => Ok(bytes.into()),
                    Err(_) => Err(unexpected(&Document::String(text), shape)),
                }
            }
            other if self.spelling.takes_json() => Ok(other.into_json(self.spelling).to_string().into()),
            other => Err(unexpected(&other, shape)),
        }
    }

    fn timestamp(&mut self, shape: &'static Shape) -> Result<Timestamp, Malformed> {
        let value = self.take();
        let moment = match &value {
            Document::Timestamp(moment) => Some(*moment),
            Document::Integer(seconds) => Some(Timestamp::from_secs(*seconds)),
            Document::Double(seconds) => Some(Timestamp((seconds * 1000.0).round() as i64)),
            Document::String(text) => Timestamp::parse(text, TimestampFormat::DateTime)
                .or_else(|| Timestamp::parse(text, TimestampFormat::HttpDate)),
            _ => None,
        };
        moment.ok_or_else(|| unexpected(&value, shape))
    }

    fn document(&mut self, _: &'static Shape) -> Result<Document, Malformed> {
        Ok(self.take())
    }

    fn structure(&mut self, shape: &'static Shape, each: &mut EachMember<'_>) -> Result<(), Malformed> {
        let map = match self.take() {
            Document::Map(map) => map,
            other => return Err(unexpected(&other, shape)),
        };
        let payload = super::payload_of(shape);
        for (name, value) in map {
            let index = super::position_of(shape, &name);
            if let Some((index, member)) = index.and_then(|index| Some((index, shape.members().get(index)?)))
            {
                let mut reader = self.before(value);
                reader.is_payload = payload == Some(index);
                each(index, member, &mut reader)?;
            }
        }
        Ok(())
    }

    fn list(&mut self, shape: &'static Shape, each: &mut EachValue<'_>) -> Result<(), Malformed> {
        match self.take() {
            Document::List(values) => values.into_iter().try_for_each(|value| each(&mut self.before(value))),
            other => Err(unexpected(&other, shape)),
        }
    }

    fn map(&mut self, shape: &'static Shape, each: &mut EachEntry<'_>) -> Result<(), Malformed> {
        match self.take() {
            Document::Map(map) => {
                map.into_iter().try_for_each(|(key, value)| each(&key, &mut self.before(value)))
            }
            other => Err(unexpected(&other, shape)),
        }
    }
}
