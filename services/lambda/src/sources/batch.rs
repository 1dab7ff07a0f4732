//! Messages as a function gets them, and what its answer says became of them.
//!
//! The shapes are those of <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html> and, for answers that name
//! failures, <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>.

use std::collections::HashSet;

use api_sqs as sqs;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use names::Arn;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What an event's frame takes besides its records.
const FRAME_BYTES: usize = br#"{"Records":[]}"#.len();

/// An event for the function, and the messages in it.
#[derive(Default)]
pub(super) struct Batch {
    records: Vec<String>,
    bytes: usize,
    /// Message ids and receipt handles.
    messages: Vec<(String, String)>,
    /// Their traces, of those that have one.
    traces: Vec<String>,
}

impl Batch {
    /// Divides messages into events, none larger than `bytes_max` unless one message alone is.
    pub(super) fn divide(queue: &Arn, messages: Vec<sqs::Message>, bytes_max: usize) -> Vec<Self> {
        let mut batches: Vec<Batch> = Vec::new();
        for message in messages {
            let ids = (
                message.message_id.clone().unwrap_or_default(),
                message.receipt_handle.clone().unwrap_or_default(),
            );
            let trace =
                message.attributes.as_ref().and_then(|attributes| attributes.get("AWSTraceHeader").cloned());
            let record = record(queue, message).to_string();
            match batches.last_mut() {
                Some(batch) if batch.bytes + 1 + record.len() <= bytes_max => batch.push(ids, record, trace),
                _ => {
                    let mut batch = Batch { bytes: FRAME_BYTES, ..Batch::default() };
                    batch.push(ids, record, trace);
                    batches.push(batch);
                }
            }
        }
        batches
    }

    fn push(&mut self, ids: (String, String), record: String, trace: Option<String>) {
        self.bytes += record.len() + 1;
        self.records.push(record);
        self.messages.push(ids);
        self.traces.extend(trace);
    }

    /// The traces that its messages are parts of.
    pub(super) fn traces(&self) -> impl Iterator<Item = &str> {
        self.traces.iter().map(String::as_str)
    }

    /// The event.
    pub(super) fn event(&self) -> Bytes {
        Bytes::from(format!(r#"{{"Records":[{}]}}"#, self.records.join(",")))
    }

    /// The receipt handles of the messages that are done with, after the function answered this without an error.
    pub(super) fn done(&self, answer: &[u8], reports_failures: bool) -> Vec<String> {
        let failed = match reports_failures {
            true => self.failed(answer),
            false => Some(HashSet::new()),
        };
        // An answer that names no failures properly fails the whole batch.
        let Some(failed) = failed else { return Vec::new() };
        let done = self.messages.iter().filter(|(id, _)| !failed.contains(id));
        done.map(|(_, receipt_handle)| receipt_handle.clone()).collect()
    }

    /// The ids of messages that the function failed on; none when its answer cannot be understood.
    fn failed(&self, answer: &[u8]) -> Option<HashSet<String>> {
        let failed = failures(answer)?;
        let known: HashSet<&str> = self.messages.iter().map(|(id, _)| id.as_str()).collect();
        failed.iter().all(|id| known.contains(id.as_str())).then_some(failed)
    }
}

/// What a function's answer says that it failed on; none when it cannot be understood.
pub(super) fn failures(answer: &[u8]) -> Option<HashSet<String>> {
    let answer: Option<Answer> = serde_json::from_slice(answer).ok()?;
    let failures = answer.and_then(|answer| answer.failures).unwrap_or_default();
    Some(failures.into_iter().map(|failure| failure.id).collect())
}

/// A function's answer when it reports failures.
#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "batchItemFailures")]
    failures: Option<Vec<Failure>>,
}

#[derive(Deserialize)]
struct Failure {
    #[serde(rename = "itemIdentifier")]
    id: String,
}

/// A message, as a function gets it.
pub(super) fn record(queue: &Arn, message: sqs::Message) -> Value {
    let mut record = Map::new();
    let mut put = |name: &str, value: Value| record.insert(name.to_owned(), value);
    put("messageId", json!(message.message_id));
    put("receiptHandle", json!(message.receipt_handle));
    put("body", json!(message.body));
    put("attributes", json!(message.attributes.unwrap_or_default()));
    let attributes = message.message_attributes.unwrap_or_default();
    put("messageAttributes", attributes.into_iter().map(|(name, value)| (name, attribute(&value))).collect());
    if let Some(md5) = message.md5_of_message_attributes {
        put("md5OfMessageAttributes", json!(md5));
    }
    put("md5OfBody", json!(message.md5_of_body));
    put("eventSource", json!("aws:sqs"));
    put("eventSourceARN", json!(queue.as_str()));
    put("awsRegion", json!(queue.region_text()));
    record.into()
}

fn attribute(value: &sqs::MessageAttributeValue) -> Value {
    let mut shown = Map::new();
    if let Some(text) = &value.string_value {
        shown.insert("stringValue".into(), json!(text));
    }
    if let Some(bytes) = &value.binary_value {
        shown.insert("binaryValue".into(), json!(STANDARD.encode(bytes)));
    }
    shown.insert("stringListValues".into(), json!([]));
    shown.insert("binaryListValues".into(), json!([]));
    shown.insert("dataType".into(), json!(value.data_type));
    shown.into()
}

#[cfg(test)]
mod tests {
    use api_sqs as sqs;
    use names::Arn;
    use serde_json::{Value, json};

    use super::Batch;

    fn batches(bodies: &[&str], bytes_max: usize) -> Vec<Batch> {
        let queue: Arn = "arn:aws:sqs:us-east-1:000000000000:q".parse().unwrap();
        let message = |(at, body): (usize, &&str)| sqs::Message {
            message_id: Some(format!("m{at}")),
            receipt_handle: Some(format!("r{at}")),
            body: Some((*body).to_owned()),
            ..sqs::Message::default()
        };
        Batch::divide(&queue, bodies.iter().enumerate().map(message).collect(), bytes_max)
    }

    #[test]
    fn an_event_holds_the_messages_in_their_order() {
        let [batch] = &batches(&["a\"\u{1F600}", "b"], 10_000)[..] else { panic!("one batch") };
        let event: Value = serde_json::from_slice(&batch.event()).unwrap();
        let records = event["Records"].as_array().unwrap();
        assert_eq!(records.iter().map(|record| &record["body"]).collect::<Vec<_>>(), ["a\"\u{1F600}", "b"]);
        assert_eq!(records[0]["eventSource"], "aws:sqs");
        assert_eq!(records[0]["awsRegion"], "us-east-1");
        assert_eq!(records[0]["messageAttributes"], json!({}));
    }

    #[test]
    fn events_stay_below_the_limit_unless_one_message_is_larger() {
        let large = "x".repeat(600);
        for bytes_max in [1, 500, 900, 2000, 100_000] {
            let divided = batches(&[large.as_str(); 5], bytes_max);
            assert_eq!(divided.iter().map(|batch| batch.records.len()).sum::<usize>(), 5, "{bytes_max}");
            for batch in divided {
                assert!(batch.records.len() == 1 || batch.event().len() <= bytes_max, "{bytes_max}");
            }
        }
    }

    #[test]
    fn an_answer_names_the_failed_messages() {
        let batch = &batches(&["a", "b", "c"], 10_000)[0];
        let done = |answer: &str| batch.done(answer.as_bytes(), true);
        for success in ["null", "{}", r#"{"batchItemFailures":null}"#, r#"{"batchItemFailures":[]}"#] {
            assert_eq!(done(success), ["r0", "r1", "r2"], "{success}");
        }
        assert_eq!(done(r#"{"batchItemFailures":[{"itemIdentifier":"m1"}]}"#), ["r0", "r2"]);
        for failure in [
            "",
            "{",
            "\"ok\"",
            r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#,
            r#"{"batchItemFailures":[{"id":"m1"}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":"other"}]}"#,
        ] {
            assert!(done(failure).is_empty(), "{failure}");
        }
        assert_eq!(batch.done(b"whatever", false).len(), 3);
    }
}
