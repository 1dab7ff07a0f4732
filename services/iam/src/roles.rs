//! Roles are made, shown, changed and deleted. Who may assume one is asked by STS.

use api_iam as api;
use policy::limits;
use service::{Result, Tx, View};
use store::record;

use crate::identity::{self, Identity, Kind, Role};
use crate::page::Wish;
use crate::{document, errors, keys};

/// How long a session may last, in seconds, when the client says nothing.
const SESSION_S_MAX: i32 = 3600;

pub(crate) fn create(tx: &mut Tx<'_>, input: &api::CreateRoleInput) -> Result<api::CreateRoleOutput> {
    errors::refuse(&[("PermissionsBoundary", input.permissions_boundary.is_some())])?;
    check_trust(tx, &input.assume_role_policy_document)?;
    let (name, path) = (&input.role_name, input.path.as_deref());
    let mut identity = identity::new(tx, Kind::Role, name, path, input.tags.as_deref())?;
    identity.role = Some(Role {
        trust: input.assume_role_policy_document.clone(),
        description: input.description.clone().unwrap_or_default(),
        session_s_max: input.max_session_duration.unwrap_or(SESSION_S_MAX),
    });
    identity::put(tx, &identity)?;
    Ok(api::CreateRoleOutput { role: identity.shown_role(tx.scope().account) })
}

fn check_trust(tx: &Tx<'_>, text: &str) -> Result<()> {
    let document = document::check(policy::Kind::Trust, text)?;
    document::check_principals(&**tx, tx.scope().account, &document)?;
    if limits::size(text) > limits::TRUST_SIZE_MAX {
        return Err(errors::over_quota("ACLSizePerRole", limits::TRUST_SIZE_MAX).into());
    }
    Ok(())
}

pub(crate) fn get(view: &View<'_>, input: &api::GetRoleInput) -> Result<api::GetRoleOutput> {
    let account = view.scope().account;
    let role = identity::find(&**view, account, Kind::Role, &input.role_name)?;
    Ok(api::GetRoleOutput { role: role.shown_role(account) })
}

pub(crate) fn list(view: &View<'_>, input: &api::ListRolesInput) -> Result<api::ListRolesOutput> {
    let account = view.scope().account;
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    let wish =
        Wish { operation: "iam:ListRoles", marker: input.marker.as_deref(), max_items: input.max_items };
    let page = wish.of_records(view, keys::identities(account, Kind::Role).prefix_range(), |value| {
        let role: Identity = record::decode(value)?;
        Ok(role.path.starts_with(prefix).then(|| role.shown_role(account)))
    })?;
    Ok(api::ListRolesOutput { roles: page.items, is_truncated: page.is_truncated, marker: page.marker })
}

pub(crate) fn update(tx: &mut Tx<'_>, input: &api::UpdateRoleInput) -> Result<api::UpdateRoleOutput> {
    change(tx, &input.role_name, |role| {
        role.description = input.description.clone().unwrap_or_default();
        role.session_s_max = input.max_session_duration.unwrap_or(SESSION_S_MAX);
    })?;
    Ok(api::UpdateRoleOutput::default())
}

pub(crate) fn update_trust(
    tx: &mut Tx<'_>,
    input: &api::UpdateAssumeRolePolicyInput,
) -> Result<api::UpdateAssumeRolePolicyOutput> {
    check_trust(tx, &input.policy_document)?;
    change(tx, &input.role_name, |role| role.trust.clone_from(&input.policy_document))?;
    Ok(api::UpdateAssumeRolePolicyOutput::default())
}

fn change(tx: &mut Tx<'_>, name: &str, change: impl FnOnce(&mut Role)) -> Result<()> {
    let mut identity = identity::find(&**tx, tx.scope().account, Kind::Role, name)?;
    if let Some(role) = &mut identity.role {
        change(role);
    }
    identity::put(tx, &identity)
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteRoleInput) -> Result<api::DeleteRoleOutput> {
    let role = identity::find(&**tx, tx.scope().account, Kind::Role, &input.role_name)?;
    identity::delete(tx, &role)?;
    Ok(api::DeleteRoleOutput::default())
}
