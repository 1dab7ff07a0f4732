//! XML as answers have it.

use std::collections::BTreeMap;

use super::XmlWriter;
use crate::{Document, Encode, Kind, Member, Shape};

static TEXT: Shape = Shape::plain("Text", Kind::String { json: false });
static LIST: Shape =
    Shape::plain("List", Kind::List { member: &Member::plain("member", &TEXT), flattened: false });
static FLAT: Shape =
    Shape::plain("Flat", Kind::List { member: &Member::plain("member", &TEXT), flattened: true });
static MAP: Shape = Shape::plain(
    "Map",
    Kind::Map { key: &Member::plain("key", &TEXT), value: &Member::plain("value", &TEXT), flattened: false },
);
static OUTPUT: Shape = Shape::plain(
    "Output",
    Kind::Structure {
        members: &[
            Member { xml_attribute: true, location_name: Some("kind"), ..Member::plain("Kind", &TEXT) },
            Member { query_name: Some("Called"), ..Member::plain("Name", &TEXT) },
            Member::plain("List", &LIST),
            Member::plain("Flat", &FLAT),
            Member::plain("Map", &MAP),
        ],
        payload: None,
        union: false,
        event_stream: false,
    },
);

fn write(mut writer: XmlWriter, entries: &[(&str, Document)]) -> String {
    let map: BTreeMap<String, Document> =
        entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    writer.spaced_element("Output", Some(("", "urn:x")), |writer| Document::Map(map).encode(&OUTPUT, writer));
    String::from_utf8(writer.into_bytes()).unwrap()
}

fn text(text: &str) -> Document {
    Document::String(text.to_owned())
}

#[test]
fn attributes_lists_and_maps() {
    let list = Document::List(vec![text("a"), text("b")]);
    let map = Document::Map([("k".to_owned(), text("v"))].into());
    let written = write(
        XmlWriter::default(),
        &[("Kind", text("\"<")), ("List", list.clone()), ("Flat", list), ("Map", map)],
    );
    assert_eq!(
        written,
        "<Output xmlns=\"urn:x\" kind=\"&quot;&lt;\"><List><member>a</member><member>b</member></List>\
         <Flat>a</Flat><Flat>b</Flat><Map><entry><key>k</key><value>v</value></entry></Map></Output>"
    );
}

#[test]
fn text_is_escaped_and_emptiness_kept() {
    let written =
        write(XmlWriter::default(), &[("Name", text("<&>\u{e9}")), ("List", Document::List(vec![]))]);
    assert_eq!(written, "<Output xmlns=\"urn:x\"><Name>&lt;&amp;&gt;\u{e9}</Name><List/></Output>");
    assert_eq!(write(XmlWriter::default(), &[]), "<Output xmlns=\"urn:x\"></Output>");
}

#[test]
fn answers_to_queries_use_their_names() {
    assert_eq!(
        write(XmlWriter::of_query(), &[("Name", text(""))]),
        "<Output xmlns=\"urn:x\"><Called></Called></Output>"
    );
}
