//! Every kind of value as a document and back, in both spellings.

use bytes::Bytes;
use futures_util::stream::iter;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Neutral, Spelling, labels_of, position_of, read, with_labels, write};
use crate::{
    Body, Checks, Constraints, Document, Encode, Kind, Location, Malformed, Member, Members, Shape,
    Timestamp, Writer,
};

static FLAG: Shape = Shape::plain("Flag", Kind::Boolean);
static INTEGER: Shape = Shape::plain("Integer", Kind::Integer);
static LONG: Shape = Shape::plain("Long", Kind::Long);
static FLOAT: Shape = Shape::plain("Float", Kind::Float);
static DOUBLE: Shape = Shape::plain("Double", Kind::Double);
static TEXT: Shape = Shape {
    constraints: Constraints { max: Some(9.0), ..Constraints::NONE },
    ..Shape::plain("Text", Kind::String { json: false })
};
static BYTES: Shape = Shape::plain("Bytes", Kind::Blob { streaming: false });
static STREAM: Shape = Shape::plain("Stream", Kind::Blob { streaming: true });
static MOMENT: Shape = Shape::plain("Moment", Kind::Timestamp(None));
static ANY: Shape = Shape::plain("Any", Kind::Document);
static LIST: Shape =
    Shape::plain("List", Kind::List { member: &Member::plain("member", &LONG), flattened: false });
static MAP: Shape = Shape::plain(
    "Map",
    Kind::Map { key: &Member::plain("key", &TEXT), value: &Member::plain("value", &TREE), flattened: false },
);
static TREE: Shape = Shape::plain(
    "Tree",
    Kind::Structure {
        members: &[
            Member { required: true, ..Member::plain("theName", &TEXT) },
            Member::plain("Trees", &MAP),
            Member::plain("data", &BYTES),
            Member::plain("Body", &STREAM),
            Member::plain("at", &MOMENT),
        ],
        payload: Some(3),
        union: false,
        event_stream: false,
    },
);

/// What a JSON value is as a value of a shape, as JSON again, and what it violates.
fn through(
    shape: &'static Shape,
    value: Value,
    spelling: Spelling,
) -> Result<(Value, Option<String>), Malformed> {
    let mut checks = Checks::default();
    let read: Document = read(shape, value.into(), spelling, &mut checks)?;
    let Neutral { document, streams } = write(shape, &read, spelling);
    assert!(streams.is_none());
    Ok((document.into_json(spelling), checks.message()))
}

fn model(shape: &'static Shape, value: Value) -> Option<Value> {
    through(shape, value, Spelling::Model).ok().map(|(value, _)| value)
}

fn capital(shape: &'static Shape, value: Value) -> Option<Value> {
    through(shape, value, Spelling::Capital).ok().map(|(value, _)| value)
}

#[test]
fn values_of_every_kind_come_back() {
    for (shape, value) in [
        (&FLAG, json!(true)),
        (&INTEGER, json!(-7)),
        (&LONG, json!(i64::MIN)),
        (&FLOAT, json!(0.1)),
        (&DOUBLE, json!(0.1)),
        (&DOUBLE, json!("NaN")),
        (&DOUBLE, json!("-Infinity")),
        (&TEXT, json!("ü")),
        (&LIST, json!([1, 2])),
        (&ANY, json!({ "any": [null, 1.5, { "thing": "x" }] })),
    ] {
        for spelling in [Spelling::Model, Spelling::Capital] {
            let back = through(shape, value.clone(), spelling).unwrap();
            assert_eq!(back, (value.clone(), None), "{spelling:?}");
        }
    }
}

#[test]
fn what_is_of_another_kind_is_refused() {
    for (shape, value) in [
        (&FLAG, json!("true")),
        (&INTEGER, json!("7")),
        (&INTEGER, json!(1_u64 << 40)),
        (&INTEGER, json!(1.5)),
        (&LONG, json!(1e300)),
        (&DOUBLE, json!("much")),
        (&MOMENT, json!("soon")),
        (&LIST, json!({})),
        (&MAP, json!([])),
        (&TREE, json!("oak")),
        (&TREE, json!(null)),
    ] {
        for spelling in [Spelling::Model, Spelling::Capital] {
            assert!(through(shape, value.clone(), spelling).is_err(), "{value} {spelling:?}");
        }
    }
    let refused = through(&LONG, json!("7"), Spelling::Model).unwrap_err();
    assert_eq!(refused.0, "STRING_VALUE can not be converted to a Long");
}

#[test]
fn numbers_are_what_they_are_worth() {
    assert_eq!(model(&INTEGER, json!(7.0)), Some(json!(7)));
    assert_eq!(model(&DOUBLE, json!(7)), Some(json!(7.0)));
}

#[test]
fn bytes_are_base64_and_a_payload_is_the_json_itself() {
    assert_eq!(model(&BYTES, json!("aGk=")), Some(json!("aGk=")));
    assert_eq!(model(&BYTES, json!("no base64")), None);
    assert_eq!(model(&BYTES, json!({ "a": 1 })), None);
    assert_eq!(capital(&BYTES, json!("aGk=")), Some(json!("aGk=")));
    assert_eq!(capital(&BYTES, json!("no base64")), None);
    let body = |body: Value| Some(json!({ "TheName": "a", "Body": body }));
    let of = |body: Value| capital(&TREE, json!({ "TheName": "a", "Body": body }));
    assert_eq!(of(json!({ "a": [1] })), body(json!("{\"a\":[1]}")));
    assert_eq!(of(json!("hi")), body(json!("\"hi\"")));
    for (spelling, shown) in
        [(Spelling::Model, "/wA="), (Spelling::Capital, "/wA="), (Spelling::Pascal, "/wA=")]
    {
        let bytes = write(&BYTES, &Bytes::from_static(b"\xff\x00"), spelling).document;
        assert_eq!(bytes.into_json(spelling), json!(shown));
        // What are bytes already stay as they are.
        let given = Document::Blob(Bytes::from_static(b"\xff"));
        let taken: Bytes = read(&BYTES, given, spelling, &mut Checks::default()).unwrap();
        assert_eq!(taken, b"\xff"[..]);
    }
}

#[test]
fn acronyms_are_words_where_they_are_wanted_so() {
    static ACRONYMS: Shape = Shape::plain(
        "Acronyms",
        Kind::Structure {
            members: &[Member::plain("DBInstanceID", &TEXT), Member::plain("MD5OfBody", &TEXT)],
            payload: None,
            union: false,
            event_stream: false,
        },
    );
    let given = json!({ "DbInstanceId": "a", "mD5OfBody": "b" });
    let (pascal, _) = through(&ACRONYMS, given.clone(), Spelling::Pascal).unwrap();
    assert_eq!(pascal, json!({ "DbInstanceId": "a", "Md5OfBody": "b" }));
    assert_eq!(capital(&ACRONYMS, given), Some(json!({ "DBInstanceID": "a", "MD5OfBody": "b" })));
}

#[test]
fn a_text_may_be_json_where_names_are_capital() {
    assert_eq!(model(&TEXT, json!({ "a": 1 })), None);
    assert_eq!(capital(&TEXT, json!({ "a": 1 })), Some(json!("{\"a\":1}")));
    assert_eq!(capital(&TEXT, json!(5)), Some(json!("5")));
    assert_eq!(capital(&TEXT, json!("{}")), Some(json!("{}")));
    assert_eq!(capital(&TEXT, Value::Null), None);
}

#[test]
fn moments_are_seconds_or_dates() {
    for spelling in [Spelling::Model, Spelling::Capital] {
        for value in [json!(1_515_531_081.5), json!("2018-01-09T20:51:21.500Z")] {
            let moment: Timestamp = read(&MOMENT, value.into(), spelling, &mut Checks::default()).unwrap();
            assert_eq!(moment, Timestamp(1_515_531_081_500));
        }
    }
    assert_eq!(model(&MOMENT, json!("Tue, 09 Jan 2018 20:51:21 GMT")), Some(json!(1_515_531_081)));
    assert_eq!(model(&MOMENT, json!(1.25)), Some(json!(1.25)));
    assert_eq!(capital(&MOMENT, json!(1_515_531_081)), Some(json!("2018-01-09T20:51:21Z")));
}

#[test]
fn members_go_by_either_first_letter_and_keys_by_none() {
    let tree = json!({ "TheName": "a", "trees": { "lower": { "theName": "b" } } });
    assert_eq!(
        model(&TREE, tree.clone()),
        Some(json!({ "theName": "a", "Trees": { "lower": { "theName": "b" } } }))
    );
    assert_eq!(
        capital(&TREE, tree),
        Some(json!({ "TheName": "a", "Trees": { "lower": { "TheName": "b" } } }))
    );
    assert_eq!(position_of(&TREE, "thename"), None);
    assert_eq!(position_of(&TREE, ""), None);
    assert_eq!(position_of(&TREE, "ü"), None);
}

#[test]
fn labels_are_taken_out_and_put_back() {
    static ADDRESSED: Shape = Shape::plain(
        "Addressed",
        Kind::Structure {
            members: &[
                Member { location: Location::Uri, ..Member::plain("bucket", &TEXT) },
                Member::plain("key", &TEXT),
            ],
            payload: None,
            union: false,
            event_stream: false,
        },
    );
    let document = Document::from(json!({ "Bucket": "alias", "key": "k" }));
    let labels = labels_of(&ADDRESSED, &document);
    assert_eq!((labels.get("bucket"), labels.get("key")), (Some("alias"), None));
    let labels = labels.with("bucket", "trips".into());
    let document = with_labels(&ADDRESSED, document, &labels).into_json(Spelling::Model);
    assert_eq!(document, json!({ "bucket": "trips", "key": "k" }));
    assert_eq!(labels_of(&ADDRESSED, &Document::Null).get("bucket"), None);
}

#[test]
fn the_model_is_checked_and_strangers_are_left_out() {
    let tree = json!({ "trees": { "x": { "Stranger": 1, "theName": "0123456789" } }, "Data": null });
    let (_, violations) = through(&TREE, tree, Spelling::Capital).unwrap();
    let text = violations.unwrap();
    assert!(text.starts_with("2 validation errors detected: "), "{text}");
    assert!(text.contains("at 'trees.x.member.theName' failed to satisfy constraint"), "{text}");
    assert!(text.contains("Value null at 'theName'"), "{text}");
}

/// A tree whose body is still to come.
struct Streaming(Body);

impl Encode for Streaming {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.structure(shape, self);
    }
}

impl Members for Streaming {
    fn members(&self, each: &mut dyn FnMut(usize, &dyn Encode)) {
        each(0, &"a".to_owned());
        each(3, &self.0);
    }
}

#[test]
fn what_streams_is_left_to_the_caller() {
    let body = Body::stream(Some(2), iter([Ok(Bytes::from("hi"))]));
    let Neutral { streams, .. } = write(&TREE, &Streaming(body), Spelling::Model);
    let (name, body) = streams.unwrap();
    assert_eq!((name.as_str(), body.length()), ("Body", Some(2)));
    let whole = write(&TREE, &Streaming(Body::from("hi")), Spelling::Model);
    assert!(whole.streams.is_none());
    assert_eq!(whole.document.get("Body"), Some(&Document::Blob("hi".into())));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-zü\"]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-zA-Z]{0,3}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn json_is_a_document(value in any_json(), capital in any::<bool>()) {
        let spelling = if capital { Spelling::Capital } else { Spelling::Model };
        prop_assert_eq!(Document::from(value.clone()).into_json(spelling), value);
    }

    #[test]
    fn nothing_breaks_a_reader(value in any_json()) {
        for shape in [&TREE, &MAP, &LIST, &TEXT, &BYTES, &MOMENT, &ANY] {
            for spelling in [Spelling::Model, Spelling::Capital] {
                let _ = through(shape, value.clone(), spelling);
            }
        }
    }
}
