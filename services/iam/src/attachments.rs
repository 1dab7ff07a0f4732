//! Managed policies that users and roles have.

use api_iam as api;
use service::{Result, Tx, View};

use crate::identity::{self, Kind};
use crate::page::{Page, Wish};
use crate::{errors, keys, managed};

/// Managed policies of an identity.
const ATTACHED_MAX: usize = 10;

fn attach(tx: &mut Tx<'_>, kind: Kind, name: &str, arn: &str) -> Result<()> {
    let account = tx.scope().account;
    let mut identity = identity::find(&**tx, account, kind, name)?;
    if managed::find(&**tx, account, arn)?.is_none() {
        let message = format!("Policy {arn} does not exist or is not attachable.");
        return Err(errors::no_such(message).into());
    }
    identity.attached.insert(arn.to_owned());
    if identity.attached.len() > ATTACHED_MAX {
        let quota = match kind {
            Kind::User => "PoliciesPerUser",
            Kind::Role => "PoliciesPerRole",
        };
        return Err(errors::over_quota(quota, ATTACHED_MAX).into());
    }
    tx.put(keys::attachment(account, arn, kind, name), Vec::new());
    identity::put(tx, &identity)
}

fn detach(tx: &mut Tx<'_>, kind: Kind, name: &str, arn: &str) -> Result<()> {
    let account = tx.scope().account;
    let mut identity = identity::find(&**tx, account, kind, name)?;
    if !identity.attached.remove(arn) {
        return Err(errors::no_such(format!("Policy {arn} was not found.")).into());
    }
    tx.delete(keys::attachment(account, arn, kind, name));
    identity::put(tx, &identity)
}

fn list(
    view: &View<'_>,
    kind: Kind,
    name: &str,
    path_prefix: Option<&str>,
    wish: &Wish<'_>,
) -> Result<Page<api::AttachedPolicy>> {
    let account = view.scope().account;
    let mut shown = Vec::new();
    for arn in identity::find(&**view, account, kind, name)?.attached {
        let managed = managed::get(&**view, account, &arn)?;
        if managed.path.starts_with(path_prefix.unwrap_or("/")) {
            let policy =
                api::AttachedPolicy { policy_name: Some(managed.name), policy_arn: Some(arn.clone()) };
            shown.push((arn, policy));
        }
    }
    wish.of_names(view, shown.into_iter())
}

pub(crate) fn attach_to_role(
    tx: &mut Tx<'_>,
    input: &api::AttachRolePolicyInput,
) -> Result<api::AttachRolePolicyOutput> {
    attach(tx, Kind::Role, &input.role_name, &input.policy_arn)?;
    Ok(api::AttachRolePolicyOutput::default())
}

pub(crate) fn attach_to_user(
    tx: &mut Tx<'_>,
    input: &api::AttachUserPolicyInput,
) -> Result<api::AttachUserPolicyOutput> {
    attach(tx, Kind::User, &input.user_name, &input.policy_arn)?;
    Ok(api::AttachUserPolicyOutput::default())
}

pub(crate) fn detach_from_role(
    tx: &mut Tx<'_>,
    input: &api::DetachRolePolicyInput,
) -> Result<api::DetachRolePolicyOutput> {
    detach(tx, Kind::Role, &input.role_name, &input.policy_arn)?;
    Ok(api::DetachRolePolicyOutput::default())
}

pub(crate) fn detach_from_user(
    tx: &mut Tx<'_>,
    input: &api::DetachUserPolicyInput,
) -> Result<api::DetachUserPolicyOutput> {
    detach(tx, Kind::User, &input.user_name, &input.policy_arn)?;
    Ok(api::DetachUserPolicyOutput::default())
}

pub(crate) fn list_of_role(
    view: &View<'_>,
    input: &api::ListAttachedRolePoliciesInput,
) -> Result<api::ListAttachedRolePoliciesOutput> {
    let (marker, max_items) = (input.marker.as_deref(), input.max_items);
    let wish = Wish { operation: "iam:ListAttachedRolePolicies", marker, max_items };
    let page = list(view, Kind::Role, &input.role_name, input.path_prefix.as_deref(), &wish)?;
    let Page { items, is_truncated, marker } = page;
    Ok(api::ListAttachedRolePoliciesOutput { attached_policies: Some(items), is_truncated, marker })
}

pub(crate) fn list_of_user(
    view: &View<'_>,
    input: &api::ListAttachedUserPoliciesInput,
) -> Result<api::ListAttachedUserPoliciesOutput> {
    let (marker, max_items) = (input.marker.as_deref(), input.max_items);
    let wish = Wish { operation: "iam:ListAttachedUserPolicies", marker, max_items };
    let page = list(view, Kind::User, &input.user_name, input.path_prefix.as_deref(), &wish)?;
    let Page { items, is_truncated, marker } = page;
    Ok(api::ListAttachedUserPoliciesOutput { attached_policies: Some(items), is_truncated, marker })
}
