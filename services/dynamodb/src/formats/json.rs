//! DynamoDB's JSON: `{"Item":{"id":{"S":"1"}}}`, a line for each item, as bodies of requests and answers have them.

use api_dynamodb::{AttributeMap, PutRequest, schema};
use expressions::Item;
use serde::de::IgnoredAny;

use super::Wrong;
use crate::{attribute, errors};

/// A line of an object with these items.
pub(crate) fn line<'a>(items: impl IntoIterator<Item = (&'a str, Item)>) -> Vec<u8> {
    let mut line = Vec::new();
    for (name, item) in items {
        line.push(if line.is_empty() { b'{' } else { b',' });
        line.extend_from_slice(format!("\"{name}\":").as_bytes());
        line.extend(wire::to_json(&AttributeMap::from(item), &schema::ATTRIBUTE_MAP));
    }
    line.push(b'}');
    line
}

/// The item of a line.
pub(super) fn item(line: &[u8]) -> Result<Item, Wrong> {
    let read = wire::from_json::<PutRequest>(line, &schema::PUT_REQUEST);
    let PutRequest { item } = read.map_err(|malformed| match serde_json::from_slice::<IgnoredAny>(line) {
        Ok(_) => Wrong::Invalid(errors::invalid(malformed.0)),
        Err(error) => Wrong::Unreadable(error.to_string()),
    })?;
    Ok(attribute::item(&item)?)
}
