//! Shapes of every kind, in every place.

use cloudlet_wire::{
    Http, Kind, Location, Member, OperationFacts, Protocol, ServiceFacts, Shape, TimestampFormat,
};

const fn plain(kind: Kind) -> Shape {
    Shape::plain("Value", kind)
}

pub(crate) static TEXT: Shape = plain(Kind::String { json: false });
static FLAG: Shape = plain(Kind::Boolean);
static INTEGER: Shape = plain(Kind::Integer);
static LONG: Shape = plain(Kind::Long);
static FLOAT: Shape = plain(Kind::Float);
static DOUBLE: Shape = plain(Kind::Double);
static BLOB: Shape = plain(Kind::Blob { streaming: false });
static MOMENT: Shape = plain(Kind::Timestamp(None));
static EPOCH: Shape = plain(Kind::Timestamp(Some(TimestampFormat::EpochSeconds)));
static ISO: Shape = plain(Kind::Timestamp(Some(TimestampFormat::DateTime)));
static DATE: Shape = plain(Kind::Timestamp(Some(TimestampFormat::HttpDate)));
static ANY: Shape = plain(Kind::Document);

static TEXTS: Shape = plain(Kind::List { member: &Member::plain("member", &TEXT), flattened: false });
static DATES: Shape = plain(Kind::List { member: &Member::plain("member", &MOMENT), flattened: false });
static ITEMS: Shape = plain(Kind::List {
    member: &Member { location_name: Some("Item"), ..Member::plain("member", &THING) },
    flattened: false,
});
static FLAT: Shape = plain(Kind::List {
    member: &Member { location_name: Some("Flat"), ..Member::plain("member", &INTEGER) },
    flattened: true,
});
static COUNTS: Shape = plain(Kind::Map {
    key: &Member::plain("key", &TEXT),
    value: &Member::plain("value", &INTEGER),
    flattened: false,
});
static PAIRS: Shape = plain(Kind::Map {
    key: &Member { location_name: Some("Name"), ..Member::plain("key", &TEXT) },
    value: &Member { location_name: Some("Texts"), ..Member::plain("value", &TEXTS) },
    flattened: true,
});
static LABELS: Shape = plain(Kind::Map {
    key: &Member::plain("key", &TEXT),
    value: &Member::plain("value", &TEXT),
    flattened: false,
});

const fn structure(name: &'static str, members: &'static [Member], payload: Option<usize>) -> Shape {
    Shape::plain(name, Kind::Structure { members, payload, union: false, event_stream: false })
}

static CHOICE: Shape = Shape::plain(
    "Choice",
    Kind::Structure {
        members: &[Member::plain("Text", &TEXT), Member::plain("Number", &LONG)],
        payload: None,
        union: true,
        event_stream: false,
    },
);

/// What [`crate::things::Thing`] is; it contains itself.
pub(crate) static THING: Shape = structure(
    "Thing",
    &[
        Member { query_name: Some("Words"), location_name: Some("words"), ..Member::plain("Text", &TEXT) },
        Member::plain("Flag", &FLAG),
        Member::plain("Integer", &INTEGER),
        Member::plain("Long", &LONG),
        Member::plain("Float", &FLOAT),
        Member::plain("Double", &DOUBLE),
        Member::plain("Blob", &BLOB),
        Member::plain("Moment", &MOMENT),
        Member::plain("Texts", &TEXTS),
        Member::plain("Counts", &COUNTS),
        Member::plain("Inner", &THING),
        Member::plain("Items", &ITEMS),
    ],
    None,
);

/// The kinds that a body of any protocol may have, and one that only JSON and CBOR have: it stands last.
pub(crate) static BODY: Shape = structure(
    "Body",
    &[
        Member::plain("Thing", &THING),
        Member::plain("Epoch", &EPOCH),
        Member::plain("Iso", &ISO),
        Member::plain("Date", &DATE),
        Member::plain("Flat", &FLAT),
        Member::plain("Pairs", &PAIRS),
        Member::plain("Choice", &CHOICE),
        Member::plain("Any", &ANY),
    ],
    None,
);

/// Members in headers, and the rest in the body.
pub(crate) static PARTS: Shape = structure(
    "Parts",
    &[
        Member { location: Location::Header, location_name: Some("x-text"), ..Member::plain("Text", &TEXT) },
        Member { location: Location::Header, location_name: Some("x-long"), ..Member::plain("Long", &LONG) },
        Member {
            location: Location::Header,
            location_name: Some("x-double"),
            ..Member::plain("Double", &DOUBLE)
        },
        Member { location: Location::Header, location_name: Some("x-blob"), ..Member::plain("Blob", &BLOB) },
        Member {
            location: Location::Header,
            location_name: Some("x-when"),
            ..Member::plain("When", &MOMENT)
        },
        Member {
            location: Location::Header,
            location_name: Some("x-texts"),
            ..Member::plain("Texts", &TEXTS)
        },
        Member {
            location: Location::Header,
            location_name: Some("x-dates"),
            ..Member::plain("Dates", &DATES)
        },
        Member {
            location: Location::Headers,
            location_name: Some("x-meta-"),
            ..Member::plain("Meta", &LABELS)
        },
        Member::plain("Thing", &THING),
        Member::plain("Flat", &FLAT),
    ],
    None,
);
static OF_BYTES: Shape = structure("OfBytes", &[Member::plain("Payload", &BLOB)], Some(0));
static OF_THING: Shape = structure("OfThing", &[Member::plain("Payload", &THING)], Some(0));

pub(crate) static SERVICE: ServiceFacts = ServiceFacts::plain("things", &[]);

const fn operation(shape: &'static Shape) -> OperationFacts {
    let http = Http { method: "POST", uri: "/", status: 200 };
    OperationFacts { input: Some(shape), output: Some(shape), ..OperationFacts::plain("Do", http) }
}

pub(crate) static THINGS: OperationFacts = operation(&THING);
pub(crate) static BODIES: OperationFacts = operation(&BODY);
pub(crate) static IN_PARTS: OperationFacts = operation(&PARTS);
pub(crate) static BYTES: OperationFacts = operation(&OF_BYTES);
pub(crate) static PAYLOADS: OperationFacts = operation(&OF_THING);

/// The protocols whose answers have the form of their requests.
pub(crate) const SYMMETRIC: [Protocol; 5] =
    [Protocol::AwsJson10, Protocol::AwsJson11, Protocol::RestJson1, Protocol::RestXml, Protocol::RpcV2Cbor];
/// Those whose requests are forms.
pub(crate) const FORMS: [Protocol; 2] = [Protocol::AwsQuery, Protocol::Ec2Query];
