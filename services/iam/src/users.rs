//! Users are made, shown, renamed and deleted.

use api_iam as api;
use service::{PrincipalKind, Result, Tx, View};
use store::{Reads as _, record};

use crate::identity::{self, Identity, Kind};
use crate::page::Wish;
use crate::{access_keys, errors, keys};

pub(crate) fn create(tx: &mut Tx<'_>, input: &api::CreateUserInput) -> Result<api::CreateUserOutput> {
    errors::refuse(&[("PermissionsBoundary", input.permissions_boundary.is_some())])?;
    let (name, path) = (&input.user_name, input.path.as_deref());
    let user = identity::new(tx, Kind::User, name, path, input.tags.as_deref())?;
    identity::put(tx, &user)?;
    Ok(api::CreateUserOutput { user: Some(user.shown_user(tx.scope().account)) })
}

/// The user that a call is about: the caller, where it names none.
pub(crate) fn named(context: &service::Context, name: Option<&str>) -> Result<String> {
    let principal = &context.caller.principal;
    match name {
        Some(name) => Ok(name.to_owned()),
        None if principal.kind == PrincipalKind::User => {
            Ok(principal.arn.resource().rsplit('/').next().unwrap_or_default().to_owned())
        }
        None => Err(errors::invalid("Must specify userName when calling with non-User credentials").into()),
    }
}

pub(crate) fn get(view: &View<'_>, input: &api::GetUserInput) -> Result<api::GetUserOutput> {
    let account = view.scope().account;
    let name = named(view.context, input.user_name.as_deref())?;
    let user = identity::find(&**view, account, Kind::User, &name)?;
    Ok(api::GetUserOutput { user: user.shown_user(account) })
}

pub(crate) fn list(view: &View<'_>, input: &api::ListUsersInput) -> Result<api::ListUsersOutput> {
    let account = view.scope().account;
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    let wish =
        Wish { operation: "iam:ListUsers", marker: input.marker.as_deref(), max_items: input.max_items };
    let page = wish.of_records(view, keys::identities(account, Kind::User).prefix_range(), |value| {
        let user: Identity = record::decode(value)?;
        Ok(user.path.starts_with(prefix).then(|| user.shown_user(account)))
    })?;
    Ok(api::ListUsersOutput { users: page.items, is_truncated: page.is_truncated, marker: page.marker })
}

pub(crate) fn update(tx: &mut Tx<'_>, input: &api::UpdateUserInput) -> Result<api::UpdateUserOutput> {
    let account = tx.scope().account;
    let old = identity::find(&**tx, account, Kind::User, &input.user_name)?;
    let mut user = old.clone();
    user.path = input.new_path.clone().unwrap_or(user.path);
    user.name = input.new_user_name.clone().unwrap_or(user.name);
    let (from, to) =
        (keys::identity(account, Kind::User, &old.name), keys::identity(account, Kind::User, &user.name));
    if from != to {
        if tx.get(&to)?.is_some() {
            let message = format!("User with name {} already exists.", user.name);
            return Err(errors::already_exists(message).into());
        }
        tx.delete(&from);
        for policy_arn in &user.attached {
            tx.delete(keys::attachment(account, policy_arn, Kind::User, &old.name));
            tx.put(keys::attachment(account, policy_arn, Kind::User, &user.name), Vec::new());
        }
    }
    access_keys::rename(tx, &user)?;
    identity::put(tx, &user)?;
    Ok(api::UpdateUserOutput::default())
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteUserInput) -> Result<api::DeleteUserOutput> {
    let user = identity::find(&**tx, tx.scope().account, Kind::User, &input.user_name)?;
    if !access_keys::of_user(&**tx, tx.scope().account, &user.id)?.is_empty() {
        return Err(errors::conflict("Cannot delete entity, must delete access keys first.").into());
    }
    identity::delete(tx, &user)?;
    Ok(api::DeleteUserOutput::default())
}
