//! GetRecords.

use api_dynamodbstreams as api;
use service::{Result, View};
use store::tuple::Parts;
use store::{Direction, Reads as _, record};
use wire::Timestamp;

use super::image::shown;
use super::iterator::{Iterator, Position};
use super::{find, head, limit, trimmed};
use crate::keys;
use crate::stream::{Kind, Record, Stream, sequence_text};

/// Records of a page.
const PAGE_MAX: i32 = 1000;
/// Their bytes; one record alone may have more.
const PAGE_BYTES_MAX: usize = 1 << 20;

pub(super) fn get(view: &View<'_>, input: &api::GetRecordsInput) -> Result<api::GetRecordsOutput> {
    let limit = limit(input.limit, PAGE_MAX)?;
    let tokens = &view.context.cloud.page_tokens;
    let (arn, iterator) = Iterator::open(tokens, &input.shard_iterator, view.now)?;
    let stream = find(&**view, arn)?;
    let head = head(&**view, &stream, iterator.shard)?;
    let after = match iterator.position {
        Position::Horizon => head.trimmed,
        Position::After(number) if number < head.trimmed => return Err(trimmed().into()),
        Position::After(number) => number,
    };
    let records = keys::records(&stream.id, iterator.shard);
    let mut range = records.prefix_range();
    range.start = keys::record(&stream.id, iterator.shard, after.saturating_add(1)).into();
    let (mut page, mut bytes, mut last) = (Vec::new(), 0, after);
    for entry in view.scan(range, Direction::Forward) {
        let (key, value) = entry?;
        let record: Record = record::decode(&value)?;
        bytes += record.size_bytes();
        if page.len() == limit || (bytes > PAGE_BYTES_MAX && !page.is_empty()) {
            break;
        }
        last = Parts::new(&key[records.len()..]).u64()?;
        page.push(record_shown(&stream, arn, last, record));
    }
    let is_over = stream.closed_ms.is_some() && last >= head.last;
    let next = Iterator { position: Position::After(last), ..iterator };
    let next_shard_iterator = (!is_over).then(|| next.seal(tokens, arn, view.now));
    Ok(api::GetRecordsOutput { records: Some(page), next_shard_iterator })
}

fn record_shown(stream: &Stream, arn: &str, number: u64, record: Record) -> api::Record {
    let size_bytes = record.size_bytes();
    let identity =
        api::Identity { principal_id: Some("dynamodb.amazonaws.com".into()), r#type: Some("Service".into()) };
    let change = api::StreamRecord {
        // AWS knows the second.
        approximate_creation_date_time: Some(Timestamp::from_secs(Timestamp(record.at_ms).secs())),
        keys: Some(shown(record.keys)),
        new_image: record.new.map(shown),
        old_image: record.old.map(shown),
        sequence_number: Some(sequence_text(number)),
        size_bytes: i64::try_from(size_bytes).ok(),
        stream_view_type: Some(stream.view.name().into()),
    };
    let name = match record.kind {
        Kind::Insert => "INSERT",
        Kind::Modify => "MODIFY",
        Kind::Remove => "REMOVE",
    };
    api::Record {
        event_id: Some(event_id(arn, number)),
        event_name: Some(name.into()),
        event_version: Some("1.1".into()),
        event_source: Some("aws:dynamodb".into()),
        aws_region: Some(stream.scope.region.as_str().to_owned()),
        dynamodb: Some(change),
        user_identity: record.expired.then_some(identity),
    }
}

/// 32 digits that no other record has.
fn event_id(stream: &str, number: u64) -> String {
    let text = format!("{stream} {number}");
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    let first = digest.as_ref().iter().take(16).fold(0_u128, |id, byte| (id << 8) | u128::from(*byte));
    format!("{first:032x}")
}
