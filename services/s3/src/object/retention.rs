//! GetObjectRetention and PutObjectRetention: until when an object is kept.

use api_s3 as api;
use service::{Result, Tx, View};
use wire::{Fault, Timestamp};

use super::existing::{Action, Existing};
use super::lock;
use super::version::Retention;
use crate::errors;

pub(crate) fn get(
    view: &View<'_>,
    input: &api::GetObjectRetentionInput,
) -> Result<api::GetObjectRetentionOutput> {
    let object = Existing::of(&**view, view.context, input, Action::of_both("GetObjectRetention"))?;
    lock::check_bucket(&**view, &object.bucket)?;
    let retention = object.content.retention.ok_or_else(lock::none)?;
    let retention = api::ObjectLockRetention {
        mode: Some(retention.mode().into()),
        retain_until_date: Some(Timestamp(retention.until_ms)),
    };
    Ok(api::GetObjectRetentionOutput { retention: Some(retention) })
}

pub(crate) fn put(
    tx: &mut Tx<'_>,
    input: &api::PutObjectRetentionInput,
) -> Result<api::PutObjectRetentionOutput> {
    let mut object = Existing::of(&**tx, tx.context, input, Action::of_both("PutObjectRetention"))?;
    lock::check_bucket(&**tx, &object.bucket)?;
    let wanted = wanted(input.retention.as_ref(), tx.now)?;
    let kept = object.content.retention.as_ref().filter(|kept| kept.until_ms > tx.now.millis());
    if let Some(kept) = kept.filter(|kept| !extends(wanted.as_ref(), kept)) {
        let bypass = input.bypass_governance_retention.unwrap_or_default();
        lock::check_bypass(tx, &object.at(), kept, bypass)?;
    }
    object.content.retention = wanted;
    object.put(tx)?;
    Ok(api::PutObjectRetentionOutput::default())
}

/// What a client asks for; an empty retention takes the one that there is away.
fn wanted(asked: Option<&api::ObjectLockRetention>, now: Timestamp) -> Result<Option<Retention>, Fault> {
    let asked = asked.ok_or_else(errors::malformed_xml)?;
    match (&asked.mode, asked.retain_until_date) {
        (Some(mode), Some(until)) => lock::read(mode.as_str(), until, now).map(Some),
        (None, None) => Ok(None),
        _ => Err(errors::malformed_xml()),
    }
}

/// Whether an object stays as safe as it is, which needs nobody's leave.
fn extends(wanted: Option<&Retention>, kept: &Retention) -> bool {
    wanted
        .is_some_and(|wanted| wanted.is_compliance == kept.is_compliance && wanted.until_ms >= kept.until_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retention(is_compliance: bool, until_ms: i64) -> Retention {
        Retention { is_compliance, until_ms }
    }

    #[test]
    fn who_keeps_longer_needs_no_leave() {
        let kept = retention(false, 100);
        assert!(extends(Some(&retention(false, 100)), &kept));
        assert!(extends(Some(&retention(false, 101)), &kept));
        for shorter in [None, Some(retention(false, 99)), Some(retention(true, 200))] {
            assert!(!extends(shorter.as_ref(), &kept), "{shorter:?}");
        }
        assert!(!extends(Some(&retention(false, 200)), &retention(true, 100)));
    }

    #[test]
    fn half_a_retention_is_none() {
        let now = Timestamp(1000);
        let asked = |mode: Option<&str>, until: Option<i64>| {
            let mode = mode.map(Into::into);
            wanted(Some(&api::ObjectLockRetention { mode, retain_until_date: until.map(Timestamp) }), now)
        };
        assert_eq!(asked(None, None).unwrap(), None);
        assert_eq!(asked(Some("COMPLIANCE"), Some(2000)).unwrap(), Some(retention(true, 2000)));
        assert_eq!(asked(Some("GOVERNANCE"), Some(1000)).unwrap_err().code, "InvalidArgument");
        for fault in [asked(Some("GOVERNANCE"), None), asked(None, Some(2000)), wanted(None, now)] {
            assert_eq!(fault.unwrap_err().code, "MalformedXML");
        }
    }
}
