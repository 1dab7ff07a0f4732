//! Where batches go that were given up: a queue or a topic is told which records they were.
//!
//! The document is that of <https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html>. The records
//! themselves are not in it.

use names::Arn;
use serde_json::{Value, json};
use service::Result;
use wire::{Timestamp, TimestampFormat};

use super::event::Record;
use super::shard::Reader;
use crate::telling::{self, Body, Telling};

/// A batch that was given up.
pub(super) struct GivenUp<'a> {
    /// Of the last invocation.
    pub(super) request_id: &'a str,
    /// Why.
    pub(super) condition: &'static str,
    pub(super) invocations: u32,
    pub(super) error: Option<&'static str>,
    pub(super) records: &'a [Record],
}

/// Tells the mapping's destination, if it has one. One that does not take it is told again later, and keeps nobody waiting.
pub(super) async fn send(reader: &Reader, given_up: &GivenUp<'_>) -> Result<()> {
    let function = reader.mapping.function().qualified_arn();
    tracing::warn!(
        function = function.as_str(),
        condition = given_up.condition,
        records = given_up.records.len(),
        "a batch of a stream is given up"
    );
    let told = reader.settings.destination.as_ref().filter(|_| !given_up.records.is_empty());
    let Some(told) = told else { return Ok(()) };
    let text = given_up.document(&function, reader).to_string();
    let scope = reader.mapping.scope;
    let context = reader.cloud.context_of("lambda", scope);
    let telling = Telling::new(scope, &reader.mapping.function, told, Body::Document(text));
    telling::tell(&context, telling).await
}

impl GivenUp<'_> {
    fn document(&self, function: &Arn, reader: &Reader) -> Value {
        let now = reader.cloud.clock.now().format(TimestampFormat::DateTime);
        let (shard, stream) = (reader.shard.as_str(), reader.mapping.source.as_str());
        let mut document = json!({
            "requestContext": {
                "requestId": self.request_id,
                "functionArn": function.as_str(),
                "condition": self.condition,
                "approximateInvokeCount": self.invocations,
            },
            "version": "1.0",
            "timestamp": now,
            "DDBStreamBatchInfo": self.batch(shard, stream),
        });
        if self.invocations > 0 {
            document["responseContext"] = json!({
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": self.error,
            });
        }
        document
    }

    /// Which records they were.
    fn batch(&self, shard: &str, stream: &str) -> Value {
        let (first, last) = (self.records.first(), self.records.last());
        let number = |record: Option<&Record>| record.map(|record| record.number.clone());
        let at = |record: Option<&Record>| {
            record.map(|record| Timestamp::from_secs(record.at_s).format(TimestampFormat::DateTime))
        };
        json!({
            "shardId": shard,
            "startSequenceNumber": number(first),
            "endSequenceNumber": number(last),
            "approximateArrivalOfFirstRecord": at(first),
            "approximateArrivalOfLastRecord": at(last),
            "batchSize": self.records.len(),
            "streamArn": stream,
        })
    }
}
