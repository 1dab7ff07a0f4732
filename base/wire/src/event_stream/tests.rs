//! Frames byte by byte, and events in them.

use bytes::Bytes;
use proptest::prelude::*;

use super::{Decoder, Frame, Value, error, event, exception, initial_response, read_event};
use crate::{Checks, Document, Fault, Kind, Location, Malformed, Member, Protocol, Shape, Timestamp};

static TEXT: Shape = Shape::plain("Text", Kind::String { json: false });
static LONG: Shape = Shape::plain("Long", Kind::Long);
static INTEGER: Shape = Shape::plain("Integer", Kind::Integer);
static FLAG: Shape = Shape::plain("Flag", Kind::Boolean);
static MOMENT: Shape = Shape::plain("Moment", Kind::Timestamp(None));
static BYTES: Shape = Shape::plain("Bytes", Kind::Blob { streaming: false });

const fn structure(name: &'static str, members: &'static [Member]) -> Shape {
    Shape::plain(name, Kind::Structure { members, payload: None, union: false, event_stream: false })
}

const fn in_header(name: &'static str, shape: &'static Shape) -> Member {
    Member { location: Location::EventHeader, ..Member::plain(name, shape) }
}

static RECORDS: Shape =
    structure("Records", &[Member { location: Location::EventPayload, ..Member::plain("Payload", &BYTES) }]);
static STATS: Shape = structure("Stats", &[Member::plain("Count", &LONG), Member::plain("Note", &TEXT)]);
static FACTS: Shape = structure(
    "Facts",
    &[
        in_header("flag", &FLAG),
        in_header("number", &INTEGER),
        in_header("long", &LONG),
        in_header("text", &TEXT),
        in_header("when", &MOMENT),
        in_header("bytes", &BYTES),
        Member { location: Location::EventPayload, ..Member::plain("Inner", &STATS) },
    ],
);
static END: Shape = structure("End", &[]);
static BROKEN_MEMBERS: &[Member] = &[Member::plain("message", &TEXT)];
static BROKEN: Shape = Shape { exception: true, ..structure("Broken", BROKEN_MEMBERS) };
static STREAM: Shape = Shape::plain(
    "Stream",
    Kind::Structure {
        members: &[
            Member::plain("Records", &RECORDS),
            Member::plain("Stats", &STATS),
            Member::plain("Facts", &FACTS),
            Member::plain("End", &END),
            Member::plain("Broken", &BROKEN),
        ],
        payload: None,
        union: false,
        event_stream: true,
    },
);
static OUTPUT: Shape = structure("Output", &[Member::plain("Id", &TEXT), Member::plain("Events", &STREAM)]);

fn decode(bytes: &[u8]) -> Result<Option<Frame>, Malformed> {
    let mut decoder = Decoder::default();
    decoder.feed(bytes);
    decoder.take()
}

fn map<const N: usize>(entries: [(&str, Document); N]) -> Document {
    Document::Map(entries.map(|(name, value)| (name.to_owned(), value)).into())
}

fn text(text: &str) -> Document {
    Document::String(text.to_owned())
}

fn header(frame: &Frame, name: &str) -> String {
    frame.text(name).unwrap_or_default().to_owned()
}

fn comes_back(protocol: Protocol, value: &Document) -> Frame {
    let frame = event(protocol, &STREAM, value).unwrap();
    let decoded = decode(&frame.encode().unwrap()).unwrap().unwrap();
    assert_eq!(decoded, frame);
    let read: Document = read_event(protocol, &STREAM, &decoded, &mut Checks::default()).unwrap();
    assert_eq!(read, *value);
    frame
}

#[test]
fn frames_are_what_the_specification_shows() {
    let empty = Frame::default();
    assert_eq!(&empty.encode().unwrap()[..], b"\0\0\0\x10\0\0\0\0\x05\xc2\x48\xeb\x7d\x98\xc8\xff");
    let frame = Frame { headers: Vec::new(), payload: Bytes::from_static(b"{\"foo\":\"bar\"}") };
    let mut bytes = b"\0\0\0\x1d\0\0\0\0\xfd\x52\x8c\x5a{\"foo\":\"bar\"}".to_vec();
    bytes.extend(b"\x3e\x9c\x25\xb4");
    assert_eq!(frame.encode().unwrap(), bytes);
    assert_eq!(decode(&bytes).unwrap().unwrap(), frame);
}

#[test]
fn headers_have_ten_types() {
    let values = [
        Value::Boolean(true),
        Value::Boolean(false),
        Value::Byte(-2),
        Value::Short(-300),
        Value::Integer(70_000),
        Value::Long(-5_000_000_000),
        Value::Bytes(Bytes::from_static(b"\xff")),
        Value::String("\u{e9}".into()),
        Value::Timestamp(Timestamp(1_515_531_081_123)),
        Value::Uuid(*b"0123456789abcdef"),
    ];
    let headers = values.into_iter().enumerate().map(|(at, value)| (format!("h{at}"), value)).collect();
    let frame = Frame { headers, payload: Bytes::from_static(b"p") };
    let bytes = frame.encode().unwrap();
    let expected = b"\x02h0\0\x02h1\x01\x02h2\x02\xfe\x02h3\x03\xfe\xd4\x02h4\x04\0\x01\x11\x70\
        \x02h5\x05\xff\xff\xff\xfe\xd5\xfa\x0e\0\x02h6\x06\0\x01\xff\x02h7\x07\0\x02\xc3\xa9\
        \x02h8\x08\0\0\x01\x60\xdc\xb1\x15\xa3\x02h9\x090123456789abcdef";
    assert_eq!(&bytes[12..bytes.len() - 5], expected);
    assert_eq!(decode(&bytes).unwrap().unwrap(), frame);
}

#[test]
fn frames_are_cut_out_of_any_pieces() {
    let one = error("Code", "first").encode().unwrap();
    let two = error("Code", "second").encode().unwrap();
    let stream = [one, two].concat();
    let mut decoder = Decoder::default();
    let mut found = Vec::new();
    for byte in stream {
        decoder.feed(&[byte]);
        while let Some(frame) = decoder.take().unwrap() {
            found.push(header(&frame, ":error-message"));
        }
    }
    assert_eq!(found, ["first", "second"]);
    assert!(decoder.is_empty());
}

#[test]
fn one_wrong_bit_is_found_wherever_it_is() {
    let frame = error("Code", "message").encode().unwrap();
    for at in 0..frame.len() * 8 {
        let mut broken = frame.to_vec();
        broken[at / 8] ^= 1 << (at % 8);
        assert!(decode(&broken).is_err(), "bit {at}");
    }
}

#[test]
fn lengths_and_names_have_limits() {
    let long = Frame { headers: vec![("n".repeat(256), Value::Byte(1))], payload: Bytes::new() };
    assert!(long.encode().is_err());
    let long =
        Frame { headers: vec![("n".into(), Value::String("x".repeat(32_768)))], payload: Bytes::new() };
    assert!(long.encode().is_err());
    let many = (0..5).map(|at| (at.to_string(), Value::String("x".repeat(32_000)))).collect();
    assert!(Frame { headers: many, payload: Bytes::new() }.encode().is_err());
    let twice = Frame { headers: vec![("n".into(), Value::Byte(1)); 2], payload: Bytes::new() };
    assert!(decode(&twice.encode().unwrap()).unwrap_err().0.contains("twice"));
    let mut huge = Vec::from(u32::MAX.to_be_bytes());
    huge.extend([0; 4]);
    huge.extend(checksums::crc32(&huge).to_be_bytes());
    assert!(decode(&huge).is_err(), "nobody waits for four gigabytes");
}

#[test]
fn events_have_their_parts_in_their_places() {
    for protocol in [Protocol::RestJson1, Protocol::RestXml, Protocol::RpcV2Cbor] {
        let payload = map([("Records", map([("Payload", Document::Blob("a,b".into()))]))]);
        let frame = comes_back(protocol, &payload);
        assert_eq!(header(&frame, ":event-type"), "Records");
        assert_eq!(header(&frame, ":content-type"), "application/octet-stream");
        assert_eq!(&frame.payload[..], b"a,b");
        let inner = map([("Count", Document::Integer(3))]);
        comes_back(protocol, &map([("Stats", inner.clone())]));
        comes_back(protocol, &map([("End", map([]))]));
        let facts = map([
            ("flag", Document::Boolean(false)),
            ("number", Document::Integer(7)),
            ("long", Document::Integer(-7)),
            ("text", text("t")),
            ("when", Document::Timestamp(Timestamp(1234))),
            ("bytes", Document::Blob("b".into())),
            ("Inner", inner),
        ]);
        let frame = comes_back(protocol, &map([("Facts", facts)]));
        assert_eq!(frame.header("when"), Some(&Value::Timestamp(Timestamp(1234))));
        assert_eq!(frame.header("long"), Some(&Value::Long(-7)));
        let frame = comes_back(protocol, &map([("Broken", map([("message", text("m"))]))]));
        assert_eq!(header(&frame, ":message-type"), "exception");
        assert_eq!(header(&frame, ":exception-type"), "Broken");
    }
    let stats = map([("Stats", map([("Count", Document::Integer(3)), ("Note", text("<"))]))]);
    let body = |protocol| String::from_utf8_lossy(&comes_back(protocol, &stats).payload).into_owned();
    assert_eq!(body(Protocol::AwsJson11), "{\"Count\":3,\"Note\":\"<\"}");
    assert_eq!(body(Protocol::RestXml), "<Stats><Count>3</Count><Note>&lt;</Note></Stats>");
    assert_eq!(event(Protocol::RestJson1, &STREAM, &map([])), None);
}

#[test]
fn a_stream_begins_with_the_rest_of_the_output_and_may_end_with_an_error() {
    let output = map([("Id", text("x")), ("Events", map([("End", map([]))]))]);
    let frame = initial_response(Protocol::AwsJson11, &OUTPUT, &output);
    assert_eq!(header(&frame, ":event-type"), "initial-response");
    assert_eq!(&frame.payload[..], b"{\"Id\":\"x\"}");
    let frame = exception(Protocol::AwsJson11, &Fault::new("Timeout", 400, "too long"));
    assert_eq!(header(&frame, ":exception-type"), "Timeout");
    assert_eq!(&frame.payload[..], b"{\"message\":\"too long\"}");
    let frame = error("InternalFailure", "m");
    assert_eq!(header(&frame, ":message-type"), "error");
    assert!(read_event::<Document>(Protocol::RestJson1, &STREAM, &frame, &mut Checks::default()).is_err());
}

proptest! {
    #[test]
    fn nothing_decoded_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes);
        // With right checksums, so that the headers are reached.
        let mut frame = ((bytes.len() + 16) as u32).to_be_bytes().to_vec();
        frame.extend((bytes.len() as u32).to_be_bytes());
        frame.extend(checksums::crc32(&frame).to_be_bytes());
        frame.extend(bytes);
        frame.extend(checksums::crc32(&frame).to_be_bytes());
        let _ = decode(&frame);
    }
}
