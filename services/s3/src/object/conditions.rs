//! Conditions of requests: do it only if the object is still, or not yet, what the client knows.
//!
//! Follows "Add preconditions to S3 operations with conditional requests" in S3's user guide, and RFC 9110.

use wire::{Fault, Timestamp, TimestampFormat};

use super::version::{Content, Version};
use super::versions::Versions;
use crate::errors;

/// What a reader asks for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OfRead<'a> {
    pub(crate) is: Option<&'a str>,
    pub(crate) is_not: Option<&'a str>,
    pub(crate) changed_since: Option<Timestamp>,
    pub(crate) unchanged_since: Option<Timestamp>,
}

impl OfRead<'_> {
    /// Whether the reader gets the object.
    ///
    /// # Errors
    /// `PreconditionFailed`, or what says that it has not changed.
    pub(crate) fn check(&self, version: &Version, content: &Content) -> Result<(), Fault> {
        match self.unmet(version, content) {
            None => Ok(()),
            Some("If-None-Match" | "If-Modified-Since") => Err(not_modified(version, content)),
            Some(condition) => Err(failed(condition)),
        }
    }

    /// Whether who copies the object gets it, to whom it makes no difference why not.
    ///
    /// # Errors
    /// `PreconditionFailed`.
    pub(crate) fn check_copy(&self, version: &Version, content: &Content) -> Result<(), Fault> {
        let unmet = self.unmet(version, content);
        unmet.map_or(Ok(()), |condition| Err(failed(&format!("x-amz-copy-source-{condition}"))))
    }

    /// The first condition that does not hold. What is said of tags decides before what is said of times.
    fn unmet(&self, version: &Version, content: &Content) -> Option<&'static str> {
        let modified_s = version.modified_ms.div_euclid(1000);
        let is_newer = |than: Timestamp| modified_s > than.millis().div_euclid(1000);
        match (self.is, self.unchanged_since) {
            (Some(tags), _) if !names(tags, content) => return Some("If-Match"),
            (None, Some(moment)) if is_newer(moment) => return Some("If-Unmodified-Since"),
            _ => {}
        }
        match (self.is_not, self.changed_since) {
            (Some(tags), _) if names(tags, content) => Some("If-None-Match"),
            (None, Some(moment)) if !is_newer(moment) => Some("If-Modified-Since"),
            _ => None,
        }
    }
}

/// What a writer asks for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OfWrite<'a> {
    pub(crate) is: Option<&'a str>,
    pub(crate) is_not: Option<&'a str>,
}

impl OfWrite<'_> {
    /// Whether the writer may take the place of what is shown.
    ///
    /// # Errors
    /// `PreconditionFailed`; `NoSuchKey` for who wants to replace what is not there; `NotImplemented`, as S3's, for conditions
    /// that S3 does not know of writers.
    pub(crate) fn check(&self, at: &Versions<'_>, shown: Option<&Version>) -> Result<(), Fault> {
        let content = shown.and_then(|shown| shown.content.as_ref());
        match self.is_not {
            Some("*") if content.is_some() => return Err(failed("If-None-Match")),
            None | Some("*") => {}
            Some(_) => return Err(errors::not_implemented().with_element("Header", "If-None-Match")),
        }
        match (self.is, content) {
            (Some("*"), _) => Err(errors::not_implemented().with_element("Header", "If-Match")),
            (Some(_), None) => Err(at.no_such_key()),
            (Some(tags), Some(content)) if !names(tags, content) => Err(failed("If-Match")),
            _ => Ok(()),
        }
    }
}

/// Refuses to delete what is not the object that the client knows.
pub(crate) fn check_delete(tags: Option<&str>, shown: Option<&Content>) -> Result<(), Fault> {
    let Some(tags) = tags else { return Ok(()) };
    let is_it = shown.is_some_and(|content| names(tags, content));
    if is_it { Ok(()) } else { Err(failed("If-Match")) }
}

/// Whether a list of entity tags has the object's; quotes may be missing.
fn names(tags: &str, content: &Content) -> bool {
    let etag = content.etag();
    let bare = etag.trim_matches('"');
    tags.split(',')
        .map(str::trim)
        .any(|tag| tag == "*" || tag.trim_start_matches("W/").trim_matches('"') == bare)
}

fn failed(condition: &str) -> Fault {
    let message = "At least one of the pre-conditions you specified did not hold";
    Fault::new("PreconditionFailed", 412, message).with_element("Condition", condition)
}

fn not_modified(version: &Version, content: &Content) -> Fault {
    Fault::new("NotModified", 304, "")
        .with_header("etag", content.etag())
        .with_header("last-modified", Timestamp(version.modified_ms).format(TimestampFormat::HttpDate))
}
