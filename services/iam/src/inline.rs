//! Inline policies of users and roles.

use std::collections::BTreeMap;

use api_iam as api;
use policy::limits;
use service::{Result, Tx, View};

use crate::identity::{self, Identity, Kind};
use crate::page::{Page, Wish};
use crate::{document, errors};

/// Gives an identity a policy of its own, in the place of one of the same name.
fn put(tx: &mut Tx<'_>, kind: Kind, name: &str, policy: &str, text: &str) -> Result<()> {
    document::check(policy::Kind::Identity, text)?;
    let mut identity = identity::find(&**tx, tx.scope().account, kind, name)?;
    identity.inline.insert(policy.to_owned(), text.to_owned());
    let size: usize = identity.inline.values().map(|text| limits::size(text)).sum();
    if size > kind.inline_size_max() {
        let message = format!(
            "Maximum policy size of {} bytes exceeded for {} {name}",
            kind.inline_size_max(),
            kind.word()
        );
        return Err(api::error::limit_exceeded_exception(message).into());
    }
    identity::put(tx, &identity)
}

fn find<'a>(identity: &'a Identity, policy: &str) -> Result<&'a str> {
    let missing = || {
        errors::no_such(format!("The {} policy with name {policy} cannot be found.", identity.kind.word()))
    };
    Ok(identity.inline.get(policy).ok_or_else(missing)?)
}

fn get(view: &View<'_>, kind: Kind, name: &str, policy: &str) -> Result<String> {
    let identity = identity::find(&**view, view.scope().account, kind, name)?;
    Ok(document::shown(find(&identity, policy)?))
}

fn delete(tx: &mut Tx<'_>, kind: Kind, name: &str, policy: &str) -> Result<()> {
    let mut identity = identity::find(&**tx, tx.scope().account, kind, name)?;
    find(&identity, policy)?;
    identity.inline.remove(policy);
    identity::put(tx, &identity)
}

fn list(view: &View<'_>, kind: Kind, name: &str, wish: &Wish<'_>) -> Result<Page<String>> {
    let inline: BTreeMap<_, _> = identity::find(&**view, view.scope().account, kind, name)?.inline;
    wish.of_names(view, inline.into_keys().map(|name| (name.clone(), name)))
}

pub(crate) fn put_of_role(
    tx: &mut Tx<'_>,
    input: &api::PutRolePolicyInput,
) -> Result<api::PutRolePolicyOutput> {
    put(tx, Kind::Role, &input.role_name, &input.policy_name, &input.policy_document)?;
    Ok(api::PutRolePolicyOutput::default())
}

pub(crate) fn put_of_user(
    tx: &mut Tx<'_>,
    input: &api::PutUserPolicyInput,
) -> Result<api::PutUserPolicyOutput> {
    put(tx, Kind::User, &input.user_name, &input.policy_name, &input.policy_document)?;
    Ok(api::PutUserPolicyOutput::default())
}

pub(crate) fn get_of_role(
    view: &View<'_>,
    input: &api::GetRolePolicyInput,
) -> Result<api::GetRolePolicyOutput> {
    Ok(api::GetRolePolicyOutput {
        role_name: input.role_name.clone(),
        policy_name: input.policy_name.clone(),
        policy_document: get(view, Kind::Role, &input.role_name, &input.policy_name)?,
    })
}

pub(crate) fn get_of_user(
    view: &View<'_>,
    input: &api::GetUserPolicyInput,
) -> Result<api::GetUserPolicyOutput> {
    Ok(api::GetUserPolicyOutput {
        user_name: input.user_name.clone(),
        policy_name: input.policy_name.clone(),
        policy_document: get(view, Kind::User, &input.user_name, &input.policy_name)?,
    })
}

pub(crate) fn delete_of_role(
    tx: &mut Tx<'_>,
    input: &api::DeleteRolePolicyInput,
) -> Result<api::DeleteRolePolicyOutput> {
    delete(tx, Kind::Role, &input.role_name, &input.policy_name)?;
    Ok(api::DeleteRolePolicyOutput::default())
}

pub(crate) fn delete_of_user(
    tx: &mut Tx<'_>,
    input: &api::DeleteUserPolicyInput,
) -> Result<api::DeleteUserPolicyOutput> {
    delete(tx, Kind::User, &input.user_name, &input.policy_name)?;
    Ok(api::DeleteUserPolicyOutput::default())
}

pub(crate) fn list_of_role(
    view: &View<'_>,
    input: &api::ListRolePoliciesInput,
) -> Result<api::ListRolePoliciesOutput> {
    let (marker, max_items) = (input.marker.as_deref(), input.max_items);
    let wish = Wish { operation: "iam:ListRolePolicies", marker, max_items };
    let page = list(view, Kind::Role, &input.role_name, &wish)?;
    Ok(api::ListRolePoliciesOutput {
        policy_names: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

pub(crate) fn list_of_user(
    view: &View<'_>,
    input: &api::ListUserPoliciesInput,
) -> Result<api::ListUserPoliciesOutput> {
    let (marker, max_items) = (input.marker.as_deref(), input.max_items);
    let wish = Wish { operation: "iam:ListUserPolicies", marker, max_items };
    let page = list(view, Kind::User, &input.user_name, &wish)?;
    Ok(api::ListUserPoliciesOutput {
        policy_names: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}
