//! From a published description to facts: prose and client-side hints fall away, the rest takes one form.
//!
//! Every trait is either kept, reshaped or knowingly dropped; one that stands in no list here is refused, so that a new
//! version of the descriptions cannot bring something that Cloudlet silently ignores.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};

type Traits = Map<String, Value>;

/// A description, as published. Members keep the order of the file, which is the order on the wire.
#[derive(Deserialize)]
struct Description {
    metadata: Traits,
    operations: IndexMap<String, Traits>,
    shapes: IndexMap<String, Shape>,
}

#[derive(Deserialize)]
struct Shape {
    members: Option<IndexMap<String, Traits>>,
    #[serde(flatten)]
    traits: Traits,
}

/// What becomes of the traits of one kind of thing. Those in neither list are unknown.
struct Fate {
    kept: &'static [&'static str],
    /// Prose, and hints about retries, endpoints and credentials that only a client's own library heeds.
    dropped: &'static [&'static str],
}

const SERVICE: Fate = Fate {
    kept: &[
        "apiVersion",
        "auth",
        "checksumFormat",
        "endpointPrefix",
        "globalEndpoint",
        "jsonVersion",
        "protocol",
        "protocolSettings",
        "protocols",
        "serviceId",
        "signatureVersion",
        "signingName",
        "targetPrefix",
        "uid",
        "xmlNamespace",
    ],
    dropped: &["awsQueryCompatible", "ripServiceName", "serviceAbbreviation", "serviceFullName"],
};

const OPERATION: Fate = Fate {
    kept: &[
        "auth",
        "authtype",
        "deprecated",
        "http",
        "httpChecksum",
        "httpChecksumRequired",
        "idempotent",
        "readonly",
        "requestcompression",
        "unsignedPayload",
    ],
    dropped: &[
        "deprecatedMessage",
        "deprecatedSince",
        "documentation",
        "documentationUrl",
        "endpointdiscovery",
        "endpointoperation",
        "name",
        "operationContextParams",
        "staticContextParams",
    ],
};

const SHAPE: Fate = Fate {
    kept: &[
        "box",
        "deprecated",
        "document",
        "enum",
        "error",
        "event",
        "eventstream",
        "exception",
        "fault",
        "flattened",
        "locationName",
        "max",
        "min",
        "pattern",
        "payload",
        "required",
        "requiresLength",
        "retryable",
        "sensitive",
        "sparse",
        "streaming",
        "synthetic",
        "timestampFormat",
        "type",
        "union",
        "wrapper",
        "xmlNamespace",
        "xmlOrder",
    ],
    dropped: &["deprecatedMessage", "deprecatedSince", "documentation"],
};

const MEMBER: Fate = Fate {
    kept: &[
        "box",
        "deprecated",
        "enum",
        "eventheader",
        "eventpayload",
        "flattened",
        "hostLabel",
        "idempotencyToken",
        "jsonvalue",
        "location",
        "locationName",
        "queryName",
        "shape",
        "streaming",
        "timestampFormat",
        "xmlAttribute",
        "xmlNamespace",
    ],
    dropped: &["contextParam", "deprecatedMessage", "deprecatedSince", "documentation"],
};

/// The facts of a service, before corrections.
pub(crate) fn facts(service: &str, version: &str, description: &[u8]) -> Result<Value> {
    let description: Description =
        serde_json::from_slice(description).map_err(|error| Error::description(service, error))?;
    build(service, version, description).map_err(|why| Error::description(service, why))
}

fn build(name: &str, version: &str, description: Description) -> Result<Value, String> {
    let Description { metadata, operations, shapes } = description;
    let query_compatible = metadata.contains_key("awsQueryCompatible");
    let mut facts = service(metadata)?;
    facts.insert("service".into(), name.into());
    facts.insert("botocore".into(), version.into());
    let operations = operations
        .into_iter()
        .map(|(name, traits)| Ok((name.clone(), operation(&name, traits, query_compatible)?)))
        .collect::<Result<Traits, String>>()?;
    let shapes = shapes
        .into_iter()
        .map(|(name, one)| Ok((name.clone(), shape(&name, one)?)))
        .collect::<Result<Traits, String>>()?;
    facts.insert("operations".into(), operations.into());
    facts.insert("shapes".into(), shapes.into());
    Ok(facts.into())
}

/// The service's own facts: `protocols` is never empty, `signingName` always there.
fn service(metadata: Traits) -> Result<Traits, String> {
    let query_compatible = metadata.contains_key("awsQueryCompatible");
    let mut facts = SERVICE.apply(metadata, "metadata")?;
    let protocol = facts.get("protocol").cloned().ok_or("metadata: no protocol")?;
    let protocols = facts.entry("protocols").or_insert_with(|| json!([protocol]));
    if let (true, Some(protocols)) = (query_compatible, protocols.as_array_mut()) {
        // The service spoke awsQuery before JSON, and old clients still do.
        protocols.push("query".into());
        facts.insert("queryCompatible".into(), true.into());
    }
    let prefix = facts.get("endpointPrefix").cloned().ok_or("metadata: no endpointPrefix")?;
    facts.entry("signingName").or_insert(prefix);
    Ok(facts)
}

fn operation(name: &str, mut traits: Traits, query_compatible: bool) -> Result<Value, String> {
    let place = format!("operations/{name}");
    let mut named = Traits::new();
    if let Some(input) = take_object(&mut traits, "input") {
        for (from, to) in [("shape", "input"), ("locationName", "inputLocationName")] {
            keep(&mut named, to, input.get(from).cloned());
        }
        keep(&mut named, "inputXmlNamespace", input.get("xmlNamespace").cloned().map(namespace));
    }
    if let Some(output) = take_object(&mut traits, "output") {
        // The descriptions of services that moved to JSON no longer tell the wrapper; it was always this.
        let wrapper = query_compatible.then(|| format!("{name}Result").into());
        keep(&mut named, "output", output.get("shape").cloned());
        keep(&mut named, "outputWrapper", output.get("resultWrapper").cloned().or(wrapper));
    }
    if let Some(endpoint) = take_object(&mut traits, "endpoint") {
        keep(&mut named, "hostPrefix", endpoint.get("hostPrefix").cloned());
    }
    if let Some(Value::Array(errors)) = traits.remove("errors") {
        let names = errors.into_iter().map(|error| error["shape"].clone()).collect::<Vec<_>>();
        keep(&mut named, "errors", (!names.is_empty()).then(|| names.into()));
    }
    let mut facts = OPERATION.apply(traits, &place)?;
    facts.append(&mut named);
    Ok(facts.into())
}

fn shape(name: &str, shape: Shape) -> Result<Value, String> {
    let place = format!("shapes/{name}");
    let Shape { members, mut traits } = shape;
    let mut parts = Traits::new();
    for part in ["member", "key", "value"] {
        if let Some(inner) = take_object(&mut traits, part) {
            parts.insert(part.into(), member(inner, &format!("{place}/{part}"))?.into());
        }
    }
    if let Some(members) = members {
        let members = members.into_iter().map(|(name, traits)| {
            let mut facts = member(traits, &format!("{place}/members/{name}"))?;
            facts.insert("name".into(), name.into());
            Ok(facts.into())
        });
        parts.insert("members".into(), members.collect::<Result<Vec<Value>, String>>()?.into());
    }
    let mut facts = SHAPE.apply(traits, &place)?;
    facts.append(&mut parts);
    Ok(facts.into())
}

fn member(traits: Traits, place: &str) -> Result<Traits, String> {
    MEMBER.apply(traits, place)
}

impl Fate {
    /// Keeps what is to be kept and says something; fails on a trait that is in no list.
    fn apply(&self, traits: Traits, place: &str) -> Result<Traits, String> {
        let mut facts = Traits::new();
        for (name, value) in traits {
            if self.kept.contains(&name.as_str()) {
                let value =
                    if name == "xmlNamespace" && place != "metadata" { namespace(value) } else { value };
                keep(&mut facts, &name, Some(value));
            } else if !self.dropped.contains(&name.as_str()) {
                return Err(format!(
                    "{place}: the trait `{name}` is unknown; decide in normalise.rs what becomes of it"
                ));
            }
        }
        Ok(facts)
    }
}

/// An XML namespace as an object: descriptions write a bare address too.
fn namespace(value: Value) -> Value {
    if value.is_string() { json!({ "uri": value }) } else { value }
}

/// Keeps a value, unless its absence says the same.
fn keep(facts: &mut Traits, name: &str, value: Option<Value>) {
    let silent = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(entries) => entries.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    };
    if let Some(value) = value.filter(|value| !silent(value)) {
        facts.insert(name.to_owned(), value);
    }
}

fn take_object(traits: &mut Traits, name: &str) -> Option<Traits> {
    match traits.remove(name) {
        Some(Value::Object(object)) => Some(object),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
