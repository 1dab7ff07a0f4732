//! The elements of an XML text, flat in memory: one list of nodes and one text that they all point into.
//!
//! Members of XML structures may come in any order, and the values of a flattened list may stand apart from each other,
//! so a body is indexed before it is read. Document types and entities of their own are refused, hence nothing expands.

use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::Malformed;

/// How deep elements may nest.
const DEPTH_MAX: usize = 128;

/// The elements of a text.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
    attributes: Vec<(Range<usize>, Range<usize>)>,
    /// Names, values and contents, one after the other.
    text: String,
}

#[derive(Debug)]
struct Node {
    name: Range<usize>,
    attributes: Range<usize>,
    content: Range<usize>,
    first_child: Option<usize>,
    next: Option<usize>,
}

/// An element that is still open while a text is read.
struct Open {
    node: usize,
    last_child: Option<usize>,
}

/// What AWS says of all that is wrong in a body stands where errors are worded; the reason is for us.
pub(super) fn refused(why: &str) -> Malformed {
    tracing::trace!(why, "no XML that fits");
    Malformed(String::new())
}

impl Tree {
    /// Indexes a text, which must hold exactly one element with what is in it.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let text = std::str::from_utf8(body).map_err(|_| refused("no UTF-8"))?;
        let mut reader = Reader::from_str(text);
        let mut tree = Tree::default();
        let mut open: Vec<Open> = Vec::new();
        loop {
            match reader.read_event().map_err(|error| refused(&error.to_string()))? {
                Event::Start(start) => {
                    let node = tree.begin(&start, &mut open)?;
                    open.push(Open { node, last_child: None });
                }
                Event::Empty(start) => drop(tree.begin(&start, &mut open)?),
                Event::End(_) => drop(open.pop()),
                Event::Text(text) => tree.content(&text.xml10_content(), &open)?,
                Event::CData(text) => tree.content(&text.xml10_content(), &open)?,
                Event::GeneralRef(reference) => {
                    match reference.resolve_char_ref().map_err(|error| refused(&error.to_string()))? {
                        Some(letter) => tree.content(letter.encode_utf8(&mut [0; 4]), &open)?,
                        None => {
                            let known = quick_xml::escape::resolve_predefined_entity(&reference);
                            tree.content(known.ok_or_else(|| refused("an entity"))?, &open)?;
                        }
                    }
                }
                Event::DocType(_) => return Err(refused("a document type")),
                Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
                Event::Eof => break,
            }
        }
        if !open.is_empty() || tree.nodes.is_empty() {
            return Err(refused("the text ends early"));
        }
        Ok(tree)
    }

    fn begin(&mut self, start: &BytesStart<'_>, open: &mut [Open]) -> Result<usize, Malformed> {
        if open.len() >= DEPTH_MAX {
            return Err(refused("it is nested too deeply"));
        }
        let name = self.keep(start.name().as_ref());
        let first_attribute = self.attributes.len();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| refused(&error.to_string()))?;
            let value = attribute
                .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                .map_err(|error| refused(&error.to_string()))?;
            let entry = (self.keep(attribute.key.as_ref()), self.keep(&value));
            self.attributes.push(entry);
        }
        let end = self.text.len();
        let index = self.nodes.len();
        self.nodes.push(Node {
            name,
            attributes: first_attribute..self.attributes.len(),
            content: end..end,
            first_child: None,
            next: None,
        });
        match open.last_mut() {
            None if index > 0 => return Err(refused("something follows the element")),
            None => {}
            Some(parent) => {
                match parent.last_child {
                    Some(last) => self.nodes[last].next = Some(index),
                    None => self.nodes[parent.node].first_child = Some(index),
                }
                parent.last_child = Some(index);
            }
        }
        Ok(index)
    }

    fn keep(&mut self, text: &str) -> Range<usize> {
        let begin = self.text.len();
        self.text.push_str(text);
        begin..self.text.len()
    }

    /// Adds to the text of the innermost open element. What stands before a child is forgotten when more follows it: no
    /// member of a model has both.
    fn content(&mut self, text: &str, open: &[Open]) -> Result<(), Malformed> {
        let Some(Open { node, .. }) = open.last() else {
            return if text.trim().is_empty() { Ok(()) } else { Err(refused("text outside of the element")) };
        };
        let added = self.keep(text);
        let content = &mut self.nodes[*node].content;
        if content.end == added.start {
            content.end = added.end;
        } else {
            *content = added;
        }
        Ok(())
    }

    /// The name of an element, without its prefix.
    pub(super) fn name(&self, node: usize) -> &str {
        let name = &self.text[self.nodes[node].name.clone()];
        name.rsplit_once(':').map_or(name, |(_, name)| name)
    }

    pub(super) fn text(&self, node: usize) -> &str {
        &self.text[self.nodes[node].content.clone()]
    }

    /// The value of an attribute, whose name is compared with its prefix.
    pub(super) fn attribute(&self, node: usize, name: &str) -> Option<&str> {
        let attributes = &self.attributes[self.nodes[node].attributes.clone()];
        let found = attributes.iter().find(|(found, _)| &self.text[found.clone()] == name);
        found.map(|(_, value)| &self.text[value.clone()])
    }

    pub(super) fn children(&self, node: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.nodes[node].first_child, |child| self.nodes[*child].next)
    }
}
