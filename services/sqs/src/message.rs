//! Messages: what is stored of one, what one may hold, and the digests that clients check.

use std::cell::RefCell;
use std::collections::BTreeMap;

use api_sqs as api;
use bytes::Bytes;
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};
use service::Random;
use wire::{Fault, Timestamp};

use crate::errors;
use crate::fair::Tenant;
use crate::keys::Id;

/// Attributes that one message may have.
const ATTRIBUTES_MAX: usize = 10;
/// Texts up to this length are remembered with their digests.
const REMEMBERED_BYTES_MAX: usize = 256 * 1024;
/// How long one receive can hide a message, in seconds.
const HIDDEN_S_MAX: i64 = 12 * 60 * 60;

/// What is written once of a message; without the names of its fields, so they are only ever added, and at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Body {
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) attributes: BTreeMap<String, Attribute>,
    /// The sender's unique id.
    pub(crate) sender: String,
    /// The `AWSTraceHeader`, when the sender gave one.
    #[serde(default)]
    pub(crate) trace: Option<String>,
    /// The queue that it was taken from, when it is a dead letter.
    #[serde(default)]
    pub(crate) source: Option<String>,
    /// The digest of the text.
    #[serde(default)]
    pub(crate) digest: Option<String>,
    /// The group that the sender gave.
    #[serde(default)]
    pub(crate) group: Option<String>,
    /// The id by which a FIFO queue knows it again.
    #[serde(default)]
    pub(crate) deduplication: Option<String>,
    /// Its number in its group of a FIFO queue.
    #[serde(default)]
    pub(crate) sequence: Option<u64>,
}

#[cfg(test)]
layouts::stays!(stored_body: compact Body);

/// What moves along the index. Every receive writes it anew, so it is as small as it gets: without the names of its fields,
/// which are only ever added, and at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Transit {
    /// When it was sent, in milliseconds since 1970.
    pub(crate) sent_ms: i64,
    /// How often it was received.
    pub(crate) receives: u32,
    /// When it was first received.
    pub(crate) first_received_ms: Option<i64>,
    /// When it was last received.
    #[serde(default)]
    pub(crate) last_received_ms: Option<i64>,
    /// Whether its visibility was changed since it was last received: `moved` has the moment of its index entry then.
    #[serde(default)]
    pub(crate) is_moved: bool,
    /// Whose it is in a standard queue, if it has a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tenant: Option<Tenant>,
}

#[cfg(test)]
layouts::stays!(stored_transit: compact Transit);

/// A message attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attribute {
    pub(crate) data_type: String,
    pub(crate) value: Value,
}

/// Its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Value {
    Text(String),
    Binary(Bytes),
}

impl Transit {
    /// As it is once it has been received at that moment.
    pub(crate) fn received(self, now_ms: i64) -> Self {
        Transit {
            receives: self.receives + 1,
            first_received_ms: self.first_received_ms.or(Some(now_ms)),
            last_received_ms: Some(now_ms),
            is_moved: false,
            ..self
        }
    }

    /// Refuses to hide a message for longer than a receive may hide it, all changes together.
    pub(crate) fn check_hidden_until(&self, visible_at_ms: i64, timeout_ms: i64) -> Result<(), Fault> {
        let received_ms = self.last_received_ms.unwrap_or(visible_at_ms);
        // In whole seconds: who asks for all of it gets it, though a moment has passed.
        if (visible_at_ms - received_ms) / 1000 <= HIDDEN_S_MAX {
            return Ok(());
        }
        Err(errors::invalid_value(format!(
            "Value {} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond \
             the limit [{HIDDEN_S_MAX} seconds]",
            timeout_ms / 1000
        )))
    }
}

impl Value {
    fn bytes(&self) -> &[u8] {
        match self {
            Value::Text(text) => text.as_bytes(),
            Value::Binary(bytes) => bytes,
        }
    }
}

/// Refuses texts that XML cannot carry, and empty ones.
pub(crate) fn check_text(text: &str) -> Result<(), Fault> {
    if text.is_empty() {
        return Err(errors::missing("MessageBody"));
    }
    // Most texts are plain, which needs no look at each letter.
    let is_plain = |bytes: &[u8]| bytes.iter().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'));
    if text.as_bytes().chunks(256).all(is_plain) {
        return Ok(());
    }
    let fits = |letter: char| matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}');
    if text.chars().all(fits) {
        return Ok(());
    }
    Err(api::error::invalid_message_contents(
        "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | \
         #x10000 to #x10FFFF",
    ))
}

/// Checks and takes over the attributes of a message to send.
pub(crate) fn read_attributes(
    given: Option<&BTreeMap<String, api::MessageAttributeValue>>,
) -> Result<BTreeMap<String, Attribute>, Fault> {
    let given = given.into_iter().flatten();
    let attributes = given
        .map(|(name, value)| Ok((name.clone(), read_attribute(name, value)?)))
        .collect::<Result<BTreeMap<_, _>, Fault>>()?;
    if attributes.len() > ATTRIBUTES_MAX {
        let message = format!(
            "Number of message attributes [{}] exceeds the allowed maximum [{ATTRIBUTES_MAX}].",
            attributes.len()
        );
        return Err(errors::invalid_value(message));
    }
    Ok(attributes)
}

fn read_attribute(name: &str, given: &api::MessageAttributeValue) -> Result<Attribute, Fault> {
    check_attribute_name(name)?;
    let is_list = |given: &api::MessageAttributeValue| {
        given.string_list_values.is_some() || given.binary_list_values.is_some()
    };
    if is_list(given) {
        let message = "Message attribute list values in SendMessage operation are not supported.";
        return Err(errors::invalid_value(message));
    }
    let data_type = &given.data_type;
    let kind = data_type.split('.').next().unwrap_or_default();
    let value = match (kind, &given.string_value, &given.binary_value) {
        ("String" | "Number", Some(text), _) if !text.is_empty() => Value::Text(text.clone()),
        ("Binary", _, Some(bytes)) if !bytes.is_empty() => Value::Binary(bytes.clone()),
        ("String" | "Number" | "Binary", ..) => {
            let message =
                format!("Message (user) attribute '{name}' must contain a non-empty value of type '{kind}'.");
            return Err(errors::invalid_value(message));
        }
        _ => {
            let message = format!(
                "The type of message (user) attribute '{name}' is invalid. You must use only the following supported type \
                 prefixes: Binary, Number, String."
            );
            return Err(errors::invalid_value(message));
        }
    };
    if let ("Number", Value::Text(text)) = (kind, &value)
        && text.parse::<f64>().is_err()
    {
        let message = format!("Can't cast the value of message (user) attribute '{name}' to a number.");
        return Err(errors::invalid_value(message));
    }
    Ok(Attribute { data_type: data_type.clone(), value })
}

fn check_attribute_name(name: &str) -> Result<(), Fault> {
    let reserved = ["aws.", "amazon."].iter().any(|prefix| name.to_ascii_lowercase().starts_with(prefix));
    let dots = name.starts_with('.') || name.ends_with('.') || name.contains("..");
    if !names::is_plain(name, "_-.", 1..=256) || dots || reserved {
        let message = "The message attribute name is invalid: it can contain only A-Z, a-z, 0-9, underscore, hyphen and \
                       period, must not start or end with a period, have periods in succession, be longer than 256 \
                       characters, or start with a reserved prefix.";
        return Err(errors::invalid_value(message));
    }
    Ok(())
}

/// What a message counts against the size limit: its text, and the names, types and values of its attributes.
pub(crate) fn size_bytes(text: &str, attributes: &BTreeMap<String, Attribute>) -> usize {
    let attribute = |(name, attribute): (&String, &Attribute)| {
        name.len() + attribute.data_type.len() + attribute.value.bytes().len()
    };
    text.len() + attributes.iter().map(attribute).sum::<usize>()
}

/// An id for a message: the moment (48 bits of milliseconds), then chance. Bodies stand in the order of their ids, and
/// what is written in order is cheap to write and to delete.
pub(crate) fn id(random: &Random, now: Timestamp) -> Id {
    let mut id: Id = random.bytes();
    if let Some((moment, [_, _, millis @ ..])) =
        id.first_chunk_mut::<6>().zip(Some(now.millis().to_be_bytes()))
    {
        *moment = millis;
    }
    id
}

thread_local! {
    /// The text that was digested last, and its digest.
    static LAST: RefCell<(String, String)> = RefCell::default();
}

/// The digest of a body. What a topic delivers to many queues is the same text each time, and digested once.
pub(crate) fn digest(text: &str) -> String {
    if text.len() > REMEMBERED_BYTES_MAX {
        return hex::encode(Md5::digest(text));
    }
    LAST.with_borrow_mut(|(last, digest)| {
        if last != text || digest.is_empty() {
            *digest = hex::encode(Md5::digest(text));
            last.clear();
            last.push_str(text);
        }
        digest.clone()
    })
}

/// The digests of the bodies of a batch, in their order.
pub(crate) fn digests<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let texts: Vec<&[u8]> = texts.map(str::as_bytes).collect();
    checksums::md5_of_each(&texts).into_iter().map(hex::encode).collect()
}

/// The digest of attributes, as "Calculating the MD5 message digest for message attributes" in the SQS developer guide
/// defines it: sorted by name, each part preceded by its length. `None` when there are none.
pub(crate) fn digest_of_attributes(attributes: &BTreeMap<String, Attribute>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut digest = Md5::new();
    for (name, attribute) in attributes {
        digest_part(&mut digest, name.as_bytes());
        digest_part(&mut digest, attribute.data_type.as_bytes());
        digest.update([if matches!(attribute.value, Value::Text(_)) { 1 } else { 2 }]);
        digest_part(&mut digest, attribute.value.bytes());
    }
    Some(hex::encode(digest.finalize()))
}

fn digest_part(digest: &mut Md5, part: &[u8]) {
    digest.update((part.len() as u32).to_be_bytes());
    digest.update(part);
}

/// An attribute as clients get it.
pub(crate) fn write_attribute(attribute: &Attribute) -> api::MessageAttributeValue {
    let (text, bytes) = match &attribute.value {
        Value::Text(text) => (Some(text.clone()), None),
        Value::Binary(bytes) => (None, Some(bytes.clone())),
    };
    api::MessageAttributeValue {
        data_type: attribute.data_type.clone(),
        string_value: text,
        binary_value: bytes,
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(data_type: &str, value: &str) -> api::MessageAttributeValue {
        api::MessageAttributeValue {
            data_type: data_type.into(),
            string_value: Some(value.into()),
            ..Default::default()
        }
    }

    #[test]
    fn digests_are_those_of_the_sdks() {
        let (hello, nothing) = ("5eb63bbbe01eeed093cb22bb8f5acdc3", "d41d8cd98f00b204e9800998ecf8427e");
        for (text, expected) in [("", nothing), ("hello world", hello), ("hello world", hello), ("", nothing)]
        {
            assert_eq!(digest(text), expected);
        }
        assert_eq!(digests(["hello world", ""].into_iter()), [hello, nothing]);
        let attributes = BTreeMap::from([("timestamp".to_owned(), text("Number", "1493147359900"))]);
        let attributes = read_attributes(Some(&attributes)).unwrap();
        // The value is the one that botocore's own test of this algorithm has.
        assert_eq!(digest_of_attributes(&attributes).unwrap(), "235c5c510d26fb653d073faed50ae77c");
        assert_eq!(digest_of_attributes(&BTreeMap::new()), None);
    }

    #[test]
    fn attributes_are_checked() {
        for (name, value) in [
            ("", text("String", "x")),
            ("aws.x", text("String", "x")),
            ("a..b", text("String", "x")),
            ("ok", text("String", "")),
            ("ok", text("Boolean", "true")),
            ("ok", text("Number", "many")),
            ("ok", text("Binary", "not bytes")),
        ] {
            let given = BTreeMap::from([(name.to_owned(), value)]);
            assert!(read_attributes(Some(&given)).is_err(), "{given:?}");
        }
        let eleven: BTreeMap<_, _> = (0..11).map(|n| (format!("n{n}"), text("String.custom", "x"))).collect();
        assert!(read_attributes(Some(&eleven)).is_err());
    }

    #[test]
    fn texts_are_what_xml_can_carry() {
        assert!(check_text("grüße 🚀\t\n").is_ok());
        assert_eq!(check_text("").unwrap_err().query_code.unwrap(), "MissingParameter");
        for text in ["\u{0}", "a\u{8}", "\u{FFFF}"] {
            assert_eq!(check_text(text).unwrap_err().code, "InvalidMessageContents");
        }
    }
}
