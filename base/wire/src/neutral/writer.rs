//! Writes values as documents.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::Spelling;
use crate::codec::{Encode, Members, Writer};
use crate::{Body, Document, Kind, Shape, Timestamp};

/// A document under construction. What streams in it is taken out.
struct DocumentWriter<'a> {
    document: Document,
    spelling: Spelling,
    /// The value is what a REST protocol would have as the whole body.
    is_payload: bool,
    stream: &'a mut Option<Body>,
}

/// The document of a value.
pub(super) fn document(
    shape: &'static Shape,
    value: &dyn Encode,
    spelling: Spelling,
    stream: &mut Option<Body>,
) -> Document {
    let mut writer = DocumentWriter { document: Document::Null, spelling, is_payload: false, stream };
    value.encode(shape, &mut writer);
    writer.document
}

impl DocumentWriter<'_> {
    fn inner(&mut self, shape: &'static Shape, value: &dyn Encode, is_payload: bool) -> Document {
        let mut writer = DocumentWriter {
            document: Document::Null,
            spelling: self.spelling,
            is_payload,
            stream: self.stream,
        };
        value.encode(shape, &mut writer);
        writer.document
    }
}

impl Writer for DocumentWriter<'_> {
    fn boolean(&mut self, _: &'static Shape, value: bool) {
        self.document = Document::Boolean(value);
    }

    fn integer(&mut self, _: &'static Shape, value: i64) {
        self.document = Document::Integer(value);
    }

    fn float(&mut self, _: &'static Shape, value: f32) {
        // With the digits that it is known by, and no others.
        self.document = Document::Double(value.to_string().parse().unwrap_or(f64::from(value)));
    }

    fn double(&mut self, _: &'static Shape, value: f64) {
        self.document = Document::Double(value);
    }

    fn string(&mut self, _: &'static Shape, value: &str) {
        self.document = Document::String(value.to_owned());
    }

    fn blob(&mut self, _: &'static Shape, value: &[u8]) {
        // A payload may be a text; anything else that is bytes stands for itself in base64.
        self.document = if self.spelling.takes_json() && !self.is_payload {
            Document::String(STANDARD.encode(value))
        } else {
            Document::Blob(Bytes::copy_from_slice(value))
        };
    }

    fn stream(&mut self, _: &'static Shape, value: &Body) {
        match value.whole() {
            Some(bytes) => self.document = Document::Blob(bytes),
            None => *self.stream = Some(value.take()),
        }
    }

    fn timestamp(&mut self, _: &'static Shape, value: Timestamp) {
        self.document = Document::Timestamp(value);
    }

    fn document(&mut self, _: &'static Shape, value: &Document) {
        self.document = value.clone();
    }

    fn structure(&mut self, shape: &'static Shape, members: &dyn Members) {
        let (mut map, payload) = (BTreeMap::new(), super::payload_of(shape));
        members.members(&mut |index, value| {
            if let Some(member) = shape.members().get(index) {
                map.insert(
                    self.spelling.name(member),
                    self.inner(member.shape, value, payload == Some(index)),
                );
            }
        });
        self.document = Document::Map(map);
    }

    fn list(&mut self, shape: &'static Shape, values: &mut dyn Iterator<Item = &dyn Encode>) {
        let Kind::List { member, .. } = shape.kind else { return };
        let mut written = Vec::new();
        for value in values {
            written.push(self.inner(member.shape, value, false));
        }
        self.document = Document::List(written);
    }

    fn map(&mut self, shape: &'static Shape, entries: &mut dyn Iterator<Item = (&str, &dyn Encode)>) {
        let Kind::Map { value: member, .. } = shape.kind else { return };
        let mut written = BTreeMap::new();
        for (key, value) in entries {
            written.insert(key.to_owned(), self.inner(member.shape, value, false));
        }
        self.document = Document::Map(written);
    }
}
