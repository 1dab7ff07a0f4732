//! Writes values as JSON, straight into bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::codec::{Encode, Members, Writer};
use crate::{Document, Kind, Shape, Timestamp, TimestampFormat};

/// What a text takes at once, so that most answers are allocated once: an item of usual size fits.
const TYPICAL_BYTES: usize = 2048;

/// A JSON text under construction.
pub(crate) struct JsonWriter {
    text: Vec<u8>,
}

impl Default for JsonWriter {
    fn default() -> Self {
        JsonWriter { text: Vec::with_capacity(TYPICAL_BYTES) }
    }
}

impl JsonWriter {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.text
    }

    /// An object whose first entries are these texts, before the members of a structure.
    pub(crate) fn object(
        &mut self,
        first: &[(&str, &str)],
        shape: &'static Shape,
        members: Option<&dyn Members>,
    ) {
        self.text.push(b'{');
        for (name, value) in first {
            self.name(name);
            self.quoted(value);
        }
        if let Some(members) = members {
            self.members(shape, members);
        }
        self.text.push(b'}');
    }

    fn members(&mut self, shape: &'static Shape, members: &dyn Members) {
        members.members(&mut |index, value| {
            if let Some(member) = shape.members().get(index) {
                self.plain_name(member.wire_name());
                value.encode(member.shape, self);
            }
        });
    }

    /// The same as `name` for names of the model, which need no escape.
    fn plain_name(&mut self, name: &str) {
        self.comma();
        self.text.reserve(name.len() + 3);
        self.text.push(b'"');
        self.plain(name);
        self.plain("\":");
    }

    /// A comma where one is due, the name, a colon.
    fn name(&mut self, name: &str) {
        self.comma();
        self.quoted(name);
        self.text.push(b':');
    }

    fn comma(&mut self) {
        if !matches!(self.text.last(), Some(b'{' | b'[') | None) {
            self.text.push(b',');
        }
    }

    fn quoted(&mut self, text: &str) {
        if is_plain_in_json(text) {
            self.text.reserve(text.len() + 2);
            self.text.push(b'"');
            self.text.extend_from_slice(text.as_bytes());
            self.text.push(b'"');
        } else {
            // Writing text into memory cannot fail.
            let _ = serde_json::to_writer(&mut self.text, text);
        }
    }

    fn plain(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
    }

    fn number(&mut self, text: impl FnOnce() -> String, value: f64) {
        match value {
            value if value.is_nan() => self.plain("\"NaN\""),
            f64::INFINITY => self.plain("\"Infinity\""),
            f64::NEG_INFINITY => self.plain("\"-Infinity\""),
            _ => self.plain(&text()),
        }
    }

    fn any(&mut self, value: &Document) {
        match value {
            Document::Null => self.plain("null"),
            Document::Boolean(value) => self.plain(if *value { "true" } else { "false" }),
            Document::Integer(value) => self.plain(itoa::Buffer::new().format(*value)),
            Document::Double(value) => self.number(|| value.to_string(), *value),
            Document::String(value) => self.quoted(value),
            Document::Blob(value) => self.quoted(&STANDARD.encode(value)),
            Document::Timestamp(value) => self.plain(&value.format(TimestampFormat::EpochSeconds)),
            Document::List(values) => {
                self.text.push(b'[');
                for value in values {
                    self.comma();
                    self.any(value);
                }
                self.text.push(b']');
            }
            Document::Map(map) => {
                self.text.push(b'{');
                for (name, value) in map {
                    self.name(name);
                    self.any(value);
                }
                self.text.push(b'}');
            }
        }
    }
}

/// Whether nothing in a text needs an escape in JSON. It looks at many bytes at a time: most texts are long and plain.
#[must_use]
pub fn is_plain_in_json(text: &str) -> bool {
    let needs_none = |byte: &u8| *byte >= b' ' && *byte != b'"' && *byte != b'\\';
    text.as_bytes().chunks(64).all(|bytes| bytes.iter().fold(true, |plain, byte| plain & needs_none(byte)))
}

impl Writer for JsonWriter {
    fn null(&mut self) {
        self.plain("null");
    }

    fn boolean(&mut self, _: &'static Shape, value: bool) {
        self.plain(if value { "true" } else { "false" });
    }

    fn integer(&mut self, _: &'static Shape, value: i64) {
        self.plain(itoa::Buffer::new().format(value));
    }

    fn float(&mut self, _: &'static Shape, value: f32) {
        self.number(|| value.to_string(), f64::from(value));
    }

    fn double(&mut self, _: &'static Shape, value: f64) {
        self.number(|| value.to_string(), value);
    }

    fn string(&mut self, _: &'static Shape, value: &str) {
        self.quoted(value);
    }

    fn blob(&mut self, _: &'static Shape, value: &[u8]) {
        self.quoted(&STANDARD.encode(value));
    }

    fn timestamp(&mut self, shape: &'static Shape, value: Timestamp) {
        match shape.kind {
            Kind::Timestamp(Some(format)) if format != TimestampFormat::EpochSeconds => {
                self.quoted(&value.format(format))
            }
            _ => self.plain(&value.format(TimestampFormat::EpochSeconds)),
        }
    }

    fn document(&mut self, _: &'static Shape, value: &Document) {
        self.any(value);
    }

    fn structure(&mut self, shape: &'static Shape, members: &dyn Members) {
        self.object(&[], shape, Some(members));
    }

    fn list(&mut self, shape: &'static Shape, values: &mut dyn Iterator<Item = &dyn Encode>) {
        let Kind::List { member, .. } = shape.kind else { return self.null() };
        self.text.push(b'[');
        for value in values {
            self.comma();
            value.encode(member.shape, self);
        }
        self.text.push(b']');
    }

    fn map(&mut self, shape: &'static Shape, entries: &mut dyn Iterator<Item = (&str, &dyn Encode)>) {
        let Kind::Map { value: member, .. } = shape.kind else { return self.null() };
        self.text.push(b'{');
        for (name, value) in entries {
            self.name(name);
            value.encode(member.shape, self);
        }
        self.text.push(b'}');
    }
}
