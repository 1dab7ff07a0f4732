//! Access keys: what the door verifies signatures with, and what STS, IAM and functions' roles are given.
//!
//! One record a key, at `("credentials", access key id)`. Temporary ones end at `expires_ms`; an ended one is still
//! found, so that the door can say that it has expired.

use std::sync::Arc;

use names::{Account, Arn};
use serde::{Deserialize, Serialize};
use store::{Reads, Store, Transaction, tuple::Key};
use wire::Timestamp;

use crate::{Principal, PrincipalKind};

/// An access key with all that the door needs to know of it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credential {
    /// `AKIA…`, `ASIA…`.
    pub access_key_id: String,
    /// Never shown again after it was made, and never logged.
    pub secret_access_key: String,
    /// Must come with every request, for temporary credentials.
    pub session_token: Option<String>,
    /// The account that it acts in.
    pub account: Account,
    /// Whom it stands for.
    pub principal: PrincipalRecord,
    /// When temporary credentials end, in milliseconds since 1970.
    pub expires_ms: Option<i64>,
    /// Whether it may be used.
    pub active: bool,
}

#[cfg(test)]
layouts::stays!(stored_credential: Credential);

/// An access key and whom it stands for, shared by all requests that it signs.
#[derive(Debug, Deserialize)]
#[serde(from = "Credential")]
pub struct Signatory {
    /// The key.
    pub credential: Credential,
    /// Whom it stands for.
    pub principal: Arc<Principal>,
}

impl Signatory {
    /// The key of that id, as it is now.
    ///
    /// # Errors
    /// The store's.
    pub fn find(store: &Store, access_key_id: &str) -> Result<Option<Arc<Self>>, store::Error> {
        store.get_shared(&key(access_key_id))
    }
}

impl From<Credential> for Signatory {
    fn from(credential: Credential) -> Self {
        let principal = Arc::new(credential.principal());
        Signatory { credential, principal }
    }
}

/// A principal as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrincipalRecord {
    /// What kind of identity.
    pub kind: PrincipalKind,
    /// Its ARN.
    pub arn: Arn,
    /// Its unique id.
    pub id: String,
    /// The role whose session this is: a session's own ARN does not have the role's path.
    #[serde(default)]
    pub role: Option<Arn>,
}

impl Credential {
    /// The root user's key of `account`.
    #[must_use]
    pub fn root(account: Account, access_key_id: String, secret_access_key: String) -> Self {
        Credential {
            access_key_id,
            secret_access_key,
            session_token: None,
            account,
            principal: PrincipalRecord::root(account),
            expires_ms: None,
            active: true,
        }
    }

    /// Whom it stands for.
    #[must_use]
    pub fn principal(&self) -> Principal {
        Principal {
            kind: self.principal.kind,
            arn: self.principal.arn.clone(),
            id: self.principal.id.clone(),
            access_key_id: Some(self.access_key_id.clone()),
            role: self.principal.role.clone(),
        }
    }

    /// Whether its time is over.
    #[must_use]
    pub fn has_expired(&self, now: impl FnOnce() -> Timestamp) -> bool {
        self.expires_ms.is_some_and(|expires_ms| now().millis() >= expires_ms)
    }

    /// Writes it.
    ///
    /// # Errors
    /// The store's.
    pub fn put(&self, transaction: &mut Transaction) -> Result<(), store::Error> {
        transaction.put_record(key(&self.access_key_id), self)
    }

    /// Reads the key of that id.
    ///
    /// # Errors
    /// The store's.
    pub fn find(reads: &impl Reads, access_key_id: &str) -> Result<Option<Self>, store::Error> {
        reads.get_record(&key(access_key_id))
    }

    /// Deletes the key of that id.
    ///
    /// # Errors
    /// The store's.
    pub fn delete(transaction: &mut Transaction, access_key_id: &str) -> Result<(), store::Error> {
        transaction.delete(key(access_key_id));
        Ok(())
    }
}

impl PrincipalRecord {
    /// The root user of an account.
    #[must_use]
    pub fn root(account: Account) -> Self {
        PrincipalRecord {
            kind: PrincipalKind::Root,
            arn: Arn::global("iam", names::Partition::Aws, &account, "root"),
            id: account.to_string(),
            role: None,
        }
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential")
            .field("access_key_id", &self.access_key_id)
            .field("principal", &self.principal)
            .finish_non_exhaustive()
    }
}

fn key(access_key_id: &str) -> Vec<u8> {
    Key::new().str("credentials").str(access_key_id).into()
}
