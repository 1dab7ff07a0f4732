//! Records as a function gets them.
//!
//! The shape is that of <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use api_dynamodbstreams as api;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};

/// What an event's frame takes besides its records.
pub(super) const FRAME_BYTES: usize = br#"{"Records":[]}"#.len();

/// A record that is to be handed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) number: String,
    pub(super) at_s: i64,
    /// The same for all records of an item.
    pub(super) item: u64,
    pub(super) text: String,
}

/// A record as a document, and what is asked of it.
pub(super) fn read(stream: &str, record: api::Record) -> (Value, Record) {
    let change = record.dynamodb.as_ref();
    let number = change.and_then(|change| change.sequence_number.clone()).unwrap_or_default();
    let at_s = change.and_then(|change| Some(change.approximate_creation_date_time?.secs()));
    let document = document(stream, record);
    let mut hasher = DefaultHasher::new();
    document["dynamodb"]["Keys"].to_string().hash(&mut hasher);
    let text = document.to_string();
    (document, Record { number, at_s: at_s.unwrap_or_default(), item: hasher.finish(), text })
}

/// The event of these records, with more members behind them.
pub(super) fn event(records: &[Record], more: &str) -> Bytes {
    let texts: Vec<&str> = records.iter().map(|record| record.text.as_str()).collect();
    Bytes::from(format!(r#"{{"Records":[{}]{more}}}"#, texts.join(",")))
}

fn document(stream: &str, record: api::Record) -> Value {
    let mut document = Map::new();
    let mut put = |name: &str, value: Value| document.insert(name.to_owned(), value);
    put("eventID", json!(record.event_id));
    put("eventName", json!(record.event_name.map(|name| name.to_string())));
    put("eventVersion", json!(record.event_version));
    put("eventSource", json!(record.event_source));
    put("awsRegion", json!(record.aws_region));
    put("dynamodb", change(record.dynamodb.unwrap_or_default()));
    if let Some(identity) = record.user_identity {
        put("userIdentity", json!({ "type": identity.r#type, "principalId": identity.principal_id }));
    }
    put("eventSourceARN", json!(stream));
    document.into()
}

fn change(change: api::StreamRecord) -> Value {
    let mut shown = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        value.map(|value| shown.insert(name.to_owned(), value));
    };
    put("ApproximateCreationDateTime", change.approximate_creation_date_time.map(|at| json!(at.secs())));
    put("Keys", change.keys.map(item));
    put("NewImage", change.new_image.map(item));
    put("OldImage", change.old_image.map(item));
    put("SequenceNumber", change.sequence_number.map(Value::from));
    put("SizeBytes", change.size_bytes.map(Value::from));
    put("StreamViewType", change.stream_view_type.map(|view| json!(view.to_string())));
    shown.into()
}

fn item(attributes: BTreeMap<String, api::AttributeValue>) -> Value {
    attributes.into_iter().map(|(name, attribute)| (name, value(attribute))).collect()
}

/// Values come from an item of ours, so their depth has a limit.
fn value(attribute: api::AttributeValue) -> Value {
    let bytes = |bytes: Bytes| STANDARD.encode(bytes);
    let mut shown = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        value.map(|value| shown.insert(name.to_owned(), value));
    };
    put("S", attribute.s.map(Value::from));
    put("N", attribute.n.map(Value::from));
    put("B", attribute.b.map(|blob| bytes(blob).into()));
    put("SS", attribute.ss.map(Value::from));
    put("NS", attribute.ns.map(Value::from));
    put("BS", attribute.bs.map(|blobs| blobs.into_iter().map(bytes).collect()));
    put("M", attribute.m.map(item));
    put("L", attribute.l.map(|list| list.into_iter().map(value).collect()));
    put("NULL", attribute.null.map(Value::from));
    put("BOOL", attribute.bool.map(Value::from));
    shown.into()
}

#[cfg(test)]
mod tests {
    use wire::Timestamp;

    use super::*;

    #[test]
    fn a_record_becomes_the_document_of_the_guide() {
        let number = api::AttributeValue { n: Some("101".into()), ..api::AttributeValue::default() };
        let blob =
            api::AttributeValue { b: Some(Bytes::from_static(b"\0")), ..api::AttributeValue::default() };
        let list =
            api::AttributeValue { l: Some(vec![number.clone(), blob]), ..api::AttributeValue::default() };
        let change = api::StreamRecord {
            approximate_creation_date_time: Some(Timestamp(1_479_499_740_000)),
            keys: Some(BTreeMap::from([("Id".to_owned(), number)])),
            new_image: Some(BTreeMap::from([("L".to_owned(), list)])),
            sequence_number: Some("100000000000000000001".into()),
            size_bytes: Some(26),
            stream_view_type: Some("NEW_IMAGE".into()),
            ..api::StreamRecord::default()
        };
        let identity = api::Identity { principal_id: Some("p".into()), r#type: Some("Service".into()) };
        let record = api::Record {
            event_name: Some("INSERT".into()),
            dynamodb: Some(change),
            user_identity: Some(identity),
            ..api::Record::default()
        };
        let (document, record) = read("arn", record);
        assert_eq!(
            document["dynamodb"],
            json!({
                "ApproximateCreationDateTime": 1_479_499_740,
                "Keys": { "Id": { "N": "101" } },
                "NewImage": { "L": { "L": [{ "N": "101" }, { "B": "AA==" }] } },
                "SequenceNumber": "100000000000000000001",
                "SizeBytes": 26,
                "StreamViewType": "NEW_IMAGE",
            })
        );
        assert_eq!(document["userIdentity"], json!({ "type": "Service", "principalId": "p" }));
        assert_eq!(
            (document["eventName"].as_str(), document["eventSourceARN"].as_str()),
            (Some("INSERT"), Some("arn"))
        );
        let whole: Value = serde_json::from_slice(&event(&[record.clone(), record], "")).unwrap();
        assert_eq!(whole["Records"], json!([document, document]));
    }
}
