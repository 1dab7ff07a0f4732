//! Managed policies and their versions are made, shown and deleted.

use std::collections::BTreeMap;

use api_iam as api;
use names::ids;
use policy::limits;
use service::{Result, Tx, View};
use store::{Reads as _, record};
use wire::Fault;

use crate::managed::{self, Managed, Version};
use crate::page::{Page, Wish};
use crate::{document, errors, identity, keys};

/// Versions of a policy.
const VERSIONS_MAX: usize = 5;

fn check(text: &str) -> Result<(), Fault> {
    document::check(policy::Kind::Identity, text)?;
    if limits::size(text) > limits::MANAGED_SIZE_MAX {
        return Err(errors::over_quota("PolicySize", limits::MANAGED_SIZE_MAX));
    }
    Ok(())
}

pub(crate) fn create(tx: &mut Tx<'_>, input: &api::CreatePolicyInput) -> Result<api::CreatePolicyOutput> {
    check(&input.policy_document)?;
    let (account, now_ms) = (tx.scope().account, tx.now.millis());
    let key = keys::policy(account, &input.policy_name);
    if tx.get(&key)?.is_some() {
        let message =
            format!("A policy called {} already exists. Duplicate names are not allowed.", input.policy_name);
        return Err(errors::already_exists(message).into());
    }
    let version = Version { document: input.policy_document.clone(), created_ms: now_ms };
    let managed = Managed {
        name: input.policy_name.clone(),
        path: input.path.clone().unwrap_or_else(|| "/".into()),
        id: ids::unique_id(ids::Kind::Policy, tx.random().bytes()),
        created_ms: now_ms,
        updated_ms: now_ms,
        description: input.description.clone(),
        tags: identity::tagged(BTreeMap::new(), input.tags.as_deref().unwrap_or_default())?,
        versions: BTreeMap::from([(1, version)]),
        default_version: 1,
        next_version: 2,
        is_aws: false,
    };
    tx.put_record(&key, &managed)?;
    Ok(api::CreatePolicyOutput { policy: Some(managed.shown(&**tx, account)?) })
}

pub(crate) fn get(view: &View<'_>, input: &api::GetPolicyInput) -> Result<api::GetPolicyOutput> {
    let account = view.scope().account;
    let managed = managed::get(&**view, account, &input.policy_arn)?;
    Ok(api::GetPolicyOutput { policy: Some(managed.shown(&**view, account)?) })
}

pub(crate) fn list(view: &View<'_>, input: &api::ListPoliciesInput) -> Result<api::ListPoliciesOutput> {
    let usage = input.policy_usage_filter.as_ref().map(api::PolicyUsageType::as_str);
    errors::refuse(&[("PolicyUsageFilter PermissionsBoundary", usage == Some("PermissionsBoundary"))])?;
    let account = view.scope().account;
    let scope = input.scope.as_ref().map_or("All", api::PolicyScopeType::as_str);
    let mut all: BTreeMap<String, Managed> = BTreeMap::new();
    if scope != "Local" {
        all.extend(managed::all_of_aws().map(|managed| (managed.arn(account), managed.clone())));
    }
    if scope != "AWS" {
        for entry in view.scan(keys::policies(account).prefix_range(), store::Direction::Forward) {
            let managed: Managed = record::decode(&entry?.1)?;
            all.insert(managed.arn(account), managed);
        }
    }
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    all.retain(|_, managed| managed.path.starts_with(prefix));
    let mut shown = Vec::new();
    for (arn, managed) in all {
        let policy = managed.shown(&**view, account)?;
        if input.only_attached != Some(true) || policy.attachment_count > Some(0) {
            shown.push((arn, policy));
        }
    }
    let (marker, max_items) = (input.marker.as_deref(), input.max_items);
    let page = Wish { operation: "iam:ListPolicies", marker, max_items }.of_names(view, shown.into_iter())?;
    let Page { items, is_truncated, marker } = page;
    Ok(api::ListPoliciesOutput { policies: Some(items), is_truncated, marker })
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeletePolicyInput) -> Result<api::DeletePolicyOutput> {
    let account = tx.scope().account;
    let managed = own(tx, &input.policy_arn)?;
    if managed.attachments(&**tx, account)? > 0 {
        return Err(errors::conflict("Cannot delete a policy attached to entities.").into());
    }
    if managed.versions.len() > 1 {
        return Err(errors::conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. \
             The default version is deleted with the policy.",
        )
        .into());
    }
    tx.delete(keys::policy(account, &managed.name));
    Ok(api::DeletePolicyOutput::default())
}

fn put(tx: &mut Tx<'_>, managed: &Managed) -> Result<()> {
    let account = tx.scope().account;
    Ok(tx.put_record(keys::policy(account, &managed.name), managed)?)
}

/// A policy that may be changed.
fn own(tx: &Tx<'_>, arn: &str) -> Result<Managed> {
    let managed = managed::get(&**tx, tx.scope().account, arn)?;
    if managed.is_aws {
        return Err(Fault::new("AccessDenied", 403, "AWS managed policies cannot be changed.").into());
    }
    Ok(managed)
}

pub(crate) fn create_version(
    tx: &mut Tx<'_>,
    input: &api::CreatePolicyVersionInput,
) -> Result<api::CreatePolicyVersionOutput> {
    check(&input.policy_document)?;
    let mut managed = own(tx, &input.policy_arn)?;
    if managed.versions.len() >= VERSIONS_MAX {
        return Err(api::error::limit_exceeded_exception(
            "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing \
             version.",
        )
        .into());
    }
    let (number, now_ms) = (managed.next_version, tx.now.millis());
    let version = Version { document: input.policy_document.clone(), created_ms: now_ms };
    managed.versions.insert(number, version);
    managed.next_version += 1;
    managed.updated_ms = now_ms;
    if input.set_as_default == Some(true) {
        managed.default_version = number;
    }
    put(tx, &managed)?;
    Ok(api::CreatePolicyVersionOutput { policy_version: managed.shown_version(number, false) })
}

/// The number in `v7`, if the policy has such a version.
fn number(managed: &Managed, arn: &str, id: &str) -> Result<u32, Fault> {
    let number = id.strip_prefix('v').and_then(|number| number.parse().ok());
    let missing =
        || errors::no_such(format!("Policy {arn} version {id} does not exist or is not attachable."));
    number.filter(|number| managed.versions.contains_key(number)).ok_or_else(missing)
}

pub(crate) fn get_version(
    view: &View<'_>,
    input: &api::GetPolicyVersionInput,
) -> Result<api::GetPolicyVersionOutput> {
    let managed = managed::get(&**view, view.scope().account, &input.policy_arn)?;
    let number = number(&managed, &input.policy_arn, &input.version_id)?;
    Ok(api::GetPolicyVersionOutput { policy_version: managed.shown_version(number, true) })
}

pub(crate) fn list_versions(
    view: &View<'_>,
    input: &api::ListPolicyVersionsInput,
) -> Result<api::ListPolicyVersionsOutput> {
    let managed = managed::get(&**view, view.scope().account, &input.policy_arn)?;
    // The latest first; there are five at most.
    let versions = managed.versions.keys().rev().filter_map(|number| managed.shown_version(*number, false));
    Ok(api::ListPolicyVersionsOutput {
        versions: Some(versions.collect()),
        is_truncated: Some(false),
        marker: None,
    })
}

pub(crate) fn delete_version(
    tx: &mut Tx<'_>,
    input: &api::DeletePolicyVersionInput,
) -> Result<api::DeletePolicyVersionOutput> {
    let mut managed = own(tx, &input.policy_arn)?;
    let number = number(&managed, &input.policy_arn, &input.version_id)?;
    if number == managed.default_version {
        return Err(errors::conflict("Cannot delete the default version of a policy.").into());
    }
    managed.versions.remove(&number);
    put(tx, &managed)?;
    Ok(api::DeletePolicyVersionOutput::default())
}

pub(crate) fn set_default(
    tx: &mut Tx<'_>,
    input: &api::SetDefaultPolicyVersionInput,
) -> Result<api::SetDefaultPolicyVersionOutput> {
    let mut managed = own(tx, &input.policy_arn)?;
    managed.default_version = number(&managed, &input.policy_arn, &input.version_id)?;
    managed.updated_ms = tx.now.millis();
    put(tx, &managed)?;
    Ok(api::SetDefaultPolicyVersionOutput::default())
}
