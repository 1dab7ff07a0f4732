//! Object lock: what may not be deleted yet.
//!
//! Follows "Locking objects with Object Lock" in S3's user guide.

use api_s3 as api;
use service::{Result, Tx};
use store::Reads;
use wire::{Fault, Timestamp};

use super::version::{Content, Retention};
use super::versions::Versions;
use crate::bucket::Bucket;
use crate::{errors, setting};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// How long a writer wants its object to be kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wish {
    pub(crate) mode: Option<String>,
    pub(crate) until: Option<Timestamp>,
    pub(crate) is_held: Option<bool>,
}

/// How long a new object is kept: as its writer wants it, or else as its bucket does.
///
/// # Errors
/// When its bucket has no object lock, or the wish is half of one.
pub(crate) fn of_new(
    reads: &impl Reads,
    bucket: &Bucket,
    wish: &Wish,
    now: Timestamp,
) -> Result<(Option<Retention>, Option<bool>)> {
    let setting = setting::find::<api::ObjectLockConfiguration>(reads, bucket)?;
    let is_wished = wish.mode.is_some() || wish.until.is_some() || wish.is_held.is_some();
    let Some(setting) = setting else {
        return if is_wished { Err(missing().into()) } else { Ok((None, None)) };
    };
    let retention = match (&wish.mode, wish.until) {
        (Some(mode), Some(until)) => Some(read(mode, until, now)?),
        (None, None) => setting.rule.and_then(|rule| by_default(rule.default_retention?, now)),
        _ => {
            let message =
                "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied";
            return Err(errors::invalid_argument(message).into());
        }
    };
    Ok((retention, wish.is_held))
}

/// Refuses to speak of locks in a bucket that has none.
///
/// # Errors
/// `InvalidRequest`.
pub(crate) fn check_bucket(reads: &impl Reads, bucket: &Bucket) -> Result<()> {
    let setting = setting::find::<api::ObjectLockConfiguration>(reads, bucket)?;
    Ok(setting.map(|_| ()).ok_or_else(missing)?)
}

fn missing() -> Fault {
    errors::invalid_request("Bucket is missing Object Lock Configuration")
}

/// A retention as a client says it.
///
/// # Errors
/// When it is over already.
pub(crate) fn read(mode: &str, until: Timestamp, now: Timestamp) -> Result<Retention, Fault> {
    if until <= now {
        return Err(errors::invalid_argument("The retain until date must be in the future!"));
    }
    match mode {
        "GOVERNANCE" | "COMPLIANCE" => {
            Ok(Retention { is_compliance: mode == "COMPLIANCE", until_ms: until.millis() })
        }
        _ => Err(errors::invalid_argument("Unknown wormMode directive.")),
    }
}

fn by_default(rule: api::DefaultRetention, now: Timestamp) -> Option<Retention> {
    let days = match (rule.days, rule.years) {
        (Some(days), _) => i64::from(days),
        (None, years) => i64::from(years?) * 365,
    };
    let is_compliance = rule.mode? == api::ObjectLockRetentionMode::Compliance;
    Some(Retention { is_compliance, until_ms: now.millis() + days * DAY_MS })
}

/// Nobody ever said how long an object is kept.
pub(crate) fn none() -> Fault {
    let message = "The specified object does not have a ObjectLock configuration";
    Fault::new("NoSuchObjectLockConfiguration", 404, message)
}

/// A legal hold as the model calls it.
pub(crate) fn hold(is_held: bool) -> &'static str {
    if is_held { "ON" } else { "OFF" }
}

/// Refuses to delete, or overwrite for good, what is kept.
///
/// # Errors
/// `AccessDenied`.
pub(crate) fn check_removal(
    tx: &Tx<'_>,
    at: &Versions<'_>,
    content: &Content,
    bypass: bool,
) -> Result<(), Fault> {
    let kept = content.retention.as_ref().filter(|retention| retention.until_ms > tx.now.millis());
    kept.map(|retention| check_bypass(tx, at, retention, bypass)).transpose()?;
    if content.is_held == Some(true) { Err(protected()) } else { Ok(()) }
}

/// Refuses to change anything about a retention that is not over, unless it is bypassed by whoever may.
///
/// # Errors
/// `AccessDenied`.
pub(crate) fn check_bypass(
    tx: &Tx<'_>,
    at: &Versions<'_>,
    kept: &Retention,
    bypass: bool,
) -> Result<(), Fault> {
    if kept.is_compliance || !bypass {
        return Err(protected());
    }
    tx.context.permit(&api::FACTS, "BypassGovernanceRetention", &|| vec![at.arn()])
}

fn protected() -> Fault {
    let message = "Access Denied because object protected by object lock.";
    Fault { message: message.to_owned(), ..errors::access_denied() }
}
