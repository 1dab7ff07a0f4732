//! restXml on the wire, from a request to a document and from a document to an answer.

use bytes::Bytes;
use http::HeaderMap;

use crate::rest::Router;
use crate::{
    Answer, Document, ErrorFacts, Fault, Http, Kind, Location, Member, Message, OperationFacts, Protocol,
    ServiceFacts, Shape, Timestamp, read_input, write_fault, write_output,
};

static TEXT: Shape = Shape::plain("Text", Kind::String { json: false });
static NUMBER: Shape = Shape::plain("Number", Kind::Integer);
static DOUBLE: Shape = Shape::plain("Double", Kind::Double);
static MOMENT: Shape = Shape::plain("Moment", Kind::Timestamp(None));
static BLOB: Shape = Shape::plain("Blob", Kind::Blob { streaming: false });
static LIST: Shape =
    Shape::plain("List", Kind::List { member: &Member::plain("member", &TEXT), flattened: false });
static NAMED: Shape = Shape::plain(
    "Named",
    Kind::List {
        member: &Member { location_name: Some("Grant"), ..Member::plain("member", &GRANT) },
        flattened: false,
    },
);
static FLAT: Shape =
    Shape::plain("Flat", Kind::List { member: &Member::plain("member", &TEXT), flattened: true });
static MAP: Shape = Shape::plain(
    "Map",
    Kind::Map { key: &Member::plain("key", &TEXT), value: &Member::plain("value", &TEXT), flattened: false },
);
static GRANT_MEMBERS: &[Member] = &[
    Member { xml_attribute: true, location_name: Some("xsi:type"), ..Member::plain("Type", &TEXT) },
    Member::plain("Id", &TEXT),
];
static GRANT: Shape =
    Shape { xml_namespace: Some(("xsi", "urn:xsi")), ..structure("Grant", GRANT_MEMBERS, None) };
static MEMBERS: &[Member] = &[
    Member { location: Location::Uri, ..Member::plain("Key", &TEXT) },
    Member { location: Location::Headers, location_name: Some("x-meta-"), ..Member::plain("Meta", &MAP) },
    Member { location: Location::Header, ..Member::plain("Tags", &LIST) },
    Member::plain("Count", &NUMBER),
    Member::plain("Ratio", &DOUBLE),
    Member::plain("When", &MOMENT),
    Member::plain("Data", &BLOB),
    Member::plain("Texts", &LIST),
    Member { location_name: Some("AccessControlList"), ..Member::plain("Grants", &NAMED) },
    Member { location_name: Some("Tag"), ..Member::plain("Flat", &FLAT) },
    Member::plain("Map", &MAP),
    Member { flattened: true, location_name: Some("Pair"), ..Member::plain("Pairs", &MAP) },
];
static THING: Shape = Shape { location_name: Some("Thing"), ..structure("PutThingRequest", MEMBERS, None) };
static INNER: Shape = structure("Inner", &[Member::plain("Name", &TEXT)], None);
static WRAPPED: Shape = structure(
    "Wrapped",
    &[Member {
        location_name: Some("Body"),
        xml_namespace: Some(("", "urn:b")),
        ..Member::plain("In", &INNER)
    }],
    Some(0),
);
static RAW: Shape = structure(
    "Raw",
    &[
        Member {
            location: Location::Header,
            location_name: Some("Content-Type"),
            ..Member::plain("Type", &TEXT)
        },
        Member::plain("Data", &BLOB),
    ],
    Some(1),
);
static STRING: Shape = structure("Words", &[Member::plain("Text", &TEXT)], Some(0));
static NO_BODY: Shape =
    structure("Empty", &[Member { location: Location::Uri, ..Member::plain("Key", &TEXT) }], None);

static THINGS: OperationFacts = operation(&THING);
static BODIES: OperationFacts = operation(&WRAPPED);
static BYTES: OperationFacts = operation(&RAW);
static WORDS: OperationFacts = operation(&STRING);
static NOTHING: OperationFacts = operation(&NO_BODY);
static S3: ServiceFacts =
    ServiceFacts { bare_errors: true, ..ServiceFacts::plain("s3", &[Protocol::RestXml]) };
static DNS: ServiceFacts =
    ServiceFacts { xml_namespace: Some("urn:dns"), ..ServiceFacts::plain("route53", &[Protocol::RestXml]) };

const fn structure(name: &'static str, members: &'static [Member], payload: Option<usize>) -> Shape {
    Shape::plain(name, Kind::Structure { members, payload, union: false, event_stream: false })
}

const fn operation(shape: &'static Shape) -> OperationFacts {
    OperationFacts {
        input: Some(shape),
        output: Some(shape),
        ..OperationFacts::plain("PutThing", Http { method: "PUT", uri: "/things/{Key+}", status: 200 })
    }
}

fn read(
    operation: &'static OperationFacts,
    headers: &[(&'static str, &'static str)],
    body: &str,
) -> Result<Document, Fault> {
    static ROUTES: &[OperationFacts] = &[self::operation(&THING)];
    let path = "/things/a/b%20c/";
    let map: HeaderMap = headers
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), http::HeaderValue::from_static(value)))
        .collect();
    let labels = Router::new(ROUTES).find("PUT", path, None, &map).unwrap().labels;
    let body = Bytes::copy_from_slice(body.as_bytes());
    let message = Message {
        method: "PUT",
        path,
        query: None,
        headers: &map,
        body: &body,
        stream: None,
        labels: &labels,
    };
    read_input(Protocol::RestXml, &S3, operation, &message)
}

fn write(operation: &'static OperationFacts, value: &Document) -> (Answer, String) {
    let answer = write_output(Protocol::RestXml, &S3, operation, value, "r-1");
    let body = String::from_utf8(answer.body.whole().unwrap().to_vec()).unwrap();
    let body = body.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap_or(&body).to_owned();
    (answer, body)
}

fn text(text: &str) -> Document {
    Document::String(text.to_owned())
}

fn texts(texts: &[&str]) -> Document {
    Document::List(texts.iter().map(|value| text(value)).collect())
}

fn map<const N: usize>(entries: [(&str, Document); N]) -> Document {
    Document::Map(entries.map(|(name, value)| (name.to_owned(), value)).into())
}

#[test]
fn every_kind_of_member_is_read() {
    let body = r#"<?xml version="1.0"?><!-- a comment --><Thing xmlns="urn:t">
        <Tag>one</Tag><Count> 7 </Count><s:Ratio xmlns:s="urn:s">-Infinity</s:Ratio><Tag>t<![CDATA[<w>]]>o</Tag>
        <When>2018-01-09T20:51:21.123Z</When><Data>aGk=</Data>
        <Texts><member> &lt;a&#x26;&#98; </member><member/></Texts>
        <AccessControlList><Grant xmlns:xsi="urn:xsi" xsi:type="&quot;q"><Id>1</Id></Grant></AccessControlList>
        <Map><entry><key>k</key><value>v</value></entry></Map>
        <Pair><value>2</value><key>b</key></Pair><Pair><key>a</key><value>1</value></Pair>
        <Stranger><Count>9</Count></Stranger><Key>not this one</Key></Thing>"#;
    let read = read(&THINGS, &[("x-meta-colour", "red"), ("tags", "a, \"b,c\"")], body).unwrap();
    let expected = map([
        ("Key", text("a/b c/")),
        ("Meta", map([("colour", text("red"))])),
        ("Tags", texts(&["a", "b,c"])),
        ("Count", Document::Integer(7)),
        ("Ratio", Document::Double(f64::NEG_INFINITY)),
        ("When", Document::Timestamp(Timestamp(1_515_531_081_123))),
        ("Data", Document::Blob("hi".into())),
        ("Texts", texts(&[" <a&b ", ""])),
        ("Grants", Document::List(vec![map([("Type", text("\"q")), ("Id", text("1"))])])),
        ("Flat", texts(&["one", "t<w>o"])),
        ("Map", map([("k", text("v"))])),
        ("Pairs", map([("a", text("1")), ("b", text("2"))])),
    ]);
    assert_eq!(read, expected);
}

#[test]
fn every_kind_of_member_is_written() {
    let value = map([
        ("Meta", map([("colour", text("red"))])),
        ("Tags", texts(&["a", "b,c"])),
        ("Ratio", Document::Double(f64::INFINITY)),
        ("When", Document::Timestamp(Timestamp(1_515_531_081_123))),
        ("Data", Document::Blob("hi".into())),
        ("Grants", Document::List(vec![map([("Type", text("\"q\n")), ("Id", text("1\r"))])])),
        ("Flat", texts(&["one", "two"])),
        ("Pairs", map([("a", text("1")), ("b", text("2"))])),
    ]);
    let (answer, body) = write(&THINGS, &value);
    assert_eq!(
        body,
        "<Thing><Ratio>Infinity</Ratio><When>2018-01-09T20:51:21.123Z</When><Data>aGk=</Data>\
         <AccessControlList><Grant xmlns:xsi=\"urn:xsi\" xsi:type=\"&quot;q&#10;\"><Id>1&#13;</Id></Grant></AccessControlList>\
         <Tag>one</Tag><Tag>two</Tag>\
         <Pair><key>a</key><value>1</value></Pair><Pair><key>b</key><value>2</value></Pair></Thing>"
    );
    assert_eq!(answer.headers["content-type"], "application/xml");
    assert_eq!(answer.headers["x-meta-colour"], "red");
    assert_eq!(answer.headers["tags"], "a, \"b,c\"");
    assert_eq!(answer.headers["x-amz-request-id"], "r-1");
    assert!(answer.headers.contains_key("x-amz-id-2"));
}

#[test]
fn payloads_are_structures_bytes_or_texts() {
    let inner = map([("In", map([("Name", text("n"))]))]);
    assert_eq!(read(&BODIES, &[], "<Body><Name>n</Name></Body>").unwrap(), inner);
    assert_eq!(write(&BODIES, &inner).1, "<Body xmlns=\"urn:b\"><Name>n</Name></Body>");
    assert_eq!(read(&BODIES, &[], "").unwrap(), map([]));
    let raw = map([("Data", Document::Blob("<no xml".into())), ("Type", text("image/png"))]);
    assert_eq!(read(&BYTES, &[("content-type", "image/png")], "<no xml").unwrap(), raw);
    let (answer, body) = write(&BYTES, &raw);
    assert_eq!((body.as_str(), &answer.headers["content-type"]), ("<no xml", &"image/png".parse().unwrap()));
    let (answer, _) = write(&BYTES, &map([("Data", Document::Blob("x".into()))]));
    assert_eq!(answer.headers["content-type"], "application/octet-stream");
    assert_eq!(read(&WORDS, &[], "{\"policy\": 1}").unwrap(), map([("Text", text("{\"policy\": 1}"))]));
    assert_eq!(write(&WORDS, &map([("Text", text("t"))])).0.headers["content-type"], "text/plain");
}

#[test]
fn what_has_no_body_has_no_type() {
    assert_eq!(read(&NOTHING, &[], "").unwrap(), map([("Key", text("a/b c/"))]));
    let (answer, body) = write(&NOTHING, &map([]));
    assert_eq!((body.as_str(), answer.headers.get("content-type")), ("", None));
}

#[test]
fn what_is_no_xml_of_the_model_is_refused() {
    let deep = format!("<Thing>{}", "<a>".repeat(100_000));
    for body in [
        "<Thing>",
        "<Thing></Other>",
        "<Other/>",
        "<Thing/><Thing/>",
        "<Thing/>more",
        "no xml",
        "<!DOCTYPE a [<!ENTITY x \"y\">]><Thing/>",
        "<Thing><Texts><member>&x;</member></Texts></Thing>",
        "<Thing><Count>seven</Count></Thing>",
        "<Thing><Pair><key>a</key></Pair></Thing>",
        "<Thing><Data>***</Data></Thing>",
        deep.as_str(),
    ] {
        let fault = read(&THINGS, &[], body).unwrap_err();
        assert_eq!((&*fault.code, fault.status), ("MalformedXML", 400), "{}", &body[..body.len().min(60)]);
    }
}

#[test]
fn errors_stand_alone_or_in_an_element() {
    static DETAIL: Shape =
        structure("NoSuchKey", &[Member::plain("Message", &TEXT), Member::plain("Key", &TEXT)], None);
    static NO_SUCH_KEY: ErrorFacts =
        ErrorFacts { name: "NoSuchKey", query_code: None, status: 404, sender: true, shape: Some(&DETAIL) };
    let detail = map([("Message", text("m")), ("Key", text("k"))]);
    let fault = Fault::modelled(&NO_SUCH_KEY, "Not <here>").with_detail(detail);
    let body = |service| {
        let answer = write_fault(Protocol::RestXml, service, &fault, "r-1");
        assert_eq!(
            (answer.status, &answer.headers["content-type"]),
            (404, &"application/xml".parse().unwrap())
        );
        String::from_utf8(answer.body.whole().unwrap().to_vec()).unwrap().split_off(39)
    };
    assert_eq!(
        body(&S3),
        "<Error><Code>NoSuchKey</Code><Message>Not &lt;here&gt;</Message><Key>k</Key>\
         <RequestId>r-1</RequestId><HostId>ci0x</HostId></Error>"
    );
    assert_eq!(
        body(&DNS),
        "<ErrorResponse xmlns=\"urn:dns\"><Error><Type>Sender</Type><Code>NoSuchKey</Code>\
         <Message>Not &lt;here&gt;</Message><Key>k</Key></Error><RequestId>r-1</RequestId></ErrorResponse>"
    );
}
