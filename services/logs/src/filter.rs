//! FilterLogEvents: the events of a group, in the order of their moments, that a pattern matches.

use std::collections::HashMap;

use api_logs as api;
use service::{Result, View};
use store::{Direction, Reads as _};

use crate::errors;
use crate::event::{Event, size_bytes};
use crate::get::{EVENTS_MAX, PAGE_BYTES_MAX};
use crate::group::{self, Group};
use crate::keys::{self, Id, Place};
use crate::pattern::Pattern;
use crate::stream::{self, Stream};

/// Events that one call looks at; a page may be empty and still have a token.
const LOOKS_MAX: usize = 100_000;

pub(crate) fn filter(
    view: &View<'_>,
    input: &api::FilterLogEventsInput,
) -> Result<api::FilterLogEventsOutput> {
    const OPERATION: &str = "logs:FilterLogEvents";
    errors::refuse(&[("unmask", input.unmask == Some(true))])?;
    let scope = view.scope();
    let name = group::named(&scope, input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
    let group = group::find(&**view, &scope, name)?;
    let pattern = Pattern::parse(input.filter_pattern.as_deref().unwrap_or_default())?;
    let mut streams = Streams::new(view, &group, input)?;
    let from_ms = input.start_time.unwrap_or_default().max(group.expired_before_ms(view.now.millis()));
    let mut range = keys::times(&group.id).prefix_range();
    range.start = keys::times(&group.id).i64(from_ms).into();
    if let Some(end_ms) = input.end_time {
        // Events at the end time are included.
        range.end = keys::times(&group.id).i64(end_ms.saturating_add(1)).into();
    }
    let tokens = &view.context.cloud.page_tokens;
    if let Some(token) = &input.next_token {
        let next = tokens.open_within(OPERATION, token, &range);
        range.start = next.ok_or_else(errors::bad_token)?;
    }
    let output = |events, next_token| api::FilterLogEventsOutput {
        events: Some(events),
        // Empty for every call since 2020 (API reference).
        searched_log_streams: Some(Vec::new()),
        next_token,
    };
    if range.start >= range.end {
        return Ok(output(Vec::new(), None));
    }
    let limit = input.limit.unwrap_or(EVENTS_MAX) as usize;
    let mut events = Vec::new();
    let mut rest_bytes = PAGE_BYTES_MAX;
    for (look, entry) in view.scan(range, Direction::Forward).enumerate() {
        let (key, value) = entry?;
        let (id, place) = keys::moment_of(&key)?;
        let stream = String::from_utf8_lossy(&value);
        let event = match streams.wants(view, &stream, &id)? {
            true => view.get_record::<Event>(&keys::event(&group.id, &id, place))?,
            false => None,
        };
        let event = event.filter(|event| pattern.matches(&event.message));
        let bytes = event.as_ref().map_or(0, |event| size_bytes(&event.message));
        if look == LOOKS_MAX || (event.is_some() && (events.len() == limit || bytes > rest_bytes)) {
            return Ok(output(events, Some(tokens.seal(OPERATION, &key))));
        }
        rest_bytes -= bytes;
        events.extend(event.map(|event| shown(&stream, &id, place, event)));
    }
    Ok(output(events, None))
}

fn shown(stream: &str, id: &Id, place: Place, event: Event) -> api::FilteredLogEvent {
    let stream_number = id.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    api::FilteredLogEvent {
        log_stream_name: Some(stream.to_owned()),
        timestamp: Some(place.at_ms),
        message: Some(event.message),
        ingestion_time: Some(event.ingested_ms),
        // 56 digits, as AWS's are, in the order of the events.
        event_id: Some(format!("{:016}{stream_number:020}{:020}", place.at_ms, place.number)),
    }
}

/// Which streams are wanted, and which of them are still there.
struct Streams<'a> {
    group: &'a Group,
    names: Option<&'a [String]>,
    prefix: Option<&'a str>,
    known: HashMap<Id, bool>,
}

impl<'a> Streams<'a> {
    fn new(view: &View<'_>, group: &'a Group, input: &'a api::FilterLogEventsInput) -> Result<Self> {
        for name in input.log_stream_names.iter().flatten() {
            stream::find(&**view, group, name)?;
        }
        let (names, prefix) = (input.log_stream_names.as_deref(), input.log_stream_name_prefix.as_deref());
        if names.is_some() && prefix.is_some() {
            let message = "logStreamNames and logStreamNamePrefix cannot both be specified.";
            return Err(errors::invalid(message).into());
        }
        Ok(Streams { group, names, prefix, known: HashMap::new() })
    }

    /// A stream that was deleted leaves its events behind for a while.
    fn wants(&mut self, view: &View<'_>, name: &str, id: &Id) -> Result<bool> {
        if let Some(known) = self.known.get(id) {
            return Ok(*known);
        }
        let is_named = self.names.is_none_or(|names| names.iter().any(|wanted| wanted == name))
            && self.prefix.is_none_or(|prefix| name.starts_with(prefix));
        let stream: Option<Stream> = match is_named {
            true => view.get_record(&keys::stream(&self.group.id, name))?,
            false => None,
        };
        let wanted = stream.is_some_and(|stream| stream.id == *id);
        self.known.insert(*id, wanted);
        Ok(wanted)
    }
}
