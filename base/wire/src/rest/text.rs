//! Values that are texts: labels, query parameters, headers.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::codec::{EachEntry, EachValue, Encode, Reader, Writer};
use crate::{Kind, Malformed, Shape, Timestamp, TimestampFormat, floats};

/// Where a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Label,
    Query,
    Header,
}

/// Stands before a value that is one text, or several under one name, or several with names of their own.
pub(crate) struct TextReader {
    place: Place,
    /// The names are empty where there is only one.
    texts: Vec<(String, String)>,
}

impl TextReader {
    pub(crate) fn values<'a>(place: Place, values: impl IntoIterator<Item = &'a str>) -> Self {
        TextReader {
            place,
            texts: values.into_iter().map(|value| (String::new(), value.to_owned())).collect(),
        }
    }

    pub(crate) fn entries(place: Place, entries: impl Iterator<Item = (String, String)>) -> Self {
        TextReader { place, texts: entries.collect() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The first text: what comes twice under one name is ignored, as AWS does.
    fn text(&self) -> &str {
        self.texts.first().map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    fn parsed<T: FromStr>(&self, shape: &Shape) -> Result<T, Malformed> {
        self.text().trim().parse().map_err(|_| Malformed::kind("STRING_VALUE", shape))
    }
}

/// The format of a moment that stands there.
pub(super) fn format_of(shape: &Shape, place: Place) -> TimestampFormat {
    match (&shape.kind, place) {
        (Kind::Timestamp(Some(format)), _) => *format,
        (_, Place::Header) => TimestampFormat::HttpDate,
        _ => TimestampFormat::DateTime,
    }
}

impl Reader for TextReader {
    fn boolean(&mut self, shape: &'static Shape) -> Result<bool, Malformed> {
        self.parsed(shape)
    }

    fn integer(&mut self, shape: &'static Shape) -> Result<i64, Malformed> {
        self.parsed(shape)
    }

    fn double(&mut self, shape: &'static Shape) -> Result<f64, Malformed> {
        self.parsed(shape)
    }

    fn string(&mut self, _: &'static Shape) -> Result<String, Malformed> {
        Ok(self.text().to_owned())
    }

    fn blob(&mut self, shape: &'static Shape) -> Result<Bytes, Malformed> {
        STANDARD.decode(self.text()).map(Bytes::from).map_err(|_| Malformed::kind("STRING_VALUE", shape))
    }

    fn timestamp(&mut self, shape: &'static Shape) -> Result<Timestamp, Malformed> {
        let format = format_of(shape, self.place);
        Timestamp::parse(self.text(), format).ok_or_else(|| Malformed::kind("STRING_VALUE", shape))
    }

    fn list(&mut self, _: &'static Shape, each: &mut EachValue<'_>) -> Result<(), Malformed> {
        for text in std::mem::take(&mut self.texts) {
            each(&mut TextReader { place: self.place, texts: vec![text] })?;
        }
        Ok(())
    }

    fn map(&mut self, shape: &'static Shape, each: &mut EachEntry<'_>) -> Result<(), Malformed> {
        let Kind::Map { value, .. } = shape.kind else { return Err(Malformed::kind("Map", shape)) };
        let takes_all = matches!(value.shape.kind, Kind::List { .. });
        let mut texts = std::mem::take(&mut self.texts);
        texts.sort_by(|one, other| one.0.cmp(&other.0));
        for entries in texts.chunk_by(|one, other| one.0 == other.0) {
            let Some((name, _)) = entries.first() else { continue };
            let taken = if takes_all { entries } else { entries.get(..1).unwrap_or_default() };
            each(name, &mut TextReader { place: self.place, texts: taken.to_vec() })?;
        }
        Ok(())
    }
}

/// Writes values that become headers: several texts where the value is a list, named ones where it is a map.
#[derive(Default)]
pub(crate) struct TextWriter {
    pub(crate) texts: Vec<(String, String)>,
}

impl TextWriter {
    fn push(&mut self, text: String) {
        self.texts.push((String::new(), text));
    }
}

impl Writer for TextWriter {
    fn boolean(&mut self, _: &'static Shape, value: bool) {
        self.push(value.to_string());
    }

    fn integer(&mut self, _: &'static Shape, value: i64) {
        self.push(value.to_string());
    }

    fn float(&mut self, _: &'static Shape, value: f32) {
        self.push(floats::text(value.into(), || value.to_string()));
    }

    fn double(&mut self, _: &'static Shape, value: f64) {
        self.push(floats::text(value, || value.to_string()));
    }

    fn string(&mut self, shape: &'static Shape, value: &str) {
        self.push(match shape.kind {
            Kind::String { json: true } => STANDARD.encode(value),
            _ => value.to_owned(),
        });
    }

    fn blob(&mut self, _: &'static Shape, value: &[u8]) {
        self.push(STANDARD.encode(value));
    }

    fn timestamp(&mut self, shape: &'static Shape, value: Timestamp) {
        self.push(value.format(format_of(shape, Place::Header)));
    }

    fn list(&mut self, shape: &'static Shape, values: &mut dyn Iterator<Item = &dyn Encode>) {
        let Kind::List { member, .. } = shape.kind else { return };
        let first = self.texts.len();
        values.for_each(|value| value.encode(member.shape, self));
        if let Kind::String { json: false } = member.shape.kind {
            for (_, text) in self.texts.iter_mut().skip(first) {
                *text = super::header::quoted(text);
            }
        }
    }

    fn map(&mut self, shape: &'static Shape, entries: &mut dyn Iterator<Item = (&str, &dyn Encode)>) {
        let Kind::Map { value: member, .. } = shape.kind else { return };
        for (name, value) in entries {
            let mut inner = TextWriter::default();
            value.encode(member.shape, &mut inner);
            self.texts.extend(inner.texts.into_iter().map(|(_, text)| (name.to_owned(), text)));
        }
    }
}
