//! A message to publish: checked, and as the filter policies see it.

use std::collections::BTreeMap;

use api_sns as api;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use wire::Fault;

use crate::errors;

/// A message with its attributes, in bytes: 256 KB.
pub(crate) const BYTES_MAX: usize = 262_144;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) text: String,
    pub(crate) subject: Option<String>,
    pub(crate) attributes: BTreeMap<String, Attribute>,
    /// Other texts for some protocols.
    pub(crate) by_protocol: BTreeMap<String, String>,
}

/// A message attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attribute {
    pub(crate) kind: String,
    pub(crate) text: Option<String>,
    pub(crate) bytes: Option<Bytes>,
}

impl Attribute {
    /// A text.
    pub(crate) fn text(text: &str) -> Self {
        Attribute { kind: "String".to_owned(), text: Some(text.to_owned()), bytes: None }
    }
}

impl Message {
    pub(crate) fn new(
        text: &str,
        subject: Option<&str>,
        structure: Option<&str>,
        attributes: Option<&BTreeMap<String, api::MessageAttributeValue>>,
    ) -> Result<Self, Fault> {
        if text.is_empty() {
            return Err(errors::invalid("Empty message"));
        }
        let is_subject = |subject: &str| {
            (1..=100).contains(&subject.chars().count()) && !subject.contains(char::is_control)
        };
        if subject.is_some_and(|subject| !is_subject(subject)) {
            return Err(errors::invalid("Subject"));
        }
        let mut by_protocol = match structure {
            None => BTreeMap::new(),
            Some("json") => texts(text)?,
            Some(_) => return Err(errors::invalid("MessageStructure")),
        };
        let attributes = attributes.into_iter().flatten();
        let attributes = attributes.map(|(name, value)| Ok((name.clone(), attribute(name, value)?)));
        let message = Message {
            text: by_protocol.remove("default").unwrap_or_else(|| text.to_owned()),
            subject: subject.map(str::to_owned),
            attributes: attributes.collect::<Result<_, Fault>>()?,
            by_protocol,
        };
        if text.len() + message.attributes_bytes() > BYTES_MAX {
            return Err(errors::invalid("Message too long"));
        }
        Ok(message)
    }

    /// What the attributes count for in the size of a message.
    pub(crate) fn attributes_bytes(&self) -> usize {
        let of = |attribute: &Attribute| {
            let text = attribute.text.as_ref().map_or(0, String::len);
            attribute.kind.len() + text + attribute.bytes.as_ref().map_or(0, Bytes::len)
        };
        self.attributes.iter().map(|(name, attribute)| name.len() + of(attribute)).sum()
    }

    /// The text for that protocol.
    pub(crate) fn text_for(&self, protocol: &str) -> &str {
        self.by_protocol.get(protocol).unwrap_or(&self.text)
    }

    /// The attributes as JSON, for filter policies. Bytes cannot be filtered by.
    pub(crate) fn attributes_as_json(&self) -> Value {
        let value = |attribute: &Attribute| {
            let text = attribute.text.as_ref()?;
            match attribute.kind.split('.').next() {
                Some("Number") => serde_json::from_str(text).ok(),
                Some("String") if attribute.kind == "String.Array" => serde_json::from_str(text).ok(),
                Some("String") => Some(Value::String(text.clone())),
                _ => None,
            }
        };
        let pairs =
            self.attributes.iter().filter_map(|(name, attribute)| Some((name.clone(), value(attribute)?)));
        Value::Object(pairs.collect::<Map<_, _>>())
    }

    /// The body as JSON, for filter policies; null when it is none.
    pub(crate) fn body_as_json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

/// The texts of a message with one for each protocol.
fn texts(text: &str) -> Result<BTreeMap<String, String>, Fault> {
    let Ok(Value::Object(texts)) = serde_json::from_str(text) else {
        return Err(errors::invalid("Message Structure - JSON message body failed to parse"));
    };
    let strings = texts.into_iter().filter_map(|(protocol, text)| match text {
        Value::String(text) => Some((protocol, text)),
        _ => None,
    });
    let texts: BTreeMap<String, String> = strings.collect();
    if texts.contains_key("default") {
        return Ok(texts);
    }
    Err(errors::invalid("Message Structure - No default entry in JSON message body"))
}

fn attribute(name: &str, value: &api::MessageAttributeValue) -> Result<Attribute, Fault> {
    let kind = value.data_type.as_str();
    let empty = || {
        let message = format!(
            "The message attribute '{name}' must contain non-empty message attribute value for message attribute type '{kind}'."
        );
        api::error::invalid_parameter_value_exception(message)
    };
    let is_valid = match kind.split('.').next() {
        Some("Binary") => value.binary_value.as_ref().is_some_and(|bytes| !bytes.is_empty()),
        Some("String") => value.string_value.as_ref().is_some_and(|text| !text.is_empty()),
        Some("Number") => {
            let text = value.string_value.as_ref().filter(|text| !text.is_empty()).ok_or_else(empty)?;
            if text.parse::<f64>().is_err() {
                let message = format!("Could not cast message attribute '{name}' value to number.");
                return Err(api::error::invalid_parameter_value_exception(message));
            }
            true
        }
        _ => {
            let message = format!(
                "The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
            );
            return Err(api::error::invalid_parameter_value_exception(message));
        }
    };
    if !is_valid {
        return Err(empty());
    }
    Ok(Attribute {
        kind: kind.to_owned(),
        text: value.string_value.clone(),
        bytes: value.binary_value.clone(),
    })
}
