//! Writes values as XML, straight into text. An element stays open for attributes until something is written into it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::codec::{Encode, Members, Writer};
use crate::{Document, Kind, Member, Shape, Timestamp, TimestampFormat, floats};

/// An XML text under construction.
#[derive(Default)]
pub(crate) struct XmlWriter {
    text: String,
    /// A start tag waits for its end.
    tag_open: bool,
    /// Members are called as they are in forms, where they have such a name (awsQuery).
    query_names: bool,
    /// The name of the elements of the flattened list or map that comes next.
    flat: Option<&'static str>,
}

impl XmlWriter {
    /// A writer of awsQuery's answers.
    pub(crate) fn of_query() -> Self {
        XmlWriter { query_names: true, ..XmlWriter::default() }
    }

    /// A writer of a text that says which XML it is.
    pub(crate) fn declared() -> Self {
        XmlWriter { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".into(), ..XmlWriter::default() }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.text.into_bytes()
    }

    /// An element with what `content` writes into it.
    pub(crate) fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.spaced_element(name, None, content);
    }

    /// An element with a namespace.
    pub(crate) fn spaced_element(
        &mut self,
        name: &str,
        space: Option<(&str, &str)>,
        content: impl FnOnce(&mut Self),
    ) {
        self.close_tag();
        self.text.push('<');
        self.text.push_str(name);
        self.tag_open = true;
        match space {
            Some(("", address)) => self.attribute("xmlns", address),
            Some((prefix, address)) => self.attribute(&format!("xmlns:{prefix}"), address),
            None => {}
        }
        content(self);
        if self.tag_open {
            self.text.push_str("/>");
            self.tag_open = false;
        } else {
            self.text.push_str("</");
            self.text.push_str(name);
            self.text.push('>');
        }
    }

    /// Text inside of the present element; an empty one too makes it `<a></a>`.
    pub(crate) fn content(&mut self, text: &str) {
        self.close_tag();
        self.text.push_str(&quick_xml::escape::escape(text));
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.text.push(' ');
        self.text.push_str(name);
        self.text.push_str("=\"");
        self.text.push_str(&quick_xml::escape::escape(value));
        self.text.push('"');
    }

    fn close_tag(&mut self) {
        if self.tag_open {
            self.text.push('>');
            self.tag_open = false;
        }
    }

    fn member(&mut self, member: &'static Member, value: &dyn Encode) {
        let name = member.query_name.filter(|_| self.query_names).unwrap_or(member.wire_name());
        let is_flat = member.flattened
            || matches!(
                member.shape.kind,
                Kind::List { flattened: true, .. } | Kind::Map { flattened: true, .. }
            );
        if is_flat {
            self.flat = Some(name);
            value.encode(member.shape, self);
            self.flat = None;
        } else {
            self.spaced_element(name, namespace(member), |writer| value.encode(member.shape, writer));
        }
    }
}

/// The namespace of an element, which its attributes may need.
fn namespace(member: &Member) -> Option<(&'static str, &'static str)> {
    member.xml_namespace.or(member.shape.xml_namespace)
}

impl Writer for XmlWriter {
    fn null(&mut self) {}

    fn boolean(&mut self, _: &'static Shape, value: bool) {
        self.content(if value { "true" } else { "false" });
    }

    fn integer(&mut self, _: &'static Shape, value: i64) {
        self.content(itoa::Buffer::new().format(value));
    }

    fn float(&mut self, _: &'static Shape, value: f32) {
        self.content(&floats::text(value.into(), || value.to_string()));
    }

    fn double(&mut self, _: &'static Shape, value: f64) {
        self.content(&floats::text(value, || value.to_string()));
    }

    fn string(&mut self, _: &'static Shape, value: &str) {
        self.content(value);
    }

    fn blob(&mut self, _: &'static Shape, value: &[u8]) {
        self.content(&STANDARD.encode(value));
    }

    fn timestamp(&mut self, shape: &'static Shape, value: Timestamp) {
        let format = match shape.kind {
            Kind::Timestamp(Some(format)) => format,
            _ => TimestampFormat::DateTime,
        };
        self.content(&value.format(format));
    }

    fn document(&mut self, _: &'static Shape, value: &Document) {
        if let Some(text) = value.as_str() {
            self.content(text);
        }
    }

    fn structure(&mut self, shape: &'static Shape, members: &dyn Members) {
        members.members(&mut |index, value| {
            if let Some(member) = shape.members().get(index).filter(|member| member.xml_attribute) {
                let mut inner = XmlWriter::default();
                value.encode(member.shape, &mut inner);
                // Already escaped, but for what readers of attributes take for a space.
                let text = inner.text.replace('\n', "&#10;").replace('\t', "&#9;");
                self.text.push_str(&format!(" {}=\"{text}\"", member.wire_name()));
            }
        });
        // A structure without members is an element with a start and an end.
        self.close_tag();
        members.members(&mut |index, value| {
            if let Some(member) = shape.members().get(index).filter(|member| !member.xml_attribute) {
                self.member(member, value);
            }
        });
    }

    fn list(&mut self, shape: &'static Shape, values: &mut dyn Iterator<Item = &dyn Encode>) {
        let Kind::List { member, .. } = shape.kind else { return };
        let name = member.location_name.or(self.flat.take()).unwrap_or("member");
        for value in values {
            self.spaced_element(name, namespace(member), |writer| value.encode(member.shape, writer));
        }
    }

    fn map(&mut self, shape: &'static Shape, entries: &mut dyn Iterator<Item = (&str, &dyn Encode)>) {
        let Kind::Map { key, value: member, .. } = shape.kind else { return };
        let name = self.flat.take().unwrap_or("entry");
        for (entry, value) in entries {
            self.element(name, |writer| {
                writer.element(key.location_name.unwrap_or("key"), |writer| writer.content(entry));
                let label = member.location_name.unwrap_or("value");
                writer.element(label, |writer| value.encode(member.shape, writer));
            });
        }
    }
}
