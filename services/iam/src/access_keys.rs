//! Access keys of users. What the door needs of a key is the frame's record; what IAM shows of it is this one.

use api_iam as api;
use names::{Account, ids};
use serde::{Deserialize, Serialize};
use service::{Credential, PrincipalKind, PrincipalRecord, Result, Tx, View};
use store::{Direction, Reads, record};
use wire::{Fault, Timestamp};

use crate::identity::{self, Identity, Kind};
use crate::page::Wish;
use crate::{errors, keys, users};

/// Keys of a user.
const KEYS_MAX: usize = 2;

/// An access key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessKey {
    pub(crate) id: String,
    created_ms: i64,
    is_active: bool,
}

#[cfg(test)]
layouts::stays!(stored_access_key: AccessKey);

pub(crate) fn create(
    tx: &mut Tx<'_>,
    input: &api::CreateAccessKeyInput,
) -> Result<api::CreateAccessKeyOutput> {
    let account = tx.scope().account;
    let name = users::named(tx.context, input.user_name.as_deref())?;
    let user = identity::find(&**tx, account, Kind::User, &name)?;
    if of_user(&**tx, account, &user.id)?.len() >= KEYS_MAX {
        return Err(errors::over_quota("AccessKeysPerUser", KEYS_MAX).into());
    }
    let key = AccessKey {
        id: ids::access_key_id(account, tx.random().bytes()),
        created_ms: tx.now.millis(),
        is_active: true,
    };
    let credential = Credential {
        access_key_id: key.id.clone(),
        secret_access_key: ids::secret_access_key(tx.random().bytes()),
        session_token: None,
        account,
        principal: principal(account, &user),
        expires_ms: None,
        active: true,
    };
    credential.put(tx)?;
    tx.put_record(keys::access_key(account, &user.id, &key.id), &key)?;
    Ok(api::CreateAccessKeyOutput {
        access_key: api::AccessKey {
            user_name: user.name,
            access_key_id: key.id,
            status: "Active".into(),
            secret_access_key: credential.secret_access_key,
            create_date: Some(Timestamp(key.created_ms)),
        },
    })
}

fn principal(account: Account, user: &Identity) -> PrincipalRecord {
    PrincipalRecord { kind: PrincipalKind::User, arn: user.arn(account), id: user.id.clone(), role: None }
}

/// The keys of a user, by its unique id.
pub(crate) fn of_user(reads: &impl Reads, account: Account, user_id: &str) -> Result<Vec<AccessKey>> {
    let keys = reads.scan(keys::access_keys(account, user_id).prefix_range(), Direction::Forward);
    keys.map(|entry| Ok(record::decode(&entry?.1)?)).collect()
}

pub(crate) fn list(view: &View<'_>, input: &api::ListAccessKeysInput) -> Result<api::ListAccessKeysOutput> {
    let account = view.scope().account;
    let name = users::named(view.context, input.user_name.as_deref())?;
    let user = identity::find(&**view, account, Kind::User, &name)?;
    let wish =
        Wish { operation: "iam:ListAccessKeys", marker: input.marker.as_deref(), max_items: input.max_items };
    let page = wish.of_records(view, keys::access_keys(account, &user.id).prefix_range(), |value| {
        let key: AccessKey = record::decode(value)?;
        Ok(Some(api::AccessKeyMetadata {
            user_name: Some(user.name.clone()),
            access_key_id: Some(key.id),
            status: Some(if key.is_active { "Active" } else { "Inactive" }.into()),
            create_date: Some(Timestamp(key.created_ms)),
        }))
    })?;
    Ok(api::ListAccessKeysOutput {
        access_key_metadata: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

pub(crate) fn update(
    tx: &mut Tx<'_>,
    input: &api::UpdateAccessKeyInput,
) -> Result<api::UpdateAccessKeyOutput> {
    let is_active = match input.status.as_str() {
        "Active" => true,
        "Inactive" => false,
        status => return Err(errors::invalid(format!("Status {status} cannot be set.")).into()),
    };
    let (user, mut key, mut credential) = find(tx, input.user_name.as_deref(), &input.access_key_id)?;
    key.is_active = is_active;
    credential.active = is_active;
    credential.put(tx)?;
    let account = tx.scope().account;
    tx.put_record(keys::access_key(account, &user.id, &key.id), &key)?;
    Ok(api::UpdateAccessKeyOutput::default())
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteAccessKeyInput,
) -> Result<api::DeleteAccessKeyOutput> {
    let (user, key, _) = find(tx, input.user_name.as_deref(), &input.access_key_id)?;
    Credential::delete(tx, &key.id)?;
    let account = tx.scope().account;
    tx.delete(keys::access_key(account, &user.id, &key.id));
    Ok(api::DeleteAccessKeyOutput::default())
}

fn find(tx: &Tx<'_>, user: Option<&str>, id: &str) -> Result<(Identity, AccessKey, Credential)> {
    let account = tx.scope().account;
    let user = identity::find(&**tx, account, Kind::User, &users::named(tx.context, user)?)?;
    let key: Option<AccessKey> = tx.get_record(&keys::access_key(account, &user.id, id))?;
    let credential = Credential::find(&**tx, id)?;
    match (key, credential) {
        (Some(key), Some(credential)) => Ok((user, key, credential)),
        _ => Err(no_key(id).into()),
    }
}

fn no_key(id: &str) -> Fault {
    errors::no_such(format!("The Access Key with id {id} cannot be found."))
}

/// The keys of a renamed user stand for it under its new name.
pub(crate) fn rename(tx: &mut Tx<'_>, user: &Identity) -> Result<()> {
    let account = tx.scope().account;
    for key in of_user(&**tx, account, &user.id)? {
        if let Some(mut credential) = Credential::find(&**tx, &key.id)? {
            credential.principal = principal(account, user);
            credential.put(tx)?;
        }
    }
    Ok(())
}
