//! DynamoDB Streams, the API: streams and their shards are listed, iterators handed out, records read.
//!
//! It only reads what `crate::stream` keeps. An iterator has all that it needs in itself, sealed: nobody keeps who reads.

mod image;
mod iterator;
mod list;
mod read;

use api_dynamodbstreams as api;
use names::Arn;
use service::{Result, Service};
use store::Reads;
use wire::Fault;

use crate::errors;
use crate::keys;
use crate::stream::{Head, Stream};

/// The service.
#[must_use]
pub fn service() -> Service {
    Service::new(&api::FACTS)
        .read::<api::ListStreams>(list::list, |_, _| Vec::new())
        .read::<api::DescribeStream>(list::describe, |_, input| named(&input.stream_arn))
        .read::<api::GetShardIterator>(iterator::get, |_, input| named(&input.stream_arn))
        .read::<api::GetRecords>(read::get, |_, input| named(iterator::stream_of(&input.shard_iterator)))
}

/// The stream of that ARN, as a resource.
fn named(arn: &str) -> Vec<Arn> {
    arn.parse().into_iter().collect()
}

/// The stream of that ARN.
fn find(reads: &impl Reads, arn: &str) -> Result<Stream> {
    let parsed: Option<Arn> = arn.parse().ok().filter(|arn: &Arn| arn.service() == "dynamodb");
    let named = parsed.as_ref().and_then(|arn| {
        let (table, label) = arn.resource().strip_prefix("table/")?.split_once("/stream/")?;
        Some((arn.scope()?, table, label))
    });
    let (scope, table, label) = named.ok_or_else(|| errors::invalid("Invalid StreamArn"))?;
    let missing = || not_found(format_args!("Stream: {arn} not found"));
    Ok(reads.get_record(&keys::stream(&scope, table, label))?.ok_or_else(missing)?)
}

/// The shard of that name.
fn shard_of(stream: &Stream, name: &str) -> Result<u32, Fault> {
    let found = (0..stream.shards).find(|shard| stream.shard_id(*shard) == name);
    found.ok_or_else(|| not_found("Shard does not exist"))
}

/// The head of a shard.
fn head(reads: &impl Reads, stream: &Stream, shard: u32) -> Result<Head> {
    let head = reads.get_record(&keys::shard(&stream.id, shard))?;
    Ok(head.ok_or_else(|| not_found(format_args!("Stream: {} not found", stream.arn())))?)
}

fn not_found(what: impl std::fmt::Display) -> Fault {
    api::error::resource_not_found_exception(format!("Requested resource not found: {what}"))
}

/// Reading goes on where records are gone already.
fn trimmed() -> Fault {
    api::error::trimmed_data_access_exception(
        "The operation attempted to read past the oldest stream record in a shard.",
    )
}

/// What a page may have.
fn limit(wanted: Option<i32>, limit_max: i32) -> Result<usize, Fault> {
    match wanted {
        Some(wanted) if wanted > limit_max => Err(errors::invalid(format!(
            "1 validation error detected: Value '{wanted}' at 'limit' failed to satisfy constraint: Member must have value \
             less than or equal to {limit_max}"
        ))),
        wanted => Ok(usize::try_from(wanted.unwrap_or(limit_max)).unwrap_or(1)),
    }
}
