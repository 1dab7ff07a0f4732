//! Documents that fit a schema, and what of them a protocol can carry.

use std::collections::BTreeMap;

use cloudlet_wire::{Document, Kind, Location, Member, Protocol, Shape, Timestamp, TimestampFormat};
use proptest::prelude::*;

/// How deep structures may stand in each other.
const DEPTH_MAX: usize = 3;

/// Any document of a shape that the protocol can carry.
pub(crate) fn any_of(shape: &'static Shape, protocol: Protocol) -> BoxedStrategy<Document> {
    value(shape, protocol, Location::Body, 0)
        .prop_map(move |value| visible(shape, value, protocol, false).unwrap_or_else(nothing))
        .boxed()
}

fn nothing() -> Document {
    Document::Map(BTreeMap::new())
}

fn is_xml(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::RestXml | Protocol::AwsQuery | Protocol::Ec2Query)
}

fn value(
    shape: &'static Shape,
    protocol: Protocol,
    place: Location,
    depth: usize,
) -> BoxedStrategy<Document> {
    let inside = move |member: &'static Member| value(member.shape, protocol, place, depth);
    match shape.kind {
        Kind::Boolean => any::<bool>().prop_map(Document::Boolean).boxed(),
        Kind::Integer => any::<i32>().prop_map(|value| Document::Integer(value.into())).boxed(),
        Kind::Long => any::<i64>().prop_map(Document::Integer).boxed(),
        Kind::Float => any::<f32>()
            .prop_filter("no number", |v| !v.is_nan())
            .prop_map(|v| Document::Double(v.into()))
            .boxed(),
        Kind::Double => {
            any::<f64>().prop_filter("no number", |v| !v.is_nan()).prop_map(Document::Double).boxed()
        }
        Kind::String { .. } => text(protocol, place).prop_map(Document::String).boxed(),
        Kind::Blob { .. } => {
            let least = usize::from(place != Location::Body);
            proptest::collection::vec(any::<u8>(), least..20).prop_map(|v| Document::Blob(v.into())).boxed()
        }
        Kind::Timestamp(format) => moment(format, place),
        Kind::Document => free().boxed(),
        Kind::List { member, .. } => {
            let least = usize::from(place != Location::Body);
            proptest::collection::vec(inside(member), least..4).prop_map(Document::List).boxed()
        }
        Kind::Map { value: member, .. } => {
            let key = if place == Location::Body { text(protocol, place) } else { "[a-z]{1,5}".boxed() };
            proptest::collection::btree_map(key, inside(member), 0..4).prop_map(Document::Map).boxed()
        }
        Kind::Structure { members, union: true, .. } => {
            let one = |member: &'static Member| {
                let of_member = value(member.shape, protocol, Location::Body, depth + 1);
                of_member.prop_map(|value| Document::Map([(member.name.to_owned(), value)].into())).boxed()
            };
            proptest::strategy::Union::new(members.iter().map(one)).boxed()
        }
        Kind::Structure { members, .. } => structure(members, protocol, depth),
    }
}

fn structure(members: &'static [Member], protocol: Protocol, depth: usize) -> BoxedStrategy<Document> {
    let fits = |member: &&Member| match member.shape.kind {
        Kind::Document => !is_xml(protocol),
        Kind::Structure { .. } | Kind::List { .. } => depth < DEPTH_MAX,
        _ => true,
    };
    let members: Vec<BoxedStrategy<Option<(String, Document)>>> = members
        .iter()
        .filter(fits)
        .map(|member| {
            let of_member = value(member.shape, protocol, member.location, depth + 1);
            proptest::option::weighted(0.4, of_member.prop_map(|value| (member.name.to_owned(), value)))
                .boxed()
        })
        .collect();
    members.prop_map(|members| Document::Map(members.into_iter().flatten().collect())).boxed()
}

/// Text of any letters, as far as the place can carry them.
fn text(protocol: Protocol, place: Location) -> BoxedStrategy<String> {
    match place {
        Location::Header | Location::Headers => "[!-~]([ -~]{0,8}[!-~])?".boxed(),
        // XML has no way to write most control characters.
        _ if is_xml(protocol) => "[\\t\\n\\r -\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]{0,12}".boxed(),
        _ => any::<String>().prop_map(|text| text.chars().take(12).collect()).boxed(),
    }
}

fn moment(format: Option<TimestampFormat>, place: Location) -> BoxedStrategy<Document> {
    let whole = format == Some(TimestampFormat::HttpDate) || (format.is_none() && place != Location::Body);
    let millis = -60_000_000_000_000i64..253_402_300_799_999;
    millis
        .prop_map(move |millis| if whole { millis.div_euclid(1000) * 1000 } else { millis })
        .prop_map(|millis| Document::Timestamp(Timestamp(millis)))
        .boxed()
}

/// What JSON has: its numbers with a fraction have one that shows.
fn free() -> impl Strategy<Value = Document> {
    let leaf = prop_oneof![
        Just(Document::Null),
        any::<bool>().prop_map(Document::Boolean),
        any::<i64>().prop_map(Document::Integer),
        any::<i32>().prop_map(|value| Document::Double(f64::from(value) + 0.5)),
        any::<String>().prop_map(Document::String),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Document::List),
            proptest::collection::btree_map(any::<String>(), inner, 0..4).prop_map(Document::Map),
        ]
    })
}

/// The document without what leaves no trace on the wire: empty lists without an element of their own, and in forms also
/// empty maps and structures.
pub(crate) fn visible(
    shape: &Shape,
    value: Document,
    protocol: Protocol,
    flattened: bool,
) -> Option<Document> {
    let is_form = matches!(protocol, Protocol::AwsQuery | Protocol::Ec2Query);
    match (&shape.kind, value) {
        (Kind::List { member, flattened: own }, Document::List(values)) => {
            let values: Vec<Document> = values
                .into_iter()
                .filter_map(|value| visible(member.shape, value, protocol, false))
                .collect();
            let is_flat = flattened || *own;
            let vanishes = match protocol {
                Protocol::RestXml => is_flat,
                Protocol::Ec2Query => true,
                _ => false,
            };
            (!vanishes || !values.is_empty()).then_some(Document::List(values))
        }
        (Kind::Map { value: member, flattened: own, .. }, Document::Map(map)) => {
            let map: BTreeMap<String, Document> = map
                .into_iter()
                .filter_map(|(key, value)| Some((key, visible(member.shape, value, protocol, false)?)))
                .collect();
            let vanishes = is_form || (protocol == Protocol::RestXml && (flattened || *own));
            (!vanishes || !map.is_empty()).then_some(Document::Map(map))
        }
        (Kind::Structure { members, .. }, Document::Map(map)) => {
            let map: BTreeMap<String, Document> = map
                .into_iter()
                .filter_map(|(name, value)| {
                    let member = members.iter().find(|member| member.name == name)?;
                    if value == Document::Null {
                        // A document that is null is none.
                        return None;
                    }
                    let is_in_headers = member.location == Location::Headers;
                    let value = visible(member.shape, value, protocol, member.flattened)?;
                    (!is_in_headers || value != nothing()).then_some((name, value))
                })
                .collect();
            (!is_form || !map.is_empty()).then_some(Document::Map(map))
        }
        (_, value) => Some(value),
    }
}
