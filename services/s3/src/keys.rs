//! What S3 stores, and where. Every key starts with `"s3"`; names of buckets are one space for all accounts and regions.
//!
//! | key | value |
//! |---|---|
//! | `"bucket", name` | [`crate::bucket::Bucket`] |
//! | `"owned", account, name` | nothing: the buckets of an account |
//! | `"setting", bucket id, kind` | a structure of the API, as [`wire::keep`] writes it |
//! | `"setting", bucket id, kind, id` | likewise, for settings of which a bucket has several |
//! | `"object", bucket id, …` | objects |
//!
//! A bucket that is made again under its old name has another id.

use names::Account;
use store::tuple::{Key, Parts};

/// Sixteen random bytes.
pub(crate) type Id = [u8; 16];

fn of(kind: &str) -> Key {
    Key::new().str("s3").str(kind)
}

pub(crate) fn bucket(name: &str) -> Key {
    of("bucket").str(name)
}

pub(crate) fn owned_by(account: Account) -> Key {
    of("owned").str(account.as_str())
}

pub(crate) fn owned(account: Account, name: &str) -> Key {
    owned_by(account).str(name)
}

/// The name in a key of [`owned`].
pub(crate) fn owned_name(key: &[u8]) -> Result<String, store::Error> {
    let mut parts = Parts::new(key);
    parts.str()?;
    parts.str()?;
    parts.str()?;
    Ok(parts.str()?.into_owned())
}

/// All settings of a bucket.
pub(crate) fn settings(bucket: &Id) -> Key {
    of("setting").bytes(bucket)
}

pub(crate) fn setting(bucket: &Id, kind: &str) -> Key {
    settings(bucket).str(kind)
}

/// One of several settings of that kind.
pub(crate) fn numbered(bucket: &Id, kind: &str, id: &str) -> Key {
    setting(bucket, kind).str(id)
}

/// Everything that makes a bucket one that is not empty.
pub(crate) fn objects(bucket: &Id) -> Key {
    of("object").bytes(bucket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_what_they_were_made_of() {
        assert_eq!(owned_name(&owned(Account::ZERO, "a.b-c")).unwrap(), "a.b-c");
    }
}
