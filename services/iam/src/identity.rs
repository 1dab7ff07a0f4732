//! Users and roles: what they have in common, in one record.

use std::collections::{BTreeMap, BTreeSet};

use api_iam as api;
use names::{Account, Arn, Partition, ids};
use serde::{Deserialize, Serialize};
use service::{Result, Tx};
use store::Reads;
use wire::{Fault, Timestamp};

use crate::{errors, keys};

/// What an identity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    User,
    Role,
}

/// A user or a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) created_ms: i64,
    pub(crate) tags: BTreeMap<String, String>,
    /// Inline policies by their names.
    pub(crate) inline: BTreeMap<String, String>,
    /// ARNs of managed policies.
    pub(crate) attached: BTreeSet<String>,
    /// What only a role has.
    pub(crate) role: Option<Role>,
}

#[cfg(test)]
layouts::stays!(stored_identity: Identity);

/// What only a role has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Role {
    /// Who may assume it.
    pub(crate) trust: String,
    pub(crate) description: String,
    pub(crate) session_s_max: i32,
}

impl Kind {
    /// As it stands in ARNs, keys and messages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Kind::User => "user",
            Kind::Role => "role",
        }
    }

    /// At the beginning of a sentence.
    fn title(self) -> &'static str {
        match self {
            Kind::User => "User",
            Kind::Role => "Role",
        }
    }

    /// The largest sum of its inline policies, in characters that are not white space.
    pub(crate) fn inline_size_max(self) -> usize {
        match self {
            Kind::User => policy::limits::USER_INLINE_SIZE_MAX,
            Kind::Role => policy::limits::ROLE_INLINE_SIZE_MAX,
        }
    }
}

/// A new one, not yet written.
pub(crate) fn new(
    tx: &Tx<'_>,
    kind: Kind,
    name: &str,
    path: Option<&str>,
    tags: Option<&[api::Tag]>,
) -> Result<Identity> {
    if tx.get(&keys::identity(tx.scope().account, kind, name))?.is_some() {
        let message = format!("{} with name {name} already exists.", kind.title());
        return Err(errors::already_exists(message).into());
    }
    let id_kind = match kind {
        Kind::User => ids::Kind::User,
        Kind::Role => ids::Kind::Role,
    };
    Ok(Identity {
        kind,
        name: name.to_owned(),
        path: path.unwrap_or("/").to_owned(),
        id: ids::unique_id(id_kind, tx.random().bytes()),
        created_ms: tx.now.millis(),
        tags: tagged(BTreeMap::new(), tags.unwrap_or_default())?,
        inline: BTreeMap::new(),
        attached: BTreeSet::new(),
        role: None,
    })
}

/// The identity of that name.
pub(crate) fn find(reads: &impl Reads, account: Account, kind: Kind, name: &str) -> Result<Identity> {
    let found: Option<Identity> = reads.get_record(&keys::identity(account, kind, name))?;
    let missing = || errors::no_such(format!("The {} with name {name} cannot be found.", kind.word()));
    Ok(found.ok_or_else(missing)?)
}

/// Writes it.
pub(crate) fn put(tx: &mut Tx<'_>, identity: &Identity) -> Result<()> {
    let account = tx.scope().account;
    Ok(tx.put_record(keys::identity(account, identity.kind, &identity.name), identity)?)
}

/// Deletes it, when nothing hangs on it any more.
pub(crate) fn delete(tx: &mut Tx<'_>, identity: &Identity) -> Result<()> {
    if !identity.attached.is_empty() {
        return Err(errors::conflict("Cannot delete entity, must detach all policies first.").into());
    }
    if !identity.inline.is_empty() {
        return Err(errors::conflict("Cannot delete entity, must delete policies first.").into());
    }
    let account = tx.scope().account;
    tx.delete(keys::identity(account, identity.kind, &identity.name));
    Ok(())
}

/// `tags` with these added or changed, as far as IAM takes them.
pub(crate) fn tagged(
    mut tags: BTreeMap<String, String>,
    new: &[api::Tag],
) -> Result<BTreeMap<String, String>, Fault> {
    tags.extend(new.iter().map(|tag| (tag.key.clone(), tag.value.clone())));
    names::tags::checked(tags).map_err(|error| api::error::invalid_input_exception(error.to_string()))
}

/// Tags as the API shows them.
pub(crate) fn shown_tags(tags: &BTreeMap<String, String>) -> Vec<api::Tag> {
    tags.iter().map(|(key, value)| api::Tag { key: key.clone(), value: value.clone() }).collect()
}

impl Identity {
    /// `arn:aws:iam::000000000000:role/service-role/name`.
    pub(crate) fn arn(&self, account: Account) -> Arn {
        let resource = format_args!("{}{}{}", self.kind.word(), self.path, self.name);
        Arn::global("iam", Partition::Aws, &account, resource)
    }

    fn tags(&self) -> Option<Vec<api::Tag>> {
        (!self.tags.is_empty()).then(|| shown_tags(&self.tags))
    }

    /// As the API shows a user.
    pub(crate) fn shown_user(&self, account: Account) -> api::User {
        api::User {
            path: self.path.clone(),
            user_name: self.name.clone(),
            user_id: self.id.clone(),
            arn: self.arn(account).to_string(),
            create_date: Timestamp(self.created_ms),
            tags: self.tags(),
            ..api::User::default()
        }
    }

    /// As the API shows a role.
    pub(crate) fn shown_role(&self, account: Account) -> api::Role {
        let role = self.role.as_ref();
        let description = role.map(|role| role.description.clone());
        api::Role {
            path: self.path.clone(),
            role_name: self.name.clone(),
            role_id: self.id.clone(),
            arn: self.arn(account).to_string(),
            create_date: Timestamp(self.created_ms),
            assume_role_policy_document: role.map(|role| crate::document::shown(&role.trust)),
            description: description.filter(|description| !description.is_empty()),
            max_session_duration: role.map(|role| role.session_s_max),
            tags: self.tags(),
            ..api::Role::default()
        }
    }
}
