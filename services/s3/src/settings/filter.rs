//! Filters, which many settings have: one condition, or several that all must hold.

use api_s3 as api;
use wire::Fault;

use super::tagging;
use crate::errors;

/// Refuses a filter that says more than one thing; with `is_needed`, one that says nothing too.
pub(crate) fn says_one(parts: &[bool], is_needed: bool) -> Result<(), Fault> {
    match parts.iter().filter(|part| **part).count() {
        1 => Ok(()),
        0 if !is_needed => Ok(()),
        _ => Err(errors::malformed_xml()),
    }
}

/// Refuses what stands together without being two, and tags that nothing can have.
pub(crate) fn says_several(others: &[bool], tags: Option<&[api::Tag]>) -> Result<(), Fault> {
    let tags = tags.unwrap_or_default();
    tagging::check(tags)?;
    let count = others.iter().filter(|part| **part).count() + tags.len();
    if count < 2 { Err(errors::malformed_xml()) } else { Ok(()) }
}

/// The filters of analytics, of intelligent tiering and of replication, which are alike.
macro_rules! check_filter {
    ($filter:expr) => {{
        let filter = $filter;
        $crate::settings::filter::says_one(
            &[filter.prefix.is_some(), filter.tag.is_some(), filter.and.is_some()],
            true,
        )
        .and_then(|()| match &filter.and {
            Some(and) => $crate::settings::filter::says_several(&[and.prefix.is_some()], and.tags.as_deref()),
            None => Ok(()),
        })
    }};
}
pub(crate) use check_filter;
