//! Reads values from the elements of an XML text.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::tree::{Tree, refused};
use crate::codec::{EachEntry, EachMember, EachValue, Reader};
use crate::{Document, Kind, Malformed, Member, Shape, Timestamp, TimestampFormat};

/// Stands before a value of an XML text.
pub(crate) struct XmlReader<'a> {
    tree: &'a Tree,
    place: Place<'a>,
}

/// What a value is written as.
#[derive(Clone, Debug)]
enum Place<'a> {
    Element(usize),
    /// The values of a flattened list or the entries of a flattened map, with nothing around them.
    Flat(Vec<usize>),
    Attribute(&'a str),
}

impl<'a> XmlReader<'a> {
    /// Before the outermost element, which must have that name where one is given.
    pub(crate) fn new(tree: &'a Tree, name: Option<&str>) -> Result<Self, Malformed> {
        if name.is_some_and(|name| name != tree.name(0)) {
            return Err(refused("the outermost element has another name"));
        }
        Ok(Self::at(tree, 0))
    }

    fn at(tree: &'a Tree, node: usize) -> Self {
        XmlReader { tree, place: Place::Element(node) }
    }

    fn text(&self) -> &'a str {
        match &self.place {
            Place::Element(node) => self.tree.text(*node),
            Place::Flat(nodes) => nodes.first().map(|node| self.tree.text(*node)).unwrap_or_default(),
            Place::Attribute(text) => text,
        }
    }

    fn parsed<T: FromStr>(&self) -> Result<T, Malformed> {
        self.text().trim().parse().map_err(|_| refused("a value of another kind"))
    }

    /// The elements of a list or map: those with one of these names in the element, or the flat ones themselves.
    fn elements(&self, name: &str) -> Vec<usize> {
        match &self.place {
            Place::Element(node) => self.named(*node, &[name]),
            Place::Flat(nodes) => nodes.clone(),
            Place::Attribute(_) => Vec::new(),
        }
    }

    fn named(&self, node: usize, names: &[&str]) -> Vec<usize> {
        self.tree.children(node).filter(|child| names.contains(&self.tree.name(*child))).collect()
    }

    /// Where a member of the element stands, when it is there.
    fn member(&self, node: usize, member: &'static Member) -> Option<Place<'a>> {
        let name = local(member.wire_name());
        if member.xml_attribute {
            return self.tree.attribute(node, member.wire_name()).map(Place::Attribute);
        }
        let flat = match member.shape.kind {
            Kind::List { member: inner, flattened } if flattened || member.flattened => {
                Some(self.named(node, &[name, inner.location_name.unwrap_or(name)]))
            }
            Kind::Map { flattened, .. } if flattened || member.flattened => Some(self.named(node, &[name])),
            _ => None,
        };
        match flat {
            Some(nodes) if nodes.is_empty() => None,
            Some(nodes) => Some(Place::Flat(nodes)),
            None => self.tree.children(node).find(|child| self.tree.name(*child) == name).map(Place::Element),
        }
    }
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, name)| name)
}

impl Reader for XmlReader<'_> {
    fn boolean(&mut self, _: &'static Shape) -> Result<bool, Malformed> {
        match self.text().trim() {
            text if text.eq_ignore_ascii_case("true") || text == "1" => Ok(true),
            text if text.eq_ignore_ascii_case("false") || text == "0" => Ok(false),
            _ => Err(refused("no boolean")),
        }
    }

    fn integer(&mut self, _: &'static Shape) -> Result<i64, Malformed> {
        self.parsed()
    }

    fn double(&mut self, _: &'static Shape) -> Result<f64, Malformed> {
        self.parsed()
    }

    fn string(&mut self, _: &'static Shape) -> Result<String, Malformed> {
        Ok(self.text().to_owned())
    }

    fn blob(&mut self, _: &'static Shape) -> Result<Bytes, Malformed> {
        STANDARD.decode(self.text().trim()).map(Bytes::from).map_err(|_| refused("no base64"))
    }

    fn timestamp(&mut self, shape: &'static Shape) -> Result<Timestamp, Malformed> {
        let format = match shape.kind {
            Kind::Timestamp(Some(format)) => format,
            _ => TimestampFormat::DateTime,
        };
        Timestamp::parse(self.text().trim(), format).ok_or_else(|| refused("no moment"))
    }

    fn document(&mut self, _: &'static Shape) -> Result<Document, Malformed> {
        Ok(Document::String(self.text().to_owned()))
    }

    fn structure(&mut self, shape: &'static Shape, each: &mut EachMember<'_>) -> Result<(), Malformed> {
        let Place::Element(node) = self.place else { return Err(refused("no structure")) };
        for (index, member) in shape.members().iter().enumerate() {
            if let Some(place) = self.member(node, member) {
                each(index, member, &mut XmlReader { tree: self.tree, place })?;
            }
        }
        Ok(())
    }

    fn list(&mut self, shape: &'static Shape, each: &mut EachValue<'_>) -> Result<(), Malformed> {
        let Kind::List { member, .. } = shape.kind else { return Err(Malformed::kind("List", shape)) };
        let values = self.elements(local(member.location_name.unwrap_or("member")));
        values.into_iter().try_for_each(|node| each(&mut XmlReader::at(self.tree, node)))
    }

    fn map(&mut self, shape: &'static Shape, each: &mut EachEntry<'_>) -> Result<(), Malformed> {
        let Kind::Map { key, value, .. } = shape.kind else { return Err(Malformed::kind("Map", shape)) };
        let (key, value) = (key.location_name.unwrap_or("key"), value.location_name.unwrap_or("value"));
        for entry in self.elements("entry") {
            let mut found = self.tree.children(entry).filter(|child| self.tree.name(*child) == key);
            let name = found.next().map(|node| self.tree.text(node)).ok_or_else(|| refused("no key"))?;
            let mut found = self.tree.children(entry).filter(|child| self.tree.name(*child) == value);
            let node = found.next().ok_or_else(|| refused("no value"))?;
            each(name, &mut XmlReader::at(self.tree, node))?;
        }
        Ok(())
    }
}
