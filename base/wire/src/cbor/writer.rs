//! Writes values as CBOR, straight into bytes, with definite lengths.

use minicbor::Encoder;
use minicbor::data::{IanaTag, Tag};

use crate::codec::{Encode, Members, Writer};
use crate::{Document, Kind, Shape, Timestamp};

/// A CBOR message under construction.
pub(crate) struct CborWriter {
    encoder: Encoder<Vec<u8>>,
}

impl Default for CborWriter {
    fn default() -> Self {
        CborWriter { encoder: Encoder::new(Vec::new()) }
    }
}

/// Writing into memory cannot fail: what the encoder returns says so by its type, and is dropped.
macro_rules! put {
    ($writer:ident . $method:ident ( $($value:expr)? )) => {{
        let _ = $writer.encoder.$method($($value)?);
    }};
}

impl CborWriter {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.encoder.into_writer()
    }

    /// A map whose first entries are these texts, before the members of a structure.
    pub(crate) fn object(
        &mut self,
        first: &[(&str, &str)],
        shape: &'static Shape,
        members: Option<&dyn Members>,
    ) {
        let mut count = first.len() as u64;
        if let Some(members) = members {
            members.members(&mut |_, _| count += 1);
        }
        put!(self.map(count));
        for (name, value) in first {
            put!(self.str(name));
            put!(self.str(value));
        }
        let Some(members) = members else { return };
        members.members(&mut |index, value| {
            if let Some(member) = shape.members().get(index) {
                put!(self.str(member.wire_name()));
                value.encode(member.shape, self);
            }
        });
    }

    /// The head of a list or map; whether an end must follow, because nobody knows how many entries will.
    fn open(&mut self, size: (usize, Option<usize>), is_map: bool) -> bool {
        let count = size.1.filter(|most| *most == size.0).map(|count| count as u64);
        match (count, is_map) {
            (Some(count), true) => put!(self.map(count)),
            (Some(count), false) => put!(self.array(count)),
            (None, true) => put!(self.begin_map()),
            (None, false) => put!(self.begin_array()),
        }
        count.is_none()
    }

    fn close(&mut self, is_open: bool) {
        if is_open {
            put!(self.end());
        }
    }

    fn moment(&mut self, value: Timestamp) {
        put!(self.tag(Tag::from(IanaTag::Timestamp)));
        put!(self.f64(value.millis() as f64 / 1000.0));
    }

    fn any(&mut self, value: &Document) {
        match value {
            Document::Null => put!(self.null()),
            Document::Boolean(value) => put!(self.bool(*value)),
            Document::Integer(value) => put!(self.i64(*value)),
            Document::Double(value) => put!(self.f64(*value)),
            Document::String(value) => put!(self.str(value)),
            Document::Blob(value) => put!(self.bytes(value)),
            Document::Timestamp(value) => self.moment(*value),
            Document::List(values) => {
                put!(self.array(values.len() as u64));
                values.iter().for_each(|value| self.any(value));
            }
            Document::Map(map) => {
                put!(self.map(map.len() as u64));
                for (name, value) in map {
                    put!(self.str(name));
                    self.any(value);
                }
            }
        }
    }
}

impl Writer for CborWriter {
    fn null(&mut self) {
        put!(self.null());
    }

    fn boolean(&mut self, _: &'static Shape, value: bool) {
        put!(self.bool(value));
    }

    fn integer(&mut self, _: &'static Shape, value: i64) {
        put!(self.i64(value));
    }

    fn float(&mut self, _: &'static Shape, value: f32) {
        put!(self.f32(value));
    }

    fn double(&mut self, _: &'static Shape, value: f64) {
        put!(self.f64(value));
    }

    fn string(&mut self, _: &'static Shape, value: &str) {
        put!(self.str(value));
    }

    fn blob(&mut self, _: &'static Shape, value: &[u8]) {
        put!(self.bytes(value));
    }

    fn timestamp(&mut self, _: &'static Shape, value: Timestamp) {
        self.moment(value);
    }

    fn document(&mut self, _: &'static Shape, value: &Document) {
        self.any(value);
    }

    fn structure(&mut self, shape: &'static Shape, members: &dyn Members) {
        self.object(&[], shape, Some(members));
    }

    fn list(&mut self, shape: &'static Shape, values: &mut dyn Iterator<Item = &dyn Encode>) {
        let Kind::List { member, .. } = shape.kind else { return Writer::null(self) };
        let is_open = self.open(values.size_hint(), false);
        values.for_each(|value| value.encode(member.shape, self));
        self.close(is_open);
    }

    fn map(&mut self, shape: &'static Shape, entries: &mut dyn Iterator<Item = (&str, &dyn Encode)>) {
        let Kind::Map { value: member, .. } = shape.kind else { return Writer::null(self) };
        let is_open = self.open(entries.size_hint(), true);
        for (name, value) in entries {
            put!(self.str(name));
            value.encode(member.shape, self);
        }
        self.close(is_open);
    }
}
