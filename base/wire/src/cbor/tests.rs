//! CBOR as clients write it, byte by byte.

use std::collections::BTreeMap;

use super::{CborReader, CborWriter};
use crate::{Checks, Decode, Document, Encode, Kind, Malformed, Member, Shape, Timestamp};

static TEXT: Shape = Shape::plain("Text", Kind::String { json: false });
static INTEGER: Shape = Shape::plain("Integer", Kind::Integer);
static LONG: Shape = Shape::plain("Long", Kind::Long);
static FLOAT: Shape = Shape::plain("Float", Kind::Float);
static DOUBLE: Shape = Shape::plain("Double", Kind::Double);
static BLOB: Shape = Shape::plain("Blob", Kind::Blob { streaming: false });
static MOMENT: Shape = Shape::plain("Moment", Kind::Timestamp(None));
static ANY: Shape = Shape::plain("Any", Kind::Document);
static LIST: Shape =
    Shape::plain("List", Kind::List { member: &Member::plain("member", &LONG), flattened: false });
static MAP: Shape = Shape::plain(
    "Map",
    Kind::Map { key: &Member::plain("key", &TEXT), value: &Member::plain("value", &TEXT), flattened: false },
);
static INPUT: Shape = Shape::plain(
    "Input",
    Kind::Structure {
        members: &[
            Member::plain("a", &TEXT),
            Member::plain("l", &LIST),
            Member::plain("i", &INPUT),
            Member::plain("d", &DOUBLE),
        ],
        payload: None,
        union: false,
        event_stream: false,
    },
);

fn read(shape: &'static Shape, message: &[u8]) -> Result<Document, Malformed> {
    let mut reader = CborReader::new(message);
    let value = Document::decode(shape, &mut reader, &mut Checks::default())?;
    reader.end()?;
    Ok(value)
}

fn write(shape: &'static Shape, value: &Document) -> Vec<u8> {
    let mut writer = CborWriter::default();
    value.encode(shape, &mut writer);
    writer.into_bytes()
}

fn text(text: &str) -> Document {
    Document::String(text.to_owned())
}

fn map<const N: usize>(entries: [(&str, Document); N]) -> Document {
    Document::Map(entries.map(|(name, value)| (name.to_owned(), value)).into())
}

#[test]
fn integers_of_every_width_are_read() {
    let long = |message: &[u8]| match read(&LONG, message) {
        Ok(Document::Integer(value)) => Some(value),
        _ => None,
    };
    assert_eq!(long(b"\x17"), Some(23));
    assert_eq!(long(b"\x18\x18"), Some(24));
    assert_eq!(long(b"\x1b\0\0\0\0\0\0\0\x05"), Some(5), "wider than it needs to be");
    assert_eq!(long(b"\x38\xff"), Some(-256));
    assert_eq!(long(b"\x3b\x7f\xff\xff\xff\xff\xff\xff\xff"), Some(i64::MIN));
    assert_eq!(long(b"\xc2\x43\0\x01\0"), Some(256), "a big number that is small");
    assert_eq!(long(b"\xc3\x41\x01"), Some(-2));
    assert_eq!(long(b"\xf9\x3c\x00"), Some(1), "half a float");
    assert_eq!(long(b"\x1b\x80\0\0\0\0\0\0\0"), None, "beyond 64 bits");
    assert_eq!(long(b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff"), None);
    assert_eq!(long(b"\xc2\x50\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), None);
    assert_eq!(long(b"\xfb\x3f\xf8\0\0\0\0\0\0"), None, "1.5 is not whole");
    assert!(read(&INTEGER, b"\x1a\x80\0\0\0").is_err(), "beyond 32 bits");
}

#[test]
fn floats_of_every_width_are_read() {
    let double = |message: &[u8]| match read(&DOUBLE, message).unwrap() {
        Document::Double(value) => value,
        other => panic!("{other:?}"),
    };
    assert!((double(b"\xf9\x3e\x00") - 1.5).abs() < f64::EPSILON);
    assert!((double(b"\xfa\x3f\xc0\0\0") - 1.5).abs() < f64::EPSILON);
    assert!((double(b"\xfb\x3f\xf8\0\0\0\0\0\0") - 1.5).abs() < f64::EPSILON);
    assert!((double(b"\x02") - 2.0).abs() < f64::EPSILON);
    assert!(double(b"\xf9\x7e\x00").is_nan());
    assert_eq!(double(b"\xfa\x7f\x80\0\0"), f64::INFINITY);
    assert_eq!(double(b"\xfb\xff\xf0\0\0\0\0\0\0"), f64::NEG_INFINITY);
}

#[test]
fn indefinite_lengths_are_read() {
    let message = b"\xbf\x7f\x61a\xff\x7f\x62ab\x60\x61c\xff\x61l\x9f\x01\x02\xff\xff";
    let list = Document::List(vec![Document::Integer(1), Document::Integer(2)]);
    assert_eq!(read(&INPUT, message).unwrap(), map([("a", text("abc")), ("l", list)]));
    assert_eq!(read(&BLOB, b"\x5f\x41a\x42bc\xff").unwrap(), Document::Blob("abc".into()));
    assert_eq!(read(&MAP, b"\xbf\x61k\x61v\xff").unwrap(), map([("k", text("v"))]));
    assert!(read(&INPUT, b"\xbf\x61a\x7f\x61x\x01\xff\xff").is_err(), "a number is no piece of a text");
}

#[test]
fn nulls_and_strangers_are_passed_over() {
    let message = b"\xa4\x61a\xf6\x61l\xf7\x61z\xa1\x01\x9f\xf6\xc1\x00\xff\x61d\x01";
    assert_eq!(read(&INPUT, message).unwrap(), map([("d", Document::Double(1.0))]));
}

#[test]
fn moments_are_tagged_seconds() {
    let moment = Document::Timestamp(Timestamp(1_515_531_081_123));
    assert_eq!(write(&MOMENT, &moment), b"\xc1\xfb\x41\xd6\x95\x4a\xd2\x47\xdf\x3b");
    assert_eq!(read(&MOMENT, &write(&MOMENT, &moment)).unwrap(), moment);
    assert_eq!(
        read(&MOMENT, b"\xc1\x1a\x5a\x55\x28\x89").unwrap(),
        Document::Timestamp(Timestamp(1_515_530_377_000))
    );
    assert!(read(&MOMENT, b"\x1a\x5a\x55\x28\x89").is_err(), "no tag");
    assert!(read(&MOMENT, b"\xc1\xf9\x7e\x00").is_err(), "no number");
    assert!(read(&MOMENT, b"\xc0\x61a").is_err(), "another tag");
}

#[test]
fn values_are_written_as_short_as_they_can_be() {
    let list = Document::List(vec![Document::Integer(-1), Document::Integer(1000)]);
    let value = map([("a", text("x")), ("l", list), ("i", map([]))]);
    assert_eq!(write(&INPUT, &value), b"\xa3\x61a\x61x\x61l\x82\x20\x19\x03\xe8\x61i\xa0");
    assert_eq!(write(&FLOAT, &Document::Double(1.5)), b"\xfa\x3f\xc0\0\0");
    assert_eq!(write(&BLOB, &Document::Blob("ab".into())), b"\x42ab");
    let sparse = Document::Map(BTreeMap::from([("k".to_owned(), Document::Null)]));
    assert_eq!(write(&MAP, &sparse), b"\xa1\x61k\xf6");
}

#[test]
fn lengths_that_lie_and_depths_without_end_are_refused() {
    assert!(read(&BLOB, b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff").is_err());
    assert!(read(&TEXT, b"\x7b\xff\xff\xff\xff\xff\xff\xff\xff").is_err());
    assert!(read(&LIST, b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff").is_err());
    assert!(read(&INPUT, b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff").is_err());
    let mut deep = b"\xa1\x61i".repeat(200);
    deep.push(0xa0);
    assert!(read(&INPUT, &deep).unwrap_err().0.contains("deeply"));
    assert!(read(&ANY, &b"\x81".repeat(100_000)).unwrap_err().0.contains("deeply"));
    let mut stranger = b"\xa1\x61z".to_vec();
    stranger.extend(b"\x81".repeat(100_000));
    assert!(read(&INPUT, &stranger).is_err());
}

#[test]
fn any_value_is_read_as_it_is() {
    let message = b"\xa3\x61a\x82\x01\xf9\x3e\x00\x61b\x41x\x61c\xc1\x01";
    let list = Document::List(vec![Document::Integer(1), Document::Double(1.5)]);
    let read = read(&ANY, message).unwrap();
    let moment = Document::Timestamp(Timestamp(1000));
    assert_eq!(read, map([("a", list), ("b", Document::Blob("x".into())), ("c", moment)]));
}

#[test]
fn what_is_of_another_kind_is_named() {
    assert_eq!(read(&TEXT, b"\x01").unwrap_err().0, "NUMBER_VALUE can not be converted to a String");
    assert_eq!(read(&LONG, b"\x61a").unwrap_err().0, "STRING_VALUE can not be converted to a Long");
    assert!(read(&INPUT, b"\x80").is_err());
    assert!(read(&TEXT, b"\x61\xff").is_err(), "no UTF-8");
    assert!(read(&TEXT, b"\x61aa").is_err(), "something follows");
    assert!(read(&TEXT, b"").is_err());
}
