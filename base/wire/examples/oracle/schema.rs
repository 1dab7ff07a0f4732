//! Schemas from facts, at run time. They live as long as the process, as those do that are generated.
//!
//! A shape that contains itself is unrolled a few times, and then ends without the member that would go on: statics may be
//! cycles, what is built at run time may not.

use std::collections::HashMap;

use cloudlet_wire::{
    Http, Kind, Location, Member, OperationFacts, Protocol, ServiceFacts, Shape, TimestampFormat,
};
use serde_json::Value;

/// How often a shape may stand inside of itself.
const REPEATS_MAX: usize = 3;

pub(crate) fn protocol(name: &str, json_version: Option<&str>) -> Option<Protocol> {
    Some(match (name, json_version) {
        ("json", Some("1.0")) => Protocol::AwsJson10,
        ("json", _) => Protocol::AwsJson11,
        ("rest-json", _) => Protocol::RestJson1,
        ("rest-xml", _) => Protocol::RestXml,
        ("query", _) => Protocol::AwsQuery,
        ("ec2", _) => Protocol::Ec2Query,
        ("smithy-rpc-v2-cbor", _) => Protocol::RpcV2Cbor,
        _ => return None,
    })
}

pub(crate) fn is_stream(shape: &Shape) -> bool {
    matches!(shape.kind, Kind::Structure { event_stream: true, .. })
}

/// The facts of an API with all of its schemas.
pub(crate) fn service(facts: &Value) -> &'static ServiceFacts {
    let mut builder = Builder { shapes: &facts["shapes"], built: HashMap::new(), open: Vec::new(), cuts: 0 };
    let mut names: Vec<&String> =
        facts["operations"].as_object().map(|map| map.keys().collect()).unwrap_or_default();
    names.sort_unstable();
    let operations: Vec<OperationFacts> =
        names.into_iter().map(|name| builder.operation(name, &facts["operations"][name.as_str()])).collect();
    let name = keep(facts["service"].as_str().unwrap_or_default());
    Box::leak(Box::new(ServiceFacts {
        target_prefix: facts["targetPrefix"].as_str().map(keep),
        xml_namespace: facts["xmlNamespace"].as_str().map(keep),
        query_compatible: flag(facts, "queryCompatible"),
        bare_errors: flag(facts, "bareErrors"),
        answer_crc32: flag(facts, "answerCrc32"),
        operations: operations.leak(),
        ..ServiceFacts::plain(name, &[])
    }))
}

struct Builder<'a> {
    shapes: &'a Value,
    built: HashMap<(String, Change), &'static Shape>,
    /// The shapes around the one that is being built.
    open: Vec<String>,
    /// How many members were left out so far, because their shapes repeat.
    cuts: usize,
}

/// What a member changes of its shape.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Change {
    timestamp_format: Option<String>,
    json: bool,
    streaming: bool,
}

impl Builder<'_> {
    fn operation(&mut self, name: &str, facts: &Value) -> OperationFacts {
        let http = Http {
            method: keep(facts["http"]["method"].as_str().unwrap_or("POST")),
            uri: keep(facts["http"]["requestUri"].as_str().unwrap_or("/")),
            status: facts["http"]["responseCode"]
                .as_u64()
                .and_then(|code| code.try_into().ok())
                .unwrap_or(200),
        };
        OperationFacts {
            input: self.input(facts),
            output: facts["output"].as_str().and_then(|shape| self.shape(shape, &Change::default())),
            result_wrapper: facts["outputWrapper"].as_str().map(keep),
            ..OperationFacts::plain(keep(name), http)
        }
    }

    /// The input, under the name and in the namespace that the operation gives it.
    fn input(&mut self, facts: &Value) -> Option<&'static Shape> {
        let shape = self.shape(facts["input"].as_str()?, &Change::default())?;
        let name = facts["inputLocationName"].as_str().map(keep);
        let Kind::Structure { members, payload, union, event_stream } = shape.kind else {
            return Some(shape);
        };
        Some(Box::leak(Box::new(Shape {
            location_name: name.or(shape.location_name),
            xml_namespace: namespace(&facts["inputXmlNamespace"]).or(shape.xml_namespace),
            ..Shape::plain(shape.name, Kind::Structure { members, payload, union, event_stream })
        })))
    }

    /// A shape; none when it stands too often inside of itself.
    fn shape(&mut self, name: &str, change: &Change) -> Option<&'static Shape> {
        let key = (name.to_owned(), change.clone());
        if let Some(shape) = self.built.get(&key) {
            return Some(shape);
        }
        if self.open.iter().filter(|open| *open == name).count() >= REPEATS_MAX {
            self.cuts += 1;
            return None;
        }
        let facts = &self.shapes[name];
        let cuts = self.cuts;
        self.open.push(name.to_owned());
        let kind = self.kind(facts, change);
        self.open.pop();
        let shape: &'static Shape = Box::leak(Box::new(Shape {
            xml_namespace: namespace(&facts["xmlNamespace"]),
            location_name: facts["locationName"].as_str().map(keep),
            exception: flag(facts, "exception"),
            ..Shape::plain(keep(name), kind?)
        }));
        if self.cuts == cuts {
            self.built.insert(key, shape);
        }
        Some(shape)
    }

    fn kind(&mut self, facts: &Value, change: &Change) -> Option<Kind> {
        let flattened = flag(facts, "flattened");
        Some(match facts["type"].as_str().unwrap_or_default() {
            "structure" if flag(facts, "document") => Kind::Document,
            "structure" => self.structure(facts),
            "list" => Kind::List { member: self.inside("member", &facts["member"])?, flattened },
            "map" => Kind::Map {
                key: self.inside("key", &facts["key"])?,
                value: self.inside("value", &facts["value"])?,
                flattened,
            },
            "boolean" => Kind::Boolean,
            "integer" | "short" | "byte" => Kind::Integer,
            "long" => Kind::Long,
            "float" => Kind::Float,
            "double" => Kind::Double,
            "blob" => Kind::Blob { streaming: change.streaming || flag(facts, "streaming") },
            "timestamp" => {
                let format = change.timestamp_format.as_deref().or(facts["timestampFormat"].as_str());
                Kind::Timestamp(format.and_then(timestamp_format))
            }
            _ => Kind::String { json: change.json },
        })
    }

    fn structure(&mut self, facts: &Value) -> Kind {
        let members: Vec<Member> = facts["members"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|facts| self.member(facts["name"].as_str().unwrap_or_default(), facts))
            .collect();
        let required: Vec<&str> =
            facts["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let members: Vec<Member> = members
            .into_iter()
            .map(|member| Member { required: required.contains(&member.name), ..member })
            .collect();
        let payload = facts["payload"].as_str();
        let event_stream = flag(facts, "eventstream");
        Kind::Structure {
            payload: members.iter().position(|member| Some(member.name) == payload),
            union: flag(facts, "union") && !event_stream,
            event_stream,
            members: members.leak(),
        }
    }

    fn inside(&mut self, name: &str, facts: &Value) -> Option<&'static Member> {
        self.member(name, facts).map(|member| &*Box::leak(Box::new(member)))
    }

    fn member(&mut self, name: &str, facts: &Value) -> Option<Member> {
        let change = Change {
            timestamp_format: facts["timestampFormat"].as_str().map(str::to_owned),
            json: flag(facts, "jsonvalue"),
            streaming: flag(facts, "streaming"),
        };
        let shape = self.shape(facts["shape"].as_str()?, &change)?;
        Some(Member {
            location: location(facts),
            location_name: facts["locationName"].as_str().map(keep),
            query_name: facts["queryName"].as_str().map(keep),
            flattened: flag(facts, "flattened"),
            xml_attribute: flag(facts, "xmlAttribute"),
            xml_namespace: namespace(&facts["xmlNamespace"]),
            ..Member::plain(keep(name), shape)
        })
    }
}

fn location(facts: &Value) -> Location {
    match facts["location"].as_str().unwrap_or_default() {
        _ if flag(facts, "eventheader") => Location::EventHeader,
        _ if flag(facts, "eventpayload") => Location::EventPayload,
        "uri" => Location::Uri,
        "querystring" => Location::QueryString,
        "header" => Location::Header,
        "headers" => Location::Headers,
        "statusCode" => Location::StatusCode,
        _ => Location::Body,
    }
}

fn timestamp_format(name: &str) -> Option<TimestampFormat> {
    match name {
        "unixTimestamp" => Some(TimestampFormat::EpochSeconds),
        "iso8601" => Some(TimestampFormat::DateTime),
        "rfc822" => Some(TimestampFormat::HttpDate),
        _ => None,
    }
}

fn namespace(facts: &Value) -> Option<(&'static str, &'static str)> {
    let address = facts.as_str().or(facts["uri"].as_str())?;
    Some((keep(facts["prefix"].as_str().unwrap_or_default()), keep(address)))
}

fn flag(facts: &Value, name: &str) -> bool {
    facts[name].as_bool().unwrap_or_default()
}

fn keep(text: &str) -> &'static str {
    text.to_owned().leak()
}
