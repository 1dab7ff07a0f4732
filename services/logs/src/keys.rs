//! What CloudWatch Logs stores, and where. Every key starts with `"logs"`.
//!
//! | key | value |
//! |---|---|
//! | `"group", account, region, name` | [`crate::group::Group`] |
//! | `"stream", group id, name` | [`crate::stream::Stream`] |
//! | `"recent", group id, last event (ms), stream name` | nothing: streams in the order of their last events |
//! | `"event", group id, stream id, timestamp (ms), number` | [`crate::event::Event`] |
//! | `"time", group id, timestamp (ms), stream id, number` | the stream's name: all events of a group in their order |
//! | `"chore", due at (ms), id` | [`crate::chores::Chore`] |

use names::Scope;
use service::{scope_and_name, scoped, tags};
use store::tuple::{Key, Parts};
use store::{Error, Store, record};

use crate::group;

/// Sixteen random bytes.
pub(crate) type Id = [u8; 16];

fn of(kind: &str) -> Key {
    Key::new().str("logs").str(kind)
}

/// Takes over what an earlier program had elsewhere.
pub(crate) fn upgrade(store: &Store) -> Result<(), Error> {
    tags::take_over(store, "log group", of("group").prefix_range(), |key, group| {
        let (scope, name) = scope_and_name(key)?;
        Ok(vec![(scope, group::arn(&scope, &name), record::decode(group)?)])
    })
}

pub(crate) fn groups(scope: &Scope) -> Key {
    scoped("logs", "group", scope)
}

pub(crate) fn group(scope: &Scope, name: &str) -> Key {
    groups(scope).str(name)
}

pub(crate) fn streams(group: &Id) -> Key {
    of("stream").bytes(group)
}

pub(crate) fn stream(group: &Id, name: &str) -> Key {
    streams(group).str(name)
}

pub(crate) fn recent(group: &Id) -> Key {
    of("recent").bytes(group)
}

pub(crate) fn recently(group: &Id, last_ms: i64, name: &str) -> Key {
    recent(group).i64(last_ms).str(name)
}

pub(crate) fn events_of_group(group: &Id) -> Key {
    of("event").bytes(group)
}

pub(crate) fn events(group: &Id, stream: &Id) -> Key {
    events_of_group(group).bytes(stream)
}

pub(crate) fn event(group: &Id, stream: &Id, place: Place) -> Key {
    events(group, stream).i64(place.at_ms).u64(place.number)
}

pub(crate) fn times(group: &Id) -> Key {
    of("time").bytes(group)
}

pub(crate) fn time(group: &Id, stream: &Id, place: Place) -> Key {
    times(group).i64(place.at_ms).bytes(stream).u64(place.number)
}

/// Everything of a group but its own record.
pub(crate) fn all_of(group: &Id) -> [Key; 4] {
    [streams(group), recent(group), events_of_group(group), times(group)]
}

/// Where an event stands in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) at_ms: i64,
    /// Events of a stream are numbered as they come.
    pub(crate) number: u64,
}

/// The place in a key of [`event`].
pub(crate) fn place_of(key: &[u8]) -> Result<Place, store::Error> {
    let mut parts = Parts::new(key);
    parts.str()?;
    parts.str()?;
    parts.bytes()?;
    parts.bytes()?;
    Ok(Place { at_ms: parts.i64()?, number: parts.u64()? })
}

/// The stream and the place in a key of [`time`].
pub(crate) fn moment_of(key: &[u8]) -> Result<(Id, Place), store::Error> {
    let mut parts = Parts::new(key);
    parts.str()?;
    parts.str()?;
    parts.bytes()?;
    let at_ms = parts.i64()?;
    let stream = parts.bytes()?.as_ref().try_into().unwrap_or_default();
    Ok((stream, Place { at_ms, number: parts.u64()? }))
}

/// The stream's name in a key of [`recently`].
pub(crate) fn recent_name(key: &[u8]) -> Result<String, store::Error> {
    let mut parts = Parts::new(key);
    parts.str()?;
    parts.str()?;
    parts.bytes()?;
    parts.i64()?;
    Ok(parts.str()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_what_they_were_made_of() {
        let place = Place { at_ms: 1_700_000_000_123, number: 7 };
        assert_eq!(place_of(&event(&[1; 16], &[2; 16], place)).unwrap(), place);
        assert_eq!(moment_of(&time(&[1; 16], &[2; 16], place)).unwrap(), ([2; 16], place));
        assert_eq!(recent_name(&recently(&[1; 16], 5, "a/b")).unwrap(), "a/b");
    }

    #[test]
    fn events_stand_in_the_order_of_their_moments() {
        let at = |at_ms, number| event(&[1; 16], &[2; 16], Place { at_ms, number });
        assert!(at(1, 9) < at(2, 0) && at(2, 0) < at(2, 1) && at(255, 0) < at(256, 0));
    }

    #[test]
    fn keys_stay() {
        let scope = Scope::new(names::Account::ZERO, "us-east-1".parse().unwrap());
        let id = [1; 16];
        let place = Place { at_ms: 7, number: 8 };
        let keys = [
            ("group", group(&scope, "g")),
            ("stream", stream(&id, "s")),
            ("recent", recently(&id, 7, "s")),
            ("event", event(&id, &id, place)),
            ("time", time(&id, &id, place)),
        ];
        layouts::keys_stay(env!("CARGO_MANIFEST_DIR"), &keys);
    }
}
