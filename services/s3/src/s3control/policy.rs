//! The policy of an access point, which joins the decision with that of the bucket.

use std::sync::Arc;

use api_s3control as api;
use service::{Result, Tx, View};
use wire::Fault;

use super::find;
use crate::access_point::AccessPoint;
use crate::settings::policy;

pub(super) fn put(
    tx: &mut Tx<'_>,
    input: &api::PutAccessPointPolicyInput,
) -> Result<api::PutAccessPointPolicyOutput> {
    let point = find(&**tx, tx.context, &input.account_id, &input.name)?;
    policy::check_of_point(&**tx, &input.policy, &point)?;
    AccessPoint { policy: Some(input.policy.clone()), ..Arc::unwrap_or_clone(point) }.put(tx)?;
    Ok(api::PutAccessPointPolicyOutput::default())
}

pub(super) fn get(
    view: &View<'_>,
    input: &api::GetAccessPointPolicyInput,
) -> Result<api::GetAccessPointPolicyOutput> {
    let point = find(&**view, view.context, &input.account_id, &input.name)?;
    Ok(api::GetAccessPointPolicyOutput { policy: Some(text(&point)?.to_owned()) })
}

pub(super) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteAccessPointPolicyInput,
) -> Result<api::DeleteAccessPointPolicyOutput> {
    let point = find(&**tx, tx.context, &input.account_id, &input.name)?;
    AccessPoint { policy: None, ..Arc::unwrap_or_clone(point) }.put(tx)?;
    Ok(api::DeleteAccessPointPolicyOutput::default())
}

pub(super) fn status(
    view: &View<'_>,
    input: &api::GetAccessPointPolicyStatusInput,
) -> Result<api::GetAccessPointPolicyStatusOutput> {
    let point = find(&**view, view.context, &input.account_id, &input.name)?;
    let is_public = policy::is_public_of_point(text(&point)?, &point);
    let policy_status = Some(api::PolicyStatus { is_public: Some(is_public) });
    Ok(api::GetAccessPointPolicyStatusOutput { policy_status })
}

fn text(point: &AccessPoint) -> Result<&str, Fault> {
    point.policy.as_deref().ok_or_else(|| {
        Fault::new("NoSuchAccessPointPolicy", 404, "The specified accesspoint policy does not exist")
            .with_element("AccessPointName", point.name.clone())
    })
}
