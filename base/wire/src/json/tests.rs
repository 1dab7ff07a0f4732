//! JSON as clients write it, and as they had better not.

use proptest::prelude::*;

use super::{JsonReader, JsonWriter};
use crate::{Checks, Constraints, Decode, Document, Encode, Kind, Malformed, Member, Shape};

static TEXT: Shape = Shape {
    constraints: Constraints { max: Some(5.0), ..Constraints::NONE },
    ..Shape::plain("Text", Kind::String { json: false })
};
static NUMBER: Shape = Shape::plain("Number", Kind::Integer);
static BYTES: Shape = Shape::plain("Bytes", Kind::Blob { streaming: false });
static ANY: Shape = Shape::plain("Any", Kind::Document);
static TREES: Shape =
    Shape::plain("Trees", Kind::List { member: &Member::plain("member", &TREE), flattened: false });
static TREE: Shape = Shape::plain(
    "Tree",
    Kind::Structure {
        members: &[
            Member { required: true, ..Member::plain("Name", &TEXT) },
            Member::plain("Count", &NUMBER),
            Member::plain("Data", &BYTES),
            Member::plain("Trees", &TREES),
        ],
        payload: None,
        union: false,
        event_stream: false,
    },
);

fn read(shape: &'static Shape, text: &str) -> Result<(Document, Option<String>), Malformed> {
    let mut checks = Checks::default();
    let mut reader = JsonReader::new(text.as_bytes());
    let document = Document::decode(shape, &mut reader, &mut checks)?;
    reader.end()?;
    Ok((document, checks.message()))
}

fn write(shape: &'static Shape, document: &Document) -> String {
    let mut writer = JsonWriter::default();
    document.encode(shape, &mut writer);
    String::from_utf8(writer.into_bytes()).unwrap()
}

#[test]
fn a_structure_is_read_in_any_order_and_strangers_are_skipped() {
    let text = r#" {"x":[{"y":"}"}],"Trees":[{"Name":"b","Count":null}],"Data":"AP8=","Name":"é\n"} "#;
    let (document, violations) = read(&TREE, text).unwrap();
    assert_eq!(violations, None);
    assert_eq!(write(&TREE, &document), r#"{"Name":"é\n","Data":"AP8=","Trees":[{"Name":"b"}]}"#);
}

#[test]
fn violations_are_collected_with_their_paths() {
    let (_, violations) = read(&TREE, r#"{"Name":"longer","Trees":[{}]}"#).unwrap();
    assert_eq!(
        violations.unwrap(),
        "2 validation errors detected: Value 'longer' at 'name' failed to satisfy constraint: Member must have length \
         less than or equal to 5; Value null at 'trees.1.member.name' failed to satisfy constraint: Member must not be null"
    );
}

#[test]
fn another_kind_is_named_as_aws_names_it() {
    let refused = |text| read(&TREE, text).unwrap_err().0;
    assert_eq!(refused(r#"{"Count":"1"}"#), "STRING_VALUE can not be converted to an Integer");
    assert_eq!(refused(r#"{"Name":1}"#), "NUMBER_VALUE can not be converted to a String");
    assert_eq!(refused(r#"{"Name":true}"#), "TRUE_VALUE can not be converted to a String");
    assert_eq!(refused(r#"{"Count":3000000000}"#), "3000000000 can not be converted to an Integer");
}

#[test]
fn what_is_no_json_is_refused() {
    for text in
        ["{", "[]", "{\"Name\":}", "{\"Name\":\"a\"} x", "{\"Name\":\"\u{1}\"", "nul", "{\"Data\":\"?\"}"]
    {
        assert!(read(&TREE, text).is_err(), "{text}");
    }
}

#[test]
fn depth_has_a_limit() {
    let tree =
        |depth: usize| format!("{}{}{}", "{\"Name\":\"a\",\"Trees\":[".repeat(depth), "", "]}".repeat(depth));
    assert!(read(&TREE, &tree(100)).is_ok());
    assert!(read(&TREE, &tree(10_000)).is_err());
    assert!(read(&ANY, &"[".repeat(100_000)).is_err());
    assert!(read(&TREE, &format!("{{\"x\":{}", "[".repeat(100_000))).is_err());
}

fn document() -> impl Strategy<Value = Document> {
    let leaf = prop_oneof![
        Just(Document::Null),
        any::<bool>().prop_map(Document::Boolean),
        any::<i64>().prop_map(Document::Integer),
        any::<String>().prop_map(Document::String),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Document::List),
            prop::collection::btree_map(any::<String>(), inner, 0..5).prop_map(Document::Map),
        ]
    })
}

proptest! {
    #[test]
    fn any_value_comes_back(document in document()) {
        let text = write(&ANY, &document);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
        prop_assert_eq!(read(&ANY, &text).unwrap().0, document);
    }

    #[test]
    fn nothing_read_panics(text in "[\\[\\]{}\",:0-9a-zA-Z\\\\ ]{0,40}") {
        let _ = read(&TREE, &text);
        let _ = read(&ANY, &text);
    }
}
