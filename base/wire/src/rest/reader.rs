//! Reads the input of a REST operation from the parts of an HTTP message: labels, query, headers, body.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderMap;

use super::text::{Place, TextReader, format_of};
use super::{Format, header as list};
use crate::codec::{EachMember, Reader};
use crate::json::JsonReader;
use crate::message::Message;
use crate::xml::{Tree, XmlReader};
use crate::{Body, Kind, Location, Malformed, Member, Shape, TimestampFormat};

/// Stands before the input of an operation, which is a structure; nothing else is read through this.
pub(crate) struct RestReader<'a> {
    message: &'a Message<'a>,
    /// What the address of the operation itself has behind its question mark: `mode=import`.
    fixed: &'static str,
    format: Format,
    query: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> RestReader<'a> {
    pub(crate) fn new(message: &'a Message<'a>, uri: &'static str, format: Format) -> Self {
        let query = form_urlencoded::parse(message.query.unwrap_or_default().as_bytes()).collect();
        let fixed = uri.split_once('?').map_or("", |(_, fixed)| fixed);
        RestReader { message, fixed, format, query }
    }

    /// A member that does not stand in the body.
    fn outside_body(
        &self,
        shape: &'static Shape,
        index: usize,
        each: &mut EachMember<'_>,
    ) -> Result<(), Malformed> {
        let Some(member) = shape.members().get(index) else { return Ok(()) };
        let name = member.wire_name();
        let mut reader = match member.location {
            Location::Uri => TextReader::values(Place::Label, self.message.labels.get(name)),
            Location::QueryString if matches!(member.shape.kind, Kind::Map { .. }) => {
                self.other_parameters(shape)
            }
            Location::QueryString => {
                let found =
                    self.query.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_ref());
                TextReader::values(Place::Query, found)
            }
            Location::Header => header(self.message.headers, member),
            Location::Headers => prefixed(self.message.headers, name),
            _ => return Ok(()),
        };
        if reader.is_empty() { Ok(()) } else { each(index, member, &mut reader) }
    }

    /// Every parameter that neither the address has nor another member takes.
    fn other_parameters(&self, shape: &'static Shape) -> TextReader {
        let is_taken = |name: &str| {
            let mut fixed = form_urlencoded::parse(self.fixed.as_bytes());
            fixed.any(|(fixed, _)| fixed == name)
                || shape.members().iter().any(|member| {
                    member.location == Location::QueryString
                        && member.wire_name() == name
                        && !matches!(member.shape.kind, Kind::Map { .. })
                })
        };
        let others = self.query.iter().filter(|(name, _)| !is_taken(name));
        TextReader::entries(Place::Query, others.map(|(name, value)| (name.to_string(), value.to_string())))
    }

    /// The member that alone is the body.
    fn payload(
        &self,
        shape: &'static Shape,
        index: usize,
        each: &mut EachMember<'_>,
    ) -> Result<(), Malformed> {
        let Some(member) = shape.members().get(index) else { return Ok(()) };
        let Message { body, stream, .. } = *self.message;
        if body.is_empty() && !matches!(member.shape.kind, Kind::Blob { .. }) {
            return Ok(());
        }
        match member.shape.kind {
            Kind::Blob { .. } | Kind::String { .. } => each(index, member, &mut RawReader { body, stream }),
            _ if self.format == Format::Xml => {
                let tree = Tree::parse(body)?;
                let name = member.location_name.or(member.shape.location_name);
                each(index, member, &mut XmlReader::new(&tree, name)?)
            }
            _ => {
                let mut reader = JsonReader::new(body);
                each(index, member, &mut reader)?;
                reader.end()
            }
        }
    }

    /// The members that are entries of the body.
    fn body(&self, shape: &'static Shape, each: &mut EachMember<'_>) -> Result<(), Malformed> {
        let has_body = shape.members().iter().any(|member| member.location == Location::Body);
        if !has_body || self.message.body.trim_ascii().is_empty() {
            return Ok(());
        }
        let mut in_body = |index, member: &'static Member, reader: &mut dyn Reader| match member.location {
            Location::Body => each(index, member, reader),
            // A stranger that is called like a header or a label.
            _ => reader.document(member.shape).map(drop),
        };
        if self.format == Format::Xml {
            let tree = Tree::parse(self.message.body)?;
            return XmlReader::new(&tree, shape.location_name)?.structure(shape, &mut in_body);
        }
        let mut reader = JsonReader::new(self.message.body);
        reader.structure(shape, &mut in_body)?;
        reader.end()
    }
}

/// One header, all its lines together.
fn header(headers: &HeaderMap, member: &Member) -> TextReader {
    let lines: Vec<&str> =
        headers.get_all(member.wire_name()).iter().filter_map(|value| value.to_str().ok()).collect();
    if lines.is_empty() {
        return TextReader::values(Place::Header, None);
    }
    let text = lines.join(",");
    match member.shape.kind {
        Kind::List { member: inner, .. } => {
            let is_date = matches!(inner.shape.kind, Kind::Timestamp(_))
                && format_of(inner.shape, Place::Header) == TimestampFormat::HttpDate;
            let values = if is_date { list::split_dates(&text) } else { list::split(&text) };
            TextReader::values(Place::Header, values.iter().map(String::as_str))
        }
        // A JSON text travels in base64.
        Kind::String { json: true } => {
            let decoded = STANDARD.decode(&text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            TextReader::values(Place::Header, Some(decoded.as_deref().unwrap_or(&text)))
        }
        _ => TextReader::values(Place::Header, Some(text.trim())),
    }
}

/// All headers that begin with `prefix`, each without it.
fn prefixed(headers: &HeaderMap, prefix: &str) -> TextReader {
    let prefix = prefix.to_ascii_lowercase();
    let found = headers.iter().filter_map(|(name, value)| {
        Some((name.as_str().strip_prefix(&prefix)?.to_owned(), value.to_str().ok()?.to_owned()))
    });
    TextReader::entries(Place::Header, found)
}

impl Reader for RestReader<'_> {
    fn structure(&mut self, shape: &'static Shape, each: &mut EachMember<'_>) -> Result<(), Malformed> {
        for index in 0..shape.members().len() {
            self.outside_body(shape, index, each)?;
        }
        match shape.kind {
            Kind::Structure { payload: Some(index), .. } => self.payload(shape, index, each),
            _ => self.body(shape, each),
        }
    }
}

/// A body that is a blob or a text as it stands.
pub(crate) struct RawReader<'a> {
    pub(crate) body: &'a Bytes,
    pub(crate) stream: Option<&'a Body>,
}

impl Reader for RawReader<'_> {
    fn blob(&mut self, _: &'static Shape) -> Result<Bytes, Malformed> {
        Ok(self.body.clone())
    }

    fn stream(&mut self, _: &'static Shape) -> Result<Body, Malformed> {
        Ok(self.stream.map_or_else(|| self.body.clone().into(), Body::take))
    }

    fn string(&mut self, _: &'static Shape) -> Result<String, Malformed> {
        String::from_utf8(self.body.to_vec()).map_err(|_| Malformed("the body is not UTF-8".into()))
    }
}
