//! Inputs and outputs of REST operations, member by member.

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{HeaderMap, HeaderValue};

use super::{Format, Raw, RawReader, Router};
use crate::{
    Answer, Body, Checks, Decode as _, Document, Encode as _, Http, Kind, Location, Malformed, Member,
    Message, OperationFacts, ServiceFacts, Shape, Timestamp,
};

static TEXT: Shape = Shape::plain("Text", Kind::String { json: false });
static NUMBER: Shape = Shape::plain("Number", Kind::Integer);
static MOMENT: Shape = Shape::plain("Moment", Kind::Timestamp(None));
static BYTES: Shape = Shape::plain("Bytes", Kind::Blob { streaming: true });
static LIST: Shape =
    Shape::plain("List", Kind::List { member: &Member::plain("member", &TEXT), flattened: false });
static MAP: Shape = Shape::plain(
    "Map",
    Kind::Map { key: &Member::plain("key", &TEXT), value: &Member::plain("value", &TEXT), flattened: false },
);

const fn at(location: Location, name: &'static str, shape: &'static Shape) -> Member {
    Member { location, ..Member::plain(name, shape) }
}

const fn structure(name: &'static str, members: &'static [Member], payload: Option<usize>) -> Shape {
    Shape::plain(name, Kind::Structure { members, payload, union: false, event_stream: false })
}

static IN_PARTS: Shape = structure(
    "InParts",
    &[
        at(Location::Uri, "Name", &TEXT),
        at(Location::QueryString, "Limit", &NUMBER),
        at(Location::QueryString, "Keys", &LIST),
        at(Location::QueryString, "Others", &MAP),
        at(Location::Header, "When", &MOMENT),
        at(Location::Headers, "x-meta-", &MAP),
        at(Location::StatusCode, "Status", &NUMBER),
        Member::plain("Body", &TEXT),
    ],
    None,
);
static RAW: Shape =
    structure("Raw", &[at(Location::Header, "Kind", &TEXT), Member::plain("Data", &BYTES)], Some(1));
static SERVICE: ServiceFacts = ServiceFacts::plain("things", &[]);
static OPERATIONS: &[OperationFacts] =
    &[OperationFacts::plain("Put", Http { method: "PUT", uri: "/things/{Name}", status: 201 })];

fn read(
    shape: &'static Shape,
    path: &str,
    query: &str,
    headers: &[(&'static str, &str)],
    body: &str,
) -> Result<Document, Malformed> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, HeaderValue::from_str(value).unwrap());
    }
    let labels = Router::new(OPERATIONS).find("PUT", path, Some(query), &map).unwrap().labels;
    let body = Bytes::copy_from_slice(body.as_bytes());
    let message = Message {
        method: "PUT",
        path,
        query: Some(query),
        headers: &map,
        body: &body,
        stream: None,
        labels: &labels,
    };
    super::read(shape, "/things/{Name}?fixed", Format::Json, &message, &mut Checks::default())
}

fn write(shape: &'static Shape, entries: &[(&str, Document)]) -> Answer {
    let map = entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    super::write(Format::Json, &SERVICE, &OPERATIONS[0], shape, &Document::Map(map))
}

fn text(text: &str) -> Document {
    Document::String(text.to_owned())
}

#[test]
fn every_part_of_a_request_is_read() {
    let headers = [("when", "Tue, 09 Jan 2018 20:51:21 GMT"), ("x-meta-a", "1"), ("other", "2")];
    let body = r#"{"Body":"b","Limit":9,"Name":"not this one"}"#;
    let input =
        read(&IN_PARTS, "/things/a%20b", "Limit=5&Keys=k&Keys=l&odd=%26&fixed=1", &headers, body).unwrap();
    assert_eq!(input.get("Name"), Some(&text("a b")));
    assert_eq!(input.get("Limit"), Some(&Document::Integer(5)));
    assert_eq!(input.get("Keys"), Some(&Document::List(vec![text("k"), text("l")])));
    assert_eq!(input.get("Others"), Some(&Document::Map([("odd".to_owned(), text("&"))].into())));
    assert_eq!(input.get("When"), Some(&Document::Timestamp(Timestamp(1_515_531_081_000))));
    assert_eq!(input.get("x-meta-"), Some(&Document::Map([("a".to_owned(), text("1"))].into())));
    assert_eq!(input.get("Body"), Some(&text("b")));
}

#[test]
fn a_payload_is_the_body_as_it_stands() {
    let input = read(&RAW, "/things/a", "", &[("kind", "k")], "{no json").unwrap();
    assert_eq!(input.get("Data"), Some(&Document::Blob(Bytes::from_static(b"{no json"))));
    assert_eq!(input.get("Kind"), Some(&text("k")));
}

#[test]
fn a_payload_that_streams_passes_through() {
    let pieces = futures_util::stream::iter([Ok(Bytes::from("a"))]);
    let stream = Body::stream(Some(1), pieces);
    let mut reader = RawReader { body: &Bytes::new(), stream: Some(&stream) };
    let input = Body::decode(&BYTES, &mut reader, &mut Checks::default()).unwrap();
    let mut writer = Raw::default();
    input.encode(&BYTES, &mut writer);
    let all = |mut body: Body| body.next().now_or_never().unwrap().unwrap();
    assert_eq!((writer.0.length(), all(writer.0)), (Some(1), Some(Bytes::from("a"))));
    assert_eq!((all(stream), all(input)), (None, None));
    // Where it is a value among others it is whole.
    let mut reader = crate::json::JsonReader::new(br#""Yg==""#);
    let input = Body::decode(&BYTES, &mut reader, &mut Checks::default()).unwrap();
    assert_eq!(input.whole().unwrap(), "b");
}

#[test]
fn what_does_not_fit_is_refused() {
    assert!(read(&IN_PARTS, "/things/a", "Limit=x", &[], "").is_err());
    assert!(read(&IN_PARTS, "/things/a", "", &[("when", "now")], "").is_err());
    assert!(read(&IN_PARTS, "/things/a", "", &[], "[]").is_err());
    assert!(read(&IN_PARTS, "/things/a", "", &[], "{} {}").is_err());
}

#[test]
fn every_part_of_an_answer_is_written() {
    let answer = write(
        &IN_PARTS,
        &[
            ("Status", Document::Integer(207)),
            ("When", Document::Timestamp(Timestamp(1_515_531_081_000))),
            ("x-meta-", Document::Map([("a".to_owned(), text("1"))].into())),
            ("Body", text("b")),
        ],
    );
    assert_eq!(answer.status, 207);
    assert_eq!(answer.headers["when"], "Tue, 09 Jan 2018 20:51:21 GMT");
    assert_eq!(answer.headers["x-meta-a"], "1");
    assert_eq!(&answer.body.whole().unwrap()[..], br#"{"Body":"b"}"#);
    let answer = write(&RAW, &[("Data", Document::Blob(Bytes::from_static(b"\xff")))]);
    assert_eq!((answer.status, &answer.body.whole().unwrap()[..]), (201, &b"\xff"[..]));
}
