//! Schemas: what the published model says of a shape, as statics that the generated crates fill in.
//!
//! Shapes refer to each other by `&'static`, so recursive shapes (DynamoDB's AttributeValue) are plain cycles of statics.

use std::sync::OnceLock;

use fancy_regex::Regex;

use crate::TimestampFormat;

/// One shape of the model.
#[derive(Debug)]
pub struct Shape {
    /// The name in the model, such as `SendMessageRequest`.
    pub name: &'static str,
    /// What it is made of.
    pub kind: Kind,
    /// What its values must satisfy.
    pub constraints: Constraints,
    /// `xmlNamespace` of the shape: the prefix (often empty) and the address.
    pub xml_namespace: Option<(&'static str, &'static str)>,
    /// The element name of the shape itself in XML, where it differs from its name.
    pub location_name: Option<&'static str>,
    /// The value must never appear in a log or an error text.
    pub sensitive: bool,
    /// An error: in a stream of events, a message of another type.
    pub exception: bool,
}

/// What a shape is made of.
#[derive(Debug)]
pub enum Kind {
    /// true or false.
    Boolean,
    /// 32-bit signed.
    Integer,
    /// 64-bit signed.
    Long,
    /// 32-bit floating point.
    Float,
    /// 64-bit floating point.
    Double,
    /// UTF-8 text; `json` is the `jsonvalue` trait: base64 in a header, a JSON text elsewhere.
    String {
        /// Has the `jsonvalue` trait.
        json: bool,
    },
    /// Bytes; `streaming` ones are the raw body.
    Blob {
        /// Has the `streaming` trait.
        streaming: bool,
    },
    /// A moment; `None` is the protocol's default format for the place where it stands.
    Timestamp(Option<TimestampFormat>),
    /// Any JSON value.
    Document,
    /// Values of one shape in order.
    List {
        /// The shape, and the wire name, of each value.
        member: &'static Member,
        /// No wrapping element in XML and query.
        flattened: bool,
    },
    /// Text to values of one shape.
    Map {
        /// The shape, and the wire name, of each key.
        key: &'static Member,
        /// The shape, and the wire name, of each value.
        value: &'static Member,
        /// No wrapping element in XML and query.
        flattened: bool,
    },
    /// Named members; in a union exactly one is present.
    Structure {
        /// In the model's order; generated code refers to them by position.
        members: &'static [Member],
        /// The position of the member that alone is the body of a REST message.
        payload: Option<usize>,
        /// Exactly one member is present.
        union: bool,
        /// The members are events of a stream.
        event_stream: bool,
    },
}

/// One member of a structure, or the value of a list or of a map.
#[derive(Debug)]
pub struct Member {
    /// The name in the model, and in JSON and CBOR unless `location_name` says otherwise.
    pub name: &'static str,
    /// The shape of its value.
    pub shape: &'static Shape,
    /// A request without it is refused.
    pub required: bool,
    /// Where in an HTTP message of a REST protocol it stands.
    pub location: Location,
    /// `locationName`: its name on the wire, where it differs.
    pub location_name: Option<&'static str>,
    /// `queryName`: its name in forms, where it differs.
    pub query_name: Option<&'static str>,
    /// The member's own `flattened` trait (lists and maps).
    pub flattened: bool,
    /// An attribute of the parent's XML element.
    pub xml_attribute: bool,
    /// `xmlNamespace` of the member: prefix and address.
    pub xml_namespace: Option<(&'static str, &'static str)>,
    /// Filled with a fresh token when the client sent none.
    pub idempotency_token: bool,
    /// Part of the host name (`hostLabel`).
    pub host_label: bool,
    /// Its constraints are left to the service, which words the refusal itself.
    pub unchecked: bool,
}

/// Where in an HTTP message of a REST protocol a member stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// The body (or, for the payload member, the whole of it).
    Body,
    /// A label of the path.
    Uri,
    /// A parameter of the query string.
    QueryString,
    /// One header.
    Header,
    /// All headers with a prefix, as a map.
    Headers,
    /// The status code of the answer.
    StatusCode,
    /// A header of an event's frame.
    EventHeader,
    /// The payload of an event's frame: all of it.
    EventPayload,
}

/// What the model demands of a value. Lengths are characters of a string, bytes of a blob, entries of a list or map.
#[derive(Debug)]
pub struct Constraints {
    /// Least length or value.
    pub min: Option<f64>,
    /// Greatest length or value.
    pub max: Option<f64>,
    /// A regular expression that the whole string matches.
    pub pattern: Option<&'static Pattern>,
    /// The values of an enumeration; empty when it is none.
    pub values: &'static [&'static str],
}

impl Constraints {
    /// Demands nothing.
    pub const NONE: Constraints = Constraints { min: None, max: None, pattern: None, values: &[] };
}

/// A regular expression of the model, compiled when it is first needed.
#[derive(Debug)]
pub struct Pattern {
    /// As the model has it.
    pub text: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// A pattern that is compiled on first use.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        Self { text, compiled: OnceLock::new() }
    }

    /// Whether the whole of `value` matches. A pattern that no engine of ours can read accepts everything: the service
    /// behind it still checks what matters to it.
    pub fn matches(&self, value: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| Regex::new(&format!("^(?:{})$", self.text)).ok());
        compiled.as_ref().is_none_or(|regex| regex.is_match(value).unwrap_or(false))
    }
}

impl Shape {
    /// A shape without constraints or XML traits; the base of struct-update syntax in generated code.
    #[must_use]
    pub const fn plain(name: &'static str, kind: Kind) -> Self {
        Shape {
            name,
            kind,
            constraints: Constraints::NONE,
            xml_namespace: None,
            location_name: None,
            sensitive: false,
            exception: false,
        }
    }

    /// The members of a structure; none for other shapes.
    #[must_use]
    pub fn members(&self) -> &'static [Member] {
        match self.kind {
            Kind::Structure { members, .. } => members,
            _ => &[],
        }
    }

    /// Whether its payload is a blob that streams.
    #[must_use]
    pub fn has_stream(&self) -> bool {
        let Kind::Structure { members, payload: Some(payload), .. } = &self.kind else { return false };
        let payload = members.get(*payload);
        payload.is_some_and(|member| matches!(member.shape.kind, Kind::Blob { streaming: true }))
    }

    /// Whether its payload is a stream of events.
    #[must_use]
    pub fn has_events(&self) -> bool {
        let is_stream =
            |member: &Member| matches!(member.shape.kind, Kind::Structure { event_stream: true, .. });
        self.members().iter().any(is_stream)
    }

    /// The position of the member that is called `wire_name` in JSON and CBOR.
    #[must_use]
    pub fn position(&self, wire_name: &str) -> Option<usize> {
        self.members().iter().position(|member| member.wire_name() == wire_name)
    }
}

impl Member {
    /// A member with no traits; the base of struct-update syntax in generated code.
    #[must_use]
    pub const fn plain(name: &'static str, shape: &'static Shape) -> Self {
        Member {
            name,
            shape,
            required: false,
            location: Location::Body,
            location_name: None,
            query_name: None,
            flattened: false,
            xml_attribute: false,
            xml_namespace: None,
            idempotency_token: false,
            host_label: false,
            unchecked: false,
        }
    }

    /// `locationName`, or else the name in the model.
    #[must_use]
    pub const fn wire_name(&self) -> &'static str {
        match self.location_name {
            Some(name) => name,
            None => self.name,
        }
    }
}
