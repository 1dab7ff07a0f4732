//! What SQS stores, and where. Every key starts with `"sqs"`.
//!
//! | key | value |
//! |---|---|
//! | `"queue", account, region, name` | [`crate::queue::Queue`] |
//! | `"index", contents, visible at (ms), message id` | [`crate::message::Transit`] |
//! | `"body", contents, message id` | [`crate::message::Body`] |
//! | `"moved", contents, message id` | ms at which the index entry stands, after a change of visibility |
//! | `"arrival", contents` | never written, only signalled: something may be received |
//!
//! `contents` is a random number that a queue gets when it is made, and again when it is purged: the old messages are
//! out of reach at once, and swept away in the background.

use names::Scope;
use store::tuple::Key;

/// Sixteen random bytes.
pub(crate) type Id = [u8; 16];

fn of(kind: &str) -> Key {
    Key::new().str("sqs").str(kind)
}

pub(crate) fn queue(scope: &Scope, name: &str) -> Key {
    queues(scope).str(name)
}

pub(crate) fn queues(scope: &Scope) -> Key {
    of("queue").str(scope.account.as_str()).str(scope.region.as_str())
}

pub(crate) fn index(contents: &Id, visible_at_ms: i64, message: &Id) -> Key {
    index_at(contents, visible_at_ms).bytes(message)
}

pub(crate) fn index_at(contents: &Id, visible_at_ms: i64) -> Key {
    index_of(contents).i64(visible_at_ms)
}

pub(crate) fn index_of(contents: &Id) -> Key {
    of("index").bytes(contents)
}

pub(crate) fn body(contents: &Id, message: &Id) -> Key {
    of("body").bytes(contents).bytes(message)
}

pub(crate) fn moved(contents: &Id, message: &Id) -> Key {
    of("moved").bytes(contents).bytes(message)
}

pub(crate) fn arrival(contents: &Id) -> Key {
    of("arrival").bytes(contents)
}

/// Everything that belongs to `contents`.
pub(crate) fn all_of(contents: &Id) -> [Key; 3] {
    [index_of(contents), of("body").bytes(contents), of("moved").bytes(contents)]
}

/// The name in a key of [`queue`].
pub(crate) fn name_of(key: &[u8]) -> Option<String> {
    let mut parts = store::tuple::Parts::new(key);
    for _ in 0..4 {
        parts.str().ok()?;
    }
    Some(parts.str().ok()?.to_string())
}

/// The moment and the message in a key of [`index`].
pub(crate) fn place_of(key: &[u8]) -> Option<(i64, Id)> {
    let mut parts = store::tuple::Parts::new(key);
    parts.str().ok()?;
    parts.str().ok()?;
    parts.bytes().ok()?;
    let at_ms = parts.i64().ok()?;
    Some((at_ms, parts.bytes().ok()?.as_ref().try_into().ok()?))
}
