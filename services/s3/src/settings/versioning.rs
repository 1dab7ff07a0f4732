//! Versioning, and whether deleting a version takes a second factor.
//!
//! No device is known here: any serial number with six digits passes for one, when the root user sends it.

use api_s3 as api;
use service::{PrincipalKind, Result, Tx};
use wire::Fault;

use crate::bucket::Bucket;
use crate::setting::{self, Setting};
use crate::{errors, settings::object_lock};

impl Setting for api::VersioningConfiguration {
    const KIND: &'static str = "versioning";

    fn check(&mut self, tx: &Tx<'_>, bucket: &Bucket) -> Result<()> {
        let before = setting::find::<Self>(&**tx, bucket)?.unwrap_or_default();
        let Some(status) = self.status.clone().or(before.status) else {
            let message = "The Versioning element must be specified";
            return Err(Fault::new("IllegalVersioningConfigurationException", 400, message).into());
        };
        if status != api::BucketVersioningStatus::Enabled {
            stays_enabled(bucket)?;
        }
        self.status = Some(status);
        self.mfa_delete = self.mfa_delete.take().or(before.mfa_delete);
        Ok(())
    }

    fn absent(_: &Bucket) -> Result<Self, Fault> {
        Ok(Self::default())
    }
}

pub(crate) fn put(
    tx: &mut Tx<'_>,
    input: &api::PutBucketVersioningInput,
) -> Result<api::PutBucketVersioningOutput> {
    let wanted = &input.versioning_configuration;
    let bucket = Bucket::of(&**tx, tx.context, input)?;
    let before = setting::find::<api::VersioningConfiguration>(&**tx, &bucket)?.unwrap_or_default();
    let is_on = |setting: &api::VersioningConfiguration| setting.mfa_delete == Some(api::MfaDelete::Enabled);
    if is_on(wanted) || is_on(&before) {
        prove_factor(tx, input.mfa.as_deref())?;
    }
    setting::put(tx, input, wanted)
}

pub(crate) fn shown(setting: api::VersioningConfiguration) -> api::GetBucketVersioningOutput {
    let mfa_delete = setting.mfa_delete.map(|status| status.as_str().into());
    api::GetBucketVersioningOutput { status: setting.status, mfa_delete }
}

/// What a bucket has that was made for object lock.
pub(crate) fn enabled() -> api::VersioningConfiguration {
    let status = Some(api::BucketVersioningStatus::Enabled);
    api::VersioningConfiguration { status, ..Default::default() }
}

/// Whether a bucket keeps all versions.
pub(crate) fn is_enabled(tx: &Tx<'_>, bucket: &Bucket) -> Result<bool> {
    let setting = setting::find::<api::VersioningConfiguration>(&**tx, bucket)?;
    Ok(setting.is_some_and(|setting| setting.status == Some(api::BucketVersioningStatus::Enabled)))
}

/// What builds on versions holds them fast.
fn stays_enabled(bucket: &Bucket) -> Result<(), Fault> {
    if bucket.settings.contains(<api::ObjectLockConfiguration as Setting>::KIND) {
        return Err(object_lock::invalid_state(
            "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
        ));
    }
    if bucket.settings.contains(<api::ReplicationConfiguration as Setting>::KIND) {
        return Err(object_lock::invalid_state(
            "A replication configuration is present on this bucket, so you cannot change the versioning state. To change \
             the versioning state, first delete the replication configuration.",
        ));
    }
    Ok(())
}

/// `serial number`, a space, and six digits.
fn prove_factor(tx: &Tx<'_>, factor: Option<&str>) -> Result<(), Fault> {
    let parts = factor.and_then(|factor| factor.rsplit_once(' '));
    let is_code = |code: &str| code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
    let is_proved = parts.is_some_and(|(serial, code)| !serial.is_empty() && is_code(code));
    if is_proved && tx.context.caller.principal.kind == PrincipalKind::Root {
        return Ok(());
    }
    let message = "Mfa Authentication must be used for this request";
    Err(Fault { message: message.to_owned(), ..errors::access_denied() })
}
