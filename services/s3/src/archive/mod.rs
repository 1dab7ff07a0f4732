//! Archives: objects of the classes GLACIER and DEEP_ARCHIVE can be read only while a copy of them is restored.
//!
//! Nothing moves: an archive is a word in an object's record, and so is a restored copy. [`restore`] begins one, and a timer
//! makes it there and takes it away again. Who reads goes by the clock alone.
//!
//! Follows "Working with archived objects" in S3's user guide.

mod restore;
mod timer;

use service::Result;
use wire::{Fault, Timestamp, TimestampFormat};

use crate::object::version::Content;

pub(crate) use restore::restore;
pub(crate) use timer::run;

/// How many seconds it takes until a copy is there. S3 takes minutes or hours.
pub(crate) const RESTORE_SECONDS: (&str, u32) = ("restore-seconds", 1);

/// Whether an object has to be restored before anybody reads it.
pub(crate) fn is_archived(content: &Content) -> bool {
    matches!(content.class(), "GLACIER" | "DEEP_ARCHIVE")
}

/// Refuses to read what is in an archive and not restored.
///
/// # Errors
/// `InvalidObjectState`.
pub(crate) fn check(content: &Content, now: Timestamp) -> Result<(), Fault> {
    let message = "The operation is not valid for the object's storage class";
    check_wording(content, now, message)
}

/// The same for the source of a copy.
pub(crate) fn check_source(content: &Content, now: Timestamp) -> Result<(), Fault> {
    check_wording(content, now, "Operation is not valid for the source object's storage class")
}

fn check_wording(content: &Content, now: Timestamp, message: &str) -> Result<(), Fault> {
    let until_ms = content.fate.restore.as_ref().and_then(|restore| restore.until_ms);
    if !is_archived(content) || until_ms.is_some_and(|until_ms| until_ms > now.millis()) {
        return Ok(());
    }
    Err(invalid_state(content, message))
}

fn invalid_state(content: &Content, message: &str) -> Fault {
    Fault::new("InvalidObjectState", 403, message).with_element("StorageClass", content.class())
}

/// What an answer tells of an object that was, or is being, restored.
pub(crate) fn told(content: &Content) -> Option<String> {
    let restore = content.fate.restore.as_ref()?;
    Some(match restore.until_ms {
        None => "ongoing-request=\"true\"".to_owned(),
        Some(until_ms) => {
            let date = Timestamp(until_ms).format(TimestampFormat::HttpDate);
            format!("ongoing-request=\"false\", expiry-date=\"{date}\"")
        }
    })
}
