//! What IAM stores, and where. Every key starts with `"iam"`; IAM has no regions.
//!
//! | key | value |
//! |---|---|
//! | `"user", account, name in lower case` | [`crate::identity::Identity`] |
//! | `"role", account, name in lower case` | [`crate::identity::Identity`] |
//! | `"key", account, user id, access key id` | [`crate::access_keys::AccessKey`] |
//! | `"policy", account, name in lower case` | [`crate::managed::Managed`] |
//! | `"attached", account, policy ARN, kind, name` | nothing: who has a managed policy |
//!
//! The secrets of access keys are the frame's records, with which the door verifies signatures.

use names::Account;
use store::tuple::Key;

use crate::identity::Kind;

fn of(kind: &str, account: Account) -> Key {
    Key::new().str("iam").str(kind).str(account.as_str())
}

pub(crate) fn identities(account: Account, kind: Kind) -> Key {
    of(kind.word(), account)
}

/// Names that differ only in their case are one name.
pub(crate) fn identity(account: Account, kind: Kind, name: &str) -> Key {
    identities(account, kind).str(&name.to_lowercase())
}

pub(crate) fn access_keys(account: Account, user_id: &str) -> Key {
    of("key", account).str(user_id)
}

pub(crate) fn access_key(account: Account, user_id: &str, id: &str) -> Key {
    access_keys(account, user_id).str(id)
}

pub(crate) fn policies(account: Account) -> Key {
    of("policy", account)
}

pub(crate) fn policy(account: Account, name: &str) -> Key {
    policies(account).str(&name.to_lowercase())
}

pub(crate) fn attachments(account: Account, policy_arn: &str) -> Key {
    of("attached", account).str(policy_arn)
}

pub(crate) fn attachment(account: Account, policy_arn: &str, kind: Kind, name: &str) -> Key {
    attachments(account, policy_arn).str(kind.word()).str(&name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay() {
        let account = Account::ZERO;
        let keys = [
            ("user", identity(account, Kind::User, "Name")),
            ("role", identity(account, Kind::Role, "Name")),
            ("key", access_key(account, "u", "k")),
            ("policy", policy(account, "Name")),
            ("attached", attachment(account, "arn", Kind::User, "Name")),
        ];
        layouts::keys_stay(env!("CARGO_MANIFEST_DIR"), &keys);
    }
}
