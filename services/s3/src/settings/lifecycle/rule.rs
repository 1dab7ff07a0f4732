//! A rule by itself: which objects it is for, and that it does something.

use api_s3 as api;
use wire::Fault;

use super::actions;
use crate::errors;
use crate::settings::filter;

pub(super) fn check(rule: &api::LifecycleRule) -> Result<(), Fault> {
    match (&rule.filter, &rule.prefix) {
        (Some(filter), None) => check_filter(filter)?,
        (None, Some(_)) => {}
        _ => return Err(errors::malformed_xml()),
    }
    let transitions = rule.transitions.as_deref().unwrap_or_default();
    let noncurrent = rule.noncurrent_version_transitions.as_deref().unwrap_or_default();
    let does_something = rule.expiration.is_some()
        || rule.noncurrent_version_expiration.is_some()
        || rule.abort_incomplete_multipart_upload.is_some()
        || !transitions.is_empty()
        || !noncurrent.is_empty();
    if !does_something {
        return Err(errors::invalid_request("At least one action needs to be specified in a rule"));
    }
    let has_tags = rule.filter.as_ref().is_some_and(|filter| {
        filter.tag.is_some()
            || filter.and.as_ref().is_some_and(|and| and.tags.as_ref().is_some_and(|tags| !tags.is_empty()))
    });
    if let Some(expiration) = &rule.expiration {
        actions::check_expiration(expiration, has_tags)?;
    }
    if let Some(abort) = &rule.abort_incomplete_multipart_upload {
        actions::check_abort(abort, has_tags)?;
    }
    actions::check_transitions(transitions, rule.expiration.as_ref())?;
    noncurrent.iter().try_for_each(actions::check_noncurrent_transition)?;
    rule.noncurrent_version_expiration.as_ref().map_or(Ok(()), actions::check_noncurrent_expiration)
}

/// An empty filter means all objects.
fn check_filter(asked: &api::LifecycleRuleFilter) -> Result<(), Fault> {
    let sizes = [asked.object_size_greater_than, asked.object_size_less_than];
    let parts = [
        asked.prefix.is_some(),
        asked.tag.is_some(),
        sizes[0].is_some(),
        sizes[1].is_some(),
        asked.and.is_some(),
    ];
    filter::says_one(&parts, false)?;
    let Some(and) = &asked.and else { return check_sizes(sizes) };
    let sizes = [and.object_size_greater_than, and.object_size_less_than];
    let others = [and.prefix.is_some(), sizes[0].is_some(), sizes[1].is_some()];
    filter::says_several(&others, and.tags.as_deref())?;
    check_sizes(sizes)
}

fn check_sizes([greater_than, less_than]: [Option<i64>; 2]) -> Result<(), Fault> {
    if [greater_than, less_than].into_iter().flatten().any(|size| size < 0) {
        return Err(errors::invalid_request("Object sizes in a Filter must not be negative"));
    }
    match (greater_than, less_than) {
        (Some(greater), Some(less)) if less <= greater => Err(errors::invalid_request(
            "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.",
        )),
        _ => Ok(()),
    }
}
