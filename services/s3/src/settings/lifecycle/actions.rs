//! What rules do, and when.

use api_s3 as api;
use wire::{Fault, Timestamp};

use crate::errors;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Before that many days nothing moves to the classes of infrequent access.
const INFREQUENT_DAYS_MIN: i32 = 30;
const NEWER_VERSIONS_MAX: i32 = 100;

pub(super) fn check_expiration(expiration: &api::LifecycleExpiration, has_tags: bool) -> Result<(), Fault> {
    match (expiration.date, expiration.days, expiration.expired_object_delete_marker) {
        (Some(date), None, None) => at_midnight(date),
        (None, Some(days), None) => positive("Days", "Expiration", days),
        (None, None, Some(_)) if has_tags => {
            Err(errors::invalid_request("ExpiredObjectDeleteMarker cannot be specified with tags"))
        }
        (None, None, Some(_)) => Ok(()),
        _ => Err(errors::malformed_xml()),
    }
}

pub(super) fn check_abort(abort: &api::AbortIncompleteMultipartUpload, has_tags: bool) -> Result<(), Fault> {
    if has_tags {
        let message = "AbortIncompleteMultipartUpload cannot be specified with Tags";
        return Err(errors::invalid_request(message));
    }
    let days = abort.days_after_initiation.ok_or_else(errors::malformed_xml)?;
    positive("DaysAfterInitiation", "AbortIncompleteMultipartUpload", days)
}

pub(super) fn check_transitions(
    transitions: &[api::Transition],
    expiration: Option<&api::LifecycleExpiration>,
) -> Result<(), Fault> {
    transitions.iter().try_for_each(check_transition)?;
    let has_dates = transitions.iter().any(|transition| transition.date.is_some());
    let has_days = transitions.iter().any(|transition| transition.days.is_some());
    let (expires_at, expires_after) =
        expiration.map_or((None, None), |expiration| (expiration.date, expiration.days));
    if (has_dates || expires_at.is_some()) && (has_days || expires_after.is_some()) && !transitions.is_empty()
    {
        let message =
            "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule";
        return Err(errors::invalid_request(message));
    }
    let last = transitions.iter().filter_map(|transition| transition.days).max();
    match (last, expires_after) {
        (Some(last), Some(days)) if days <= last => Err(errors::invalid_argument(
            "'Days' in the Expiration action must be greater than 'Days' in the Transition action",
        )),
        _ => Ok(()),
    }
}

fn check_transition(transition: &api::Transition) -> Result<(), Fault> {
    let class = transition.storage_class.as_ref().ok_or_else(errors::malformed_xml)?.as_str();
    match (transition.date, transition.days) {
        (Some(date), None) => at_midnight(date),
        (None, Some(days)) => not_too_soon("Days", "Transition", class, days),
        _ => Err(errors::malformed_xml()),
    }
}

pub(super) fn check_noncurrent_transition(
    transition: &api::NoncurrentVersionTransition,
) -> Result<(), Fault> {
    let class = transition.storage_class.as_ref().ok_or_else(errors::malformed_xml)?.as_str();
    let days = transition.noncurrent_days.ok_or_else(errors::malformed_xml)?;
    newer_versions(transition.newer_noncurrent_versions)?;
    not_too_soon("NoncurrentDays", "NoncurrentVersionTransition", class, days)
}

pub(super) fn check_noncurrent_expiration(
    expiration: &api::NoncurrentVersionExpiration,
) -> Result<(), Fault> {
    newer_versions(expiration.newer_noncurrent_versions)?;
    let days = expiration.noncurrent_days.ok_or_else(errors::malformed_xml)?;
    positive("NoncurrentDays", "NoncurrentVersionExpiration", days)
}

fn newer_versions(count: Option<i32>) -> Result<(), Fault> {
    match count {
        Some(count) if !(1..=NEWER_VERSIONS_MAX).contains(&count) => Err(errors::invalid_argument(format!(
            "'NewerNoncurrentVersions' must be between 1 and {NEWER_VERSIONS_MAX}"
        ))),
        _ => Ok(()),
    }
}

fn positive(element: &str, action: &str, days: i32) -> Result<(), Fault> {
    if days > 0 {
        return Ok(());
    }
    Err(errors::invalid_argument(format!("'{element}' for {action} action must be a positive integer")))
}

fn not_too_soon(element: &str, action: &str, class: &str, days: i32) -> Result<(), Fault> {
    if days < 0 {
        let message = format!("'{element}' in the {action} action must be nonnegative");
        return Err(errors::invalid_argument(message));
    }
    if matches!(class, "STANDARD_IA" | "ONEZONE_IA") && days < INFREQUENT_DAYS_MIN {
        return Err(errors::invalid_argument(format!(
            "'{element}' in {action} action must be greater than or equal to {INFREQUENT_DAYS_MIN} for storageClass \
             '{class}'"
        )));
    }
    Ok(())
}

fn at_midnight(date: Timestamp) -> Result<(), Fault> {
    if date.millis() % DAY_MS == 0 {
        Ok(())
    } else {
        Err(errors::invalid_argument("'Date' must be at midnight GMT"))
    }
}
