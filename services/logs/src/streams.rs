//! Log streams are made, shown and deleted.

use api_logs as api;
use service::{Result, Tx, View};
use store::{Direction, Reads as _, record};

use crate::chores::{self, Chore};
use crate::group;
use crate::stream::{self, Stream};
use crate::{errors, keys};

/// Streams of a page.
const PAGE_MAX: i32 = 50;

pub(crate) fn create(
    tx: &mut Tx<'_>,
    input: &api::CreateLogStreamInput,
) -> Result<api::CreateLogStreamOutput> {
    let group = group::find(&**tx, &tx.scope(), &input.log_group_name)?;
    let key = keys::stream(&group.id, &input.log_stream_name);
    if tx.get(&key)?.is_some() {
        let message = "The specified log stream already exists";
        return Err(api::error::resource_already_exists_exception(message).into());
    }
    let stream = Stream {
        id: tx.random().bytes(),
        name: input.log_stream_name.clone(),
        created_ms: tx.now.millis(),
        first_ms: None,
        last_ms: None,
        ingested_ms: None,
        next_number: 0,
        bytes: 0,
    };
    tx.put_record(&key, &stream)?;
    tx.put(stream.recently(&group.id), Vec::new());
    Ok(api::CreateLogStreamOutput::default())
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteLogStreamInput,
) -> Result<api::DeleteLogStreamOutput> {
    let group = group::find(&**tx, &tx.scope(), &input.log_group_name)?;
    let stream = stream::find(&**tx, &group, &input.log_stream_name)?;
    tx.delete(keys::stream(&group.id, &stream.name));
    tx.delete(stream.recently(&group.id));
    chores::put(tx, &Chore::Forget { group: group.id, stream: stream.id })?;
    Ok(api::DeleteLogStreamOutput::default())
}

pub(crate) fn describe(
    view: &View<'_>,
    input: &api::DescribeLogStreamsInput,
) -> Result<api::DescribeLogStreamsOutput> {
    const OPERATION: &str = "logs:DescribeLogStreams";
    let scope = view.scope();
    let name = group::named(&scope, input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
    let group = group::find(&**view, &scope, name)?;
    let by_time = input.order_by.as_ref().is_some_and(|order| order.as_str() == "LastEventTime");
    let prefix = input.log_stream_name_prefix.as_deref();
    if by_time && prefix.is_some() {
        return Err(errors::invalid("Cannot order by LastEventTime with a logStreamNamePrefix.").into());
    }
    let mut range = match by_time {
        true => keys::recent(&group.id).prefix_range(),
        false => keys::streams(&group.id).beginning_with(prefix.unwrap_or_default()),
    };
    let descending = input.descending == Some(true);
    let tokens = &view.context.cloud.page_tokens;
    if let Some(token) = &input.next_token {
        let next = tokens.open_within(OPERATION, token, &range);
        let next = next.ok_or_else(errors::bad_token)?;
        match descending {
            true => range.end = [&next[..], &[0]].concat(),
            false => range.start = next,
        }
    }
    let direction = if descending { Direction::Backward } else { Direction::Forward };
    let limit = input.limit.unwrap_or(PAGE_MAX) as usize;
    let mut shown = Vec::new();
    for entry in view.scan(range, direction) {
        let (key, value) = entry?;
        if shown.len() == limit {
            let next_token = Some(tokens.seal(OPERATION, &key));
            return Ok(api::DescribeLogStreamsOutput { log_streams: Some(shown), next_token });
        }
        let stream = match by_time {
            true => stream::find(&**view, &group, &keys::recent_name(&key)?)?,
            false => record::decode(&value)?,
        };
        shown.push(stream.shown(&scope, &group));
    }
    Ok(api::DescribeLogStreamsOutput { log_streams: Some(shown), next_token: None })
}
