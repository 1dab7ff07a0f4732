//! ListStreams and DescribeStream.

use api_dynamodbstreams as api;
use service::{Result, View};
use store::{Direction, Reads as _, record};
use wire::Timestamp;

use super::{find, head, limit, not_found};
use crate::keys;
use crate::stream::{Stream, sequence_text};
use crate::table::KeyPart;

/// Streams, or shards, of a page.
const PAGE_MAX: i32 = 100;

pub(super) fn list(view: &View<'_>, input: &api::ListStreamsInput) -> Result<api::ListStreamsOutput> {
    let scope = view.scope();
    let limit = limit(input.limit, PAGE_MAX)?;
    let all = match &input.table_name {
        Some(table) => keys::streams_of(&scope, table),
        None => keys::streams(&scope),
    };
    let mut range = all.prefix_range();
    if let Some(after) = &input.exclusive_start_stream_arn {
        let after = Vec::from(find(&**view, after)?.key());
        if !range.contains(&after) {
            return Err(not_found("ExclusiveStartStreamArn is not in this list").into());
        }
        range.start = [&after[..], &[0]].concat();
    }
    let mut shown: Vec<api::Stream> = Vec::new();
    let mut last_evaluated_stream_arn = None;
    for entry in view.scan(range, Direction::Forward) {
        if shown.len() == limit {
            last_evaluated_stream_arn = shown.last().and_then(|last| last.stream_arn.clone());
            break;
        }
        let stream: Stream = record::decode(&entry?.1)?;
        shown.push(api::Stream {
            stream_arn: Some(stream.arn().to_string()),
            table_name: Some(stream.table),
            stream_label: Some(stream.label),
        });
    }
    Ok(api::ListStreamsOutput { streams: Some(shown), last_evaluated_stream_arn })
}

pub(super) fn describe(
    view: &View<'_>,
    input: &api::DescribeStreamInput,
) -> Result<api::DescribeStreamOutput> {
    let stream = find(&**view, &input.stream_arn)?;
    let limit = limit(input.limit, PAGE_MAX)?;
    let after = input.exclusive_start_shard_id.as_deref().unwrap_or_default();
    // Shards never split here, so none has children.
    let shards = if input.shard_filter.is_some() { 0 } else { stream.shards };
    let mut wanted = (0..shards).filter(|shard| *stream.shard_id(*shard) > *after);
    let page: Vec<u32> = wanted.by_ref().take(limit).collect();
    let last = page.last().filter(|_| wanted.next().is_some()).map(|last| stream.shard_id(*last));
    let shown = page.iter().map(|shard| shard_shown(view, &stream, *shard)).collect::<Result<_>>()?;
    let element = |part: &KeyPart, kind: &str| api::KeySchemaElement {
        attribute_name: part.name.clone(),
        key_type: kind.into(),
    };
    let schema = std::iter::once(element(&stream.partition, "HASH"))
        .chain(stream.sort.as_ref().map(|part| element(part, "RANGE")));
    let status = if stream.closed_ms.is_none() { "ENABLED" } else { "DISABLED" };
    let description = api::StreamDescription {
        stream_arn: Some(stream.arn().to_string()),
        stream_label: Some(stream.label.clone()),
        stream_status: Some(status.into()),
        stream_view_type: Some(stream.view.name().into()),
        creation_request_date_time: Some(Timestamp(stream.created_ms)),
        table_name: Some(stream.table.clone()),
        key_schema: Some(schema.collect()),
        shards: Some(shown),
        last_evaluated_shard_id: last,
    };
    Ok(api::DescribeStreamOutput { stream_description: Some(description) })
}

fn shard_shown(view: &View<'_>, stream: &Stream, shard: u32) -> Result<api::Shard> {
    let head = head(&**view, stream, shard)?;
    let first = sequence_text(stream.first(shard));
    let last = stream.closed_ms.map(|_| sequence_text(head.last.max(stream.first(shard))));
    Ok(api::Shard {
        shard_id: Some(stream.shard_id(shard)),
        sequence_number_range: Some(api::SequenceNumberRange {
            starting_sequence_number: Some(first),
            ending_sequence_number: last,
        }),
        parent_shard_id: None,
    })
}
