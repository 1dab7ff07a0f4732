//! News of a resource, for neighbours that wait for it: whoever writes what others follow signals it, and they need not look
//! again and again.
//!
//! It says only that there is something, never what: that is what the resource's service is asked.

use names::Arn;
use store::tuple::Key;

/// What is signalled when there is something new in a resource that others follow, such as the stream of a table.
#[must_use]
pub fn news(resource: &Arn) -> Key {
    Key::new().str("news").str(resource.as_str())
}
