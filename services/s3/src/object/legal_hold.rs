//! GetObjectLegalHold and PutObjectLegalHold: whether an object is kept until somebody says otherwise.

use api_s3 as api;
use service::{Result, Tx, View};

use super::existing::{Action, Existing};
use super::lock;
use crate::errors;

pub(crate) fn get(
    view: &View<'_>,
    input: &api::GetObjectLegalHoldInput,
) -> Result<api::GetObjectLegalHoldOutput> {
    let object = Existing::of(&**view, view.context, input, Action::of_both("GetObjectLegalHold"))?;
    lock::check_bucket(&**view, &object.bucket)?;
    let status = lock::hold(object.content.is_held.ok_or_else(lock::none)?).into();
    Ok(api::GetObjectLegalHoldOutput { legal_hold: Some(api::ObjectLockLegalHold { status: Some(status) }) })
}

pub(crate) fn put(
    tx: &mut Tx<'_>,
    input: &api::PutObjectLegalHoldInput,
) -> Result<api::PutObjectLegalHoldOutput> {
    let mut object = Existing::of(&**tx, tx.context, input, Action::of_both("PutObjectLegalHold"))?;
    lock::check_bucket(&**tx, &object.bucket)?;
    let status = input.legal_hold.as_ref().and_then(|hold| hold.status.as_ref());
    object.content.is_held = match status.map(api::ObjectLockLegalHoldStatus::as_str) {
        Some("ON") => Some(true),
        Some("OFF") => Some(false),
        _ => return Err(errors::malformed_xml().into()),
    };
    object.put(tx)?;
    Ok(api::PutObjectLegalHoldOutput::default())
}
