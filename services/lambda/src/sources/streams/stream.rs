//! A stream, as a mapping reads it: in Lambda's own name, through the operations of DynamoDB Streams.

use std::sync::Arc;

use api_dynamodbstreams as api;
use names::Arn;
use service::{Cloud, Context};
use wire::Fault;

use crate::errors;

/// Records that one look gives.
const PAGE_MAX: usize = 1000;

/// A stream.
pub(super) struct Stream {
    context: Context,
    arn: String,
}

/// Records, and whether there will never be more.
pub(super) struct Page {
    pub(super) records: Vec<api::Record>,
    pub(super) is_over: bool,
}

impl Stream {
    /// The stream of that ARN.
    pub(super) fn of(cloud: &Arc<Cloud>, arn: &Arn) -> Result<Self, Fault> {
        let scope = arn.scope().ok_or_else(|| errors::invalid("Unrecognized event source."))?;
        Ok(Stream { context: cloud.context_of("lambda", scope), arn: arn.to_string() })
    }

    /// Its shards.
    pub(super) async fn shards(&self) -> Result<Vec<api::Shard>, Fault> {
        let mut shards = Vec::new();
        let mut after = None;
        loop {
            let input = api::DescribeStreamInput {
                stream_arn: self.arn.clone(),
                exclusive_start_shard_id: after,
                ..api::DescribeStreamInput::default()
            };
            let shown = self.context.call::<api::DescribeStream>(input).await?.stream_description;
            let shown = shown.unwrap_or_default();
            shards.extend(shown.shards.unwrap_or_default());
            after = shown.last_evaluated_shard_id;
            if after.is_none() {
                return Ok(shards);
            }
        }
    }

    /// Records after that sequence number, or from the oldest one on.
    pub(super) async fn read(&self, shard: &str, after: Option<&str>, count: usize) -> Result<Page, Fault> {
        let kind = if after.is_some() { "AFTER_SEQUENCE_NUMBER" } else { "TRIM_HORIZON" };
        let input = api::GetShardIteratorInput {
            stream_arn: self.arn.clone(),
            shard_id: shard.to_owned(),
            shard_iterator_type: kind.into(),
            sequence_number: after.map(str::to_owned),
        };
        let iterator = self.context.call::<api::GetShardIterator>(input).await?.shard_iterator;
        let input = api::GetRecordsInput {
            shard_iterator: iterator.unwrap_or_default(),
            limit: Some(count.min(PAGE_MAX) as i32),
        };
        let output = self.context.call::<api::GetRecords>(input).await?;
        Ok(Page {
            records: output.records.unwrap_or_default(),
            is_over: output.next_shard_iterator.is_none(),
        })
    }

    /// The sequence number after which a shard has nothing yet.
    pub(super) async fn end_of(&self, shard: &api::Shard) -> Result<Option<String>, Fault> {
        let range = shard.sequence_number_range.as_ref();
        let first = range.and_then(|range| range.starting_sequence_number.as_ref()?.parse::<u128>().ok());
        let (Some(first), Some(id)) = (first, &shard.shard_id) else { return Ok(None) };
        let mut low = first.saturating_sub(1);
        if !self.goes_on(id, low).await? {
            return Ok(Some(low.to_string()));
        }
        let mut step = 1;
        while self.goes_on(id, low + step).await? {
            (low, step) = (low + step, step * 2);
        }
        let mut high = low + step;
        // It goes on after `low`, and not after `high`.
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.goes_on(id, middle).await? { low = middle } else { high = middle }
        }
        Ok(Some(high.to_string()))
    }

    /// Whether there is, or was, a record after that number.
    async fn goes_on(&self, shard: &str, number: u128) -> Result<bool, Fault> {
        match self.read(shard, Some(&number.to_string()), 1).await {
            Ok(page) => Ok(!page.records.is_empty()),
            Err(fault) if is_trimmed(&fault) => Ok(true),
            Err(fault) => Err(fault),
        }
    }
}

/// Whether what comes next is gone already.
pub(super) fn is_trimmed(fault: &Fault) -> bool {
    fault.code == "TrimmedDataAccessException"
}
