//! Forms as the query protocols write them.

use proptest::prelude::*;

use super::{Dialect, Form, FormReader};
use crate::{Checks, Decode, Document, Kind, Member, Shape};

static TEXT: Shape = Shape::plain("Text", Kind::String { json: false });
static NUMBER: Shape = Shape::plain("Number", Kind::Integer);
static LIST: Shape =
    Shape::plain("List", Kind::List { member: &Member::plain("member", &TEXT), flattened: false });
static NAMED: Shape = Shape::plain(
    "Named",
    Kind::List {
        member: &Member { location_name: Some("Item"), ..Member::plain("member", &TEXT) },
        flattened: true,
    },
);
static MAP: Shape = Shape::plain(
    "Map",
    Kind::Map {
        key: &Member::plain("key", &TEXT),
        value: &Member::plain("value", &NUMBER),
        flattened: false,
    },
);
static INPUT: Shape = Shape::plain(
    "Input",
    Kind::Structure {
        members: &[
            Member::plain("Name", &TEXT),
            Member::plain("List", &LIST),
            Member::plain("Items", &NAMED),
            Member::plain("Map", &MAP),
            Member::plain("Inner", &INPUT),
        ],
        payload: None,
        union: false,
        event_stream: false,
    },
);

fn read(dialect: Dialect, form: &str) -> Option<Document> {
    let form = Form::new(b"", form.as_bytes());
    Document::decode(&INPUT, &mut FormReader::new(&form, dialect), &mut Checks::default()).ok()
}

fn texts(values: &[&str]) -> Document {
    Document::List(values.iter().map(|value| Document::String((*value).to_owned())).collect())
}

#[test]
fn lists_and_maps_are_found_by_their_numbers() {
    let form = "List.member.2=b&List.member.10=c&List.member.1=a&Items.1=x&Item.1=y&Map.entry.1.key=k&Map.entry.1.value=7";
    let read = read(Dialect::Aws, form).unwrap();
    assert_eq!(read.get("List"), Some(&texts(&["a", "b", "c"])));
    assert_eq!(read.get("Items"), Some(&texts(&["y"])), "a flattened list is called as its values");
    assert_eq!(read.get("Map").and_then(|map| map.get("k")), Some(&Document::Integer(7)));
    assert_eq!(read.get("Name"), None);
}

#[test]
fn structures_nest_and_values_are_decoded() {
    let read = read(Dialect::Aws, "Inner.Inner.Name=a+b%26&Inner.List=").unwrap();
    let inner = read.get("Inner").unwrap();
    assert_eq!(
        inner.get("Inner").and_then(|inner| inner.get("Name")),
        Some(&Document::String("a b&".into()))
    );
    assert_eq!(inner.get("List"), Some(&texts(&[])), "a list without values is empty");
}

#[test]
fn ec2_has_no_words_between() {
    let read = read(Dialect::Ec2, "List.1=a&Name=n").unwrap();
    assert_eq!(read.get("List"), Some(&texts(&["a"])));
}

#[test]
fn what_is_no_number_is_refused() {
    assert_eq!(read(Dialect::Aws, "Map.entry.1.key=k&Map.entry.1.value=x"), None);
}

proptest! {
    #[test]
    fn nothing_read_panics(form in "[A-Za-z0-9.=&%]{0,60}") {
        let _ = read(Dialect::Aws, &form);
        let _ = read(Dialect::Ec2, &form);
    }
}
