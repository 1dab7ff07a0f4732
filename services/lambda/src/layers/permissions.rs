//! Who else may have a version of a layer.

use api_lambda as api;
use serde_json::json;
use service::{Result, Tx, View};
use store::Reads;
use wire::Fault;

use super::LayerVersion;
use crate::keys;
use crate::policy::Policy;

/// The policy of a version, where it has one.
pub(crate) fn of(reads: &impl Reads, version: &LayerVersion) -> Result<Option<Policy>> {
    Ok(reads.get_record(&key(version))?)
}

fn key(version: &LayerVersion) -> store::tuple::Key {
    keys::layer_policy(&version.scope, &version.layer, version.number)
}

pub(crate) fn add(
    tx: &mut Tx<'_>,
    input: &api::AddLayerVersionPermissionInput,
) -> Result<api::AddLayerVersionPermissionOutput> {
    let version = known(&**tx, &LayerVersion::of(&tx.scope(), &input.layer_name, input.version_number))?;
    let mut policy = of(&**tx, &version)?.unwrap_or_default();
    check_revision(&policy, input.revision_id.as_deref())?;
    let principal = match input.principal.as_str() {
        "*" => json!("*"),
        root if root.starts_with("arn:") => json!({ "AWS": root }),
        account => json!({ "AWS": format!("arn:{}:iam::{account}:root", version.arn().partition()) }),
    };
    let mut statement = json!({
        "Sid": input.statement_id,
        "Effect": "Allow",
        "Principal": principal,
        "Action": input.action,
        "Resource": version.arn().as_str(),
    });
    if let Some(organization) = &input.organization_id {
        statement["Condition"] = json!({ "StringEquals": { "aws:PrincipalOrgID": organization } });
    }
    let statement = statement.to_string();
    policy.add(&input.statement_id, &statement, tx.random())?;
    tx.put_record(key(&version), &policy)?;
    Ok(api::AddLayerVersionPermissionOutput {
        statement: Some(statement),
        revision_id: Some(policy.revision_id()),
    })
}

/// The version, if it is there.
fn known(reads: &impl Reads, version: &LayerVersion) -> Result<LayerVersion> {
    if version.find(reads)?.is_some() {
        return Ok(version.clone());
    }
    let message = format!("Layer version {} does not exist.", version.arn());
    Err(api::error::resource_not_found_exception(message).into())
}

fn check_revision(policy: &Policy, wanted: Option<&str>) -> Result<(), Fault> {
    if policy.is_at(wanted) {
        return Ok(());
    }
    let message = "The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to \
                   retrieve the latest Revision Id";
    Err(api::error::precondition_failed_exception(message))
}

pub(crate) fn remove(
    tx: &mut Tx<'_>,
    input: &api::RemoveLayerVersionPermissionInput,
) -> Result<api::RemoveLayerVersionPermissionOutput> {
    let version = known(&**tx, &LayerVersion::of(&tx.scope(), &input.layer_name, input.version_number))?;
    let mut policy = of(&**tx, &version)?.ok_or_else(without_policy)?;
    check_revision(&policy, input.revision_id.as_deref())?;
    policy.remove(&input.statement_id, tx.random())?;
    tx.put_record(key(&version), &policy)?;
    Ok(api::RemoveLayerVersionPermissionOutput::default())
}

fn without_policy() -> Fault {
    api::error::resource_not_found_exception("No policy is associated with the given resource.")
}

pub(crate) fn show(
    view: &View<'_>,
    input: &api::GetLayerVersionPolicyInput,
) -> Result<api::GetLayerVersionPolicyOutput> {
    let version = known(&**view, &LayerVersion::of(&view.scope(), &input.layer_name, input.version_number))?;
    let policy = of(&**view, &version)?.filter(|policy| !policy.is_empty()).ok_or_else(without_policy)?;
    Ok(api::GetLayerVersionPolicyOutput {
        policy: Some(policy.document()),
        revision_id: Some(policy.revision_id()),
    })
}
