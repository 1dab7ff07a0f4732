//! Schemas: a static for every shape, and one more wherever a member changes what its shape is.

use std::collections::{BTreeMap, BTreeSet};

use crate::code::{Code, optional};
use crate::facts::{Member, Operation, Shape, XmlNamespace};
use crate::model::{Model, Side};
use crate::names::shouting;

/// The static of operations that take or give nothing.
const NOTHING: &str = "NOTHING";

/// What a member changes of its shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Change<'a> {
    timestamp_format: Option<&'a str>,
    json: bool,
    streaming: bool,
}

/// Writes the module of schemas.
pub(crate) fn write(code: &mut Code, model: &Model<'_>) {
    let changes = changes(model);
    code.block("pub mod schema", |code| {
        code.line(format!("/// Of operations that take or give nothing.\npub static {NOTHING}: ::wire::Shape ="));
        code.line("    ::wire::Shape::plain(\"Unit\", ::wire::Kind::Structure { members: &[], payload: None, union: false, event_stream: false });");
        for (name, shape, _) in model.shapes() {
            write_pattern(code, model, name, shape);
            write_shape(code, model, name, shape, Change::default());
            for change in changes.get(name).into_iter().flatten() {
                write_shape(code, model, name, shape, *change);
            }
        }
        for (name, operation) in &model.operations {
            write_named_input(code, model, name, operation);
        }
    });
}

/// The static of a side of an operation, seen from the root of the crate.
pub(crate) fn top(model: &Model<'_>, name: &str, operation: &Operation, side: Side) -> String {
    let label = match side.of(operation) {
        Some(_) if side == Side::Input && has_named_input(operation) => named_input(name),
        Some(shape) => model.static_name(shape).to_owned(),
        None => NOTHING.to_owned(),
    };
    format!("schema::{label}")
}

/// Whether an operation gives its input an element name or a namespace of its own.
fn has_named_input(operation: &Operation) -> bool {
    operation.input_location_name.is_some() || operation.input_xml_namespace.is_some()
}

fn named_input(operation: &str) -> String {
    format!("{}_BODY_OF_OPERATION", shouting(operation))
}

/// The changed shapes, by name.
fn changes<'a>(model: &Model<'a>) -> BTreeMap<&'a str, BTreeSet<Change<'a>>> {
    let mut changes: BTreeMap<&str, BTreeSet<Change<'_>>> = BTreeMap::new();
    for (_, shape, _) in model.shapes() {
        for member in shape.values_inside() {
            let change = change(model, member);
            if change != Change::default() {
                changes.entry(&member.shape).or_default().insert(change);
            }
        }
    }
    changes
}

/// What a member changes, as far as it makes a difference for its shape.
fn change<'a>(model: &Model<'_>, member: &'a Member) -> Change<'a> {
    let Some(shape) = model.shape(&member.shape) else { return Change::default() };
    let format = member.timestamp_format.as_deref();
    Change {
        timestamp_format: format
            .filter(|_| shape.kind == "timestamp" && shape.timestamp_format.as_deref() != format),
        json: member.json && shape.kind == "string",
        streaming: member.streaming && shape.kind == "blob" && !shape.streaming,
    }
}

/// `BODY`, or `BODY_STREAMING`.
fn label(model: &Model<'_>, name: &str, change: Change<'_>) -> String {
    let mut label = model.static_name(name).to_owned();
    if let Some(format) = change.timestamp_format {
        label.push_str("_IN_");
        label.push_str(&shouting(format));
    }
    if change.json {
        label.push_str("_AS_JSON");
    }
    if change.streaming {
        label.push_str("_STREAMING");
    }
    label
}

fn pattern_label(model: &Model<'_>, name: &str) -> String {
    format!("PATTERN_OF_{}", model.static_name(name))
}

fn write_pattern(code: &mut Code, model: &Model<'_>, name: &str, shape: &Shape) {
    if let Some(pattern) = &shape.pattern {
        let label = pattern_label(model, name);
        code.line(format!("static {label}: ::wire::Pattern = ::wire::Pattern::new({pattern:?});"));
    }
}

fn write_shape(code: &mut Code, model: &Model<'_>, name: &str, shape: &Shape, change: Change<'_>) {
    let label = label(model, name, change);
    code.enclosed(format!("pub static {label}: ::wire::Shape = ::wire::Shape {{"), "};", |code| {
        code.line(format!("name: {name:?},"));
        write_kind(code, model, shape, change);
        code.line(format!("constraints: {},", constraints(model, name, shape)));
        code.line(format!("xml_namespace: {},", namespace(shape.xml_namespace.as_ref())));
        code.line(format!("location_name: {},", optional(shape.location_name.as_deref())));
        code.line(format!("sensitive: {},", shape.sensitive));
        code.line(format!("exception: {},", shape.exception));
    });
}

/// An input with an element name or namespace of its operation's: the same members under another root.
fn write_named_input(code: &mut Code, model: &Model<'_>, name: &str, operation: &Operation) {
    let shape_name = operation.input.as_deref().filter(|_| has_named_input(operation));
    let Some((shape_name, shape)) = shape_name.and_then(|name| Some((name, model.shape(name)?))) else {
        return;
    };
    let space = operation.input_xml_namespace.as_ref().or(shape.xml_namespace.as_ref());
    let root = operation.input_location_name.as_deref().or(shape.location_name.as_deref());
    let label = named_input(name);
    code.enclosed(format!("pub static {label}: ::wire::Shape = ::wire::Shape {{"), "};", |code| {
        code.line(format!("name: {shape_name:?},"));
        write_kind(code, model, shape, Change::default());
        code.line("constraints: ::wire::Constraints::NONE,");
        code.line(format!("xml_namespace: {},", namespace(space)));
        code.line(format!("location_name: {},", optional(root)));
        code.line(format!("sensitive: {},", shape.sensitive));
        code.line(format!("exception: {},", shape.exception));
    });
}

fn write_kind(code: &mut Code, model: &Model<'_>, shape: &Shape, change: Change<'_>) {
    if shape.is_structure() {
        write_structure_kind(code, model, shape);
        return;
    }
    let kind = match shape.kind.as_str() {
        "boolean" => "Boolean".to_owned(),
        "integer" | "short" | "byte" => "Integer".to_owned(),
        "long" => "Long".to_owned(),
        "float" => "Float".to_owned(),
        "double" => "Double".to_owned(),
        "blob" => format!("Blob {{ streaming: {} }}", shape.streaming || change.streaming),
        "timestamp" => {
            let format =
                change.timestamp_format.or(shape.timestamp_format.as_deref()).and_then(timestamp_format);
            format!(
                "Timestamp({})",
                format.map_or_else(|| "None".into(), |f| format!("Some(::wire::TimestampFormat::{f})"))
            )
        }
        "list" => {
            let member = inside(model, "member", shape.member.as_ref());
            format!("List {{ member: &{member}, flattened: {} }}", shape.flattened)
        }
        "map" => {
            let key = inside(model, "key", shape.key.as_ref());
            let value = inside(model, "value", shape.value.as_ref());
            format!("Map {{ key: &{key}, value: &{value}, flattened: {} }}", shape.flattened)
        }
        "structure" => "Document".to_owned(),
        _ => format!("String {{ json: {} }}", change.json),
    };
    code.line(format!("kind: ::wire::Kind::{kind},"));
}

fn timestamp_format(name: &str) -> Option<&'static str> {
    match name {
        "unixTimestamp" => Some("EpochSeconds"),
        "iso8601" => Some("DateTime"),
        "rfc822" => Some("HttpDate"),
        _ => None,
    }
}

fn write_structure_kind(code: &mut Code, model: &Model<'_>, shape: &Shape) {
    code.enclosed("kind: ::wire::Kind::Structure {", "},", |code| {
        code.enclosed("members: &[", "],", |code| {
            for each in &shape.members {
                code.line(format!("{},", member(model, &each.name, each, shape.requires(each))));
            }
        });
        let payload = shape.payload.as_ref();
        let position = payload.and_then(|name| shape.members.iter().position(|member| member.name == *name));
        code.line(format!("payload: {position:?},"));
        code.line(format!("union: {},", shape.is_union() && !shape.event_stream));
        code.line(format!("event_stream: {},", shape.event_stream));
    });
}

fn inside(model: &Model<'_>, name: &str, part: Option<&Member>) -> String {
    part.map(|part| member(model, name, part, false)).unwrap_or_default()
}

/// A member as a Rust expression: only the traits that it has.
fn member(model: &Model<'_>, name: &str, member: &Member, required: bool) -> String {
    let plain =
        format!("::wire::Member::plain({name:?}, &{})", label(model, &member.shape, change(model, member)));
    let mut traits = Vec::new();
    for (field, is_set) in [
        ("required", required),
        ("flattened", member.flattened),
        ("xml_attribute", member.xml_attribute),
        ("idempotency_token", member.idempotency_token),
        ("host_label", member.host_label),
        ("unchecked", member.unchecked),
    ] {
        if is_set {
            traits.push(format!("{field}: true, "));
        }
    }
    if let Some(location) = location(member) {
        traits.push(format!("location: ::wire::Location::{location}, "));
    }
    for (field, text) in [("location_name", &member.location_name), ("query_name", &member.query_name)] {
        if text.is_some() {
            traits.push(format!("{field}: {}, ", optional(text.as_deref())));
        }
    }
    if member.xml_namespace.is_some() {
        traits.push(format!("xml_namespace: {}, ", namespace(member.xml_namespace.as_ref())));
    }
    if traits.is_empty() { plain } else { format!("::wire::Member {{ {}..{plain} }}", traits.concat()) }
}

fn location(member: &Member) -> Option<&'static str> {
    match member.location.as_deref().unwrap_or_default() {
        _ if member.event_header => Some("EventHeader"),
        _ if member.event_payload => Some("EventPayload"),
        "uri" => Some("Uri"),
        "querystring" => Some("QueryString"),
        "header" => Some("Header"),
        "headers" => Some("Headers"),
        "statusCode" => Some("StatusCode"),
        _ => None,
    }
}

fn constraints(model: &Model<'_>, name: &str, shape: &Shape) -> String {
    if shape.min.is_none() && shape.max.is_none() && shape.pattern.is_none() && shape.values.is_empty() {
        return "::wire::Constraints::NONE".into();
    }
    let pattern = match shape.pattern {
        Some(_) => format!("Some(&{})", pattern_label(model, name)),
        None => "None".into(),
    };
    let (min, max, values) = (shape.min, shape.max, &shape.values);
    format!("::wire::Constraints {{ min: {min:?}, max: {max:?}, pattern: {pattern}, values: &{values:?} }}")
}

fn namespace(space: Option<&XmlNamespace>) -> String {
    space.map_or_else(|| "None".into(), |space| format!("Some(({:?}, {:?}))", space.prefix, space.uri))
}
