//! What Lambda stores, and where. Every key starts with `"lambda"`.
//!
//! | key | value |
//! |---|---|
//! | `"function", account, region, name` | [`crate::function::Function`] |
//! | `"package", package id, piece` | a piece of a deployment package, as it was uploaded |
//! | `"event", due at (ms), event id` | [`crate::event::Event`] |
//! | `"events"` | never written, only signalled: an event may be due |

use names::Scope;
use store::tuple::{Key, Parts};

/// Sixteen random bytes.
pub(crate) type Id = [u8; 16];

fn of(kind: &str) -> Key {
    Key::new().str("lambda").str(kind)
}

pub(crate) fn functions(scope: &Scope) -> Key {
    of("function").str(scope.account.as_str()).str(scope.region.as_str())
}

pub(crate) fn function(scope: &Scope, name: &str) -> Key {
    functions(scope).str(name)
}

pub(crate) fn package(id: &Id) -> Key {
    of("package").bytes(id)
}

pub(crate) fn piece(id: &Id, piece: u64) -> Key {
    package(id).u64(piece)
}

pub(crate) fn events() -> Key {
    of("event")
}

pub(crate) fn event(due_ms: i64, id: &Id) -> Key {
    events().i64(due_ms).bytes(id)
}

pub(crate) fn bell() -> Key {
    of("events")
}

/// The moment in a key of [`event`].
pub(crate) fn due_of(key: &[u8]) -> Result<i64, store::Error> {
    let mut parts = Parts::new(key);
    parts.str()?;
    parts.str()?;
    parts.i64()
}
