//! GetLogEvents: the events of one stream, forwards and backwards.
//!
//! A token says between which events a page ended. It goes on holding when there is nothing further, and shows what came
//! since when it is asked again.

use api_logs as api;
use service::{Result, View};
use store::tuple::{Key, Parts};
use store::{Direction, Reads as _, record};
use wire::Fault;

use crate::errors;
use crate::event::{Event, size_bytes};
use crate::group::{self, Group};
use crate::keys::{self, Place};
use crate::stream::{self, Stream};

/// Events of a page.
pub(crate) const EVENTS_MAX: i32 = 10_000;
/// What a page may take.
pub(crate) const PAGE_BYTES_MAX: usize = 1_048_576;
/// Before all events.
const FIRST: Place = Place { at_ms: 0, number: 0 };

pub(crate) fn get(view: &View<'_>, input: &api::GetLogEventsInput) -> Result<api::GetLogEventsOutput> {
    errors::refuse(&[("unmask", input.unmask == Some(true))])?;
    let scope = view.scope();
    let name = group::named(&scope, input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
    let group = group::find(&**view, &scope, name)?;
    let stream = stream::find(&**view, &group, &input.log_stream_name)?;
    let given = input.next_token.as_deref().map(|token| Cursor::open(view, token)).transpose()?;
    let window = Window::of(input, &group, view.now.millis());
    let (from, to, direction) = match given {
        Some(Cursor { place, direction: Direction::Forward }) => {
            (window.from.max(place), window.to, Direction::Forward)
        }
        Some(Cursor { place, direction }) => (window.from, window.to.min(place), direction),
        None if input.start_from_head == Some(true) => (window.from, window.to, Direction::Forward),
        None => (window.from, window.to, Direction::Backward),
    };
    let limit = input.limit.unwrap_or(EVENTS_MAX) as usize;
    let events = page(view, &group, &stream, from..to, direction, limit)?;
    // An empty page stays where it was.
    let rest = given.map_or(if direction == Direction::Forward { from } else { to }, |cursor| cursor.place);
    let first = events.first().map_or(rest, |(place, _)| *place);
    let last = events.last().map_or(rest, |(place, _)| Place { number: place.number + 1, ..*place });
    let seal = |place, direction| Some(Cursor { place, direction }.seal(view));
    Ok(api::GetLogEventsOutput {
        events: Some(events.into_iter().map(shown).collect()),
        next_forward_token: seal(last, Direction::Forward),
        next_backward_token: seal(first, Direction::Backward),
    })
}

fn shown((place, event): (Place, Event)) -> api::OutputLogEvent {
    api::OutputLogEvent {
        timestamp: Some(place.at_ms),
        message: Some(event.message),
        ingestion_time: Some(event.ingested_ms),
    }
}

/// Events in their order, from whichever end.
fn page(
    view: &View<'_>,
    group: &Group,
    stream: &Stream,
    places: std::ops::Range<Place>,
    direction: Direction,
    limit: usize,
) -> Result<Vec<(Place, Event)>> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let key = |place| Vec::from(keys::event(&group.id, &stream.id, place));
    let mut events = Vec::new();
    let mut rest_bytes = PAGE_BYTES_MAX;
    for entry in view.scan(key(places.start)..key(places.end), direction) {
        let (key, value) = entry?;
        let event: Event = record::decode(&value)?;
        let bytes = size_bytes(&event.message);
        if events.len() == limit || bytes > rest_bytes {
            break;
        }
        rest_bytes -= bytes;
        events.push((keys::place_of(&key)?, event));
    }
    if direction == Direction::Backward {
        events.reverse();
    }
    Ok(events)
}

/// The part of a stream that is asked for and not expired.
struct Window {
    from: Place,
    to: Place,
}

impl Window {
    fn of(input: &api::GetLogEventsInput, group: &Group, now_ms: i64) -> Self {
        let from_ms = input.start_time.unwrap_or_default().max(group.expired_before_ms(now_ms));
        // Events at the end time are not included.
        let to_ms = input.end_time.unwrap_or(i64::MAX);
        Window { from: Place { at_ms: from_ms, ..FIRST }, to: Place { at_ms: to_ms, ..FIRST } }
    }
}

/// Between two events, and which way to go from there.
#[derive(Clone, Copy)]
struct Cursor {
    place: Place,
    direction: Direction,
}

impl Cursor {
    const OPERATION: &str = "logs:GetLogEvents";

    /// `f/…` goes forwards, `b/…` backwards.
    fn seal(&self, view: &View<'_>) -> String {
        let payload = Key::new().i64(self.place.at_ms).u64(self.place.number);
        let sealed = view.context.cloud.page_tokens.seal(Self::OPERATION, payload.as_bytes());
        format!("{}/{sealed}", if self.direction == Direction::Forward { 'f' } else { 'b' })
    }

    fn open(view: &View<'_>, token: &str) -> Result<Self, Fault> {
        let (direction, sealed) = match token.split_once('/') {
            Some(("f", sealed)) => (Direction::Forward, sealed),
            Some(("b", sealed)) => (Direction::Backward, sealed),
            _ => return Err(errors::bad_token()),
        };
        let opened = view.context.cloud.page_tokens.open(Self::OPERATION, sealed);
        let payload = opened.map_err(|_| errors::bad_token())?;
        let mut parts = Parts::new(&payload);
        let place = parts.i64().and_then(|at_ms| Ok(Place { at_ms, number: parts.u64()? }));
        Ok(Cursor { place: place.map_err(|_| errors::bad_token())?, direction })
    }
}
