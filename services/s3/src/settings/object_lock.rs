//! Object lock: how long new objects cannot be deleted.

use api_s3 as api;
use service::{Result, Tx};
use wire::Fault;

use super::versioning;
use crate::bucket::Bucket;
use crate::errors;
use crate::setting::{self, Setting};

const DAYS_MAX: i32 = 36_500;
const YEARS_MAX: i32 = 100;

impl Setting for api::ObjectLockConfiguration {
    const KIND: &'static str = "object-lock";

    fn check(&mut self, tx: &Tx<'_>, bucket: &Bucket) -> Result<()> {
        if self.object_lock_enabled != Some(api::ObjectLockEnabled::Enabled) {
            return Err(errors::malformed_xml().into());
        }
        if let Some(rule) = &self.rule {
            check_retention(rule.default_retention.as_ref())?;
        }
        if !versioning::is_enabled(tx, bucket)? {
            let message = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration";
            return Err(invalid_state(message).into());
        }
        Ok(())
    }

    fn absent(bucket: &Bucket) -> Result<Self, Fault> {
        let message = "Object Lock configuration does not exist for this bucket";
        Err(bucket.has_no("ObjectLockConfigurationNotFoundError", message))
    }
}

pub(crate) fn put(
    tx: &mut Tx<'_>,
    input: &api::PutObjectLockConfigurationInput,
) -> Result<api::PutObjectLockConfigurationOutput> {
    let setting = input.object_lock_configuration.as_ref().ok_or_else(errors::malformed_xml)?;
    setting::put(tx, input, setting)
}

pub(crate) fn shown(setting: api::ObjectLockConfiguration) -> api::GetObjectLockConfigurationOutput {
    api::GetObjectLockConfigurationOutput { object_lock_configuration: Some(setting) }
}

/// What a bucket has that was made for it.
pub(crate) fn enabled() -> api::ObjectLockConfiguration {
    api::ObjectLockConfiguration { object_lock_enabled: Some(api::ObjectLockEnabled::Enabled), rule: None }
}

/// Another setting does not allow it.
pub(crate) fn invalid_state(message: &str) -> Fault {
    Fault::new("InvalidBucketState", 409, message)
}

fn check_retention(retention: Option<&api::DefaultRetention>) -> Result<(), Fault> {
    let retention =
        retention.filter(|retention| retention.mode.is_some()).ok_or_else(errors::malformed_xml)?;
    let (period, max) = match (retention.days, retention.years) {
        (Some(days), None) => (days, DAYS_MAX),
        (None, Some(years)) => (years, YEARS_MAX),
        _ => return Err(errors::malformed_xml()),
    };
    match period {
        ..=0 => Err(errors::invalid_argument("Default retention period must be a positive integer value.")),
        _ if period > max => Err(errors::invalid_argument("Default retention period is too large.")),
        _ => Ok(()),
    }
}
