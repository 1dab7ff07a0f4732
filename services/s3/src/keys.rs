//! What S3 stores, and where. Every key starts with `"s3"`; names of buckets are one space for all accounts and regions.
//!
//! | key | value |
//! |---|---|
//! | `"bucket", name` | [`crate::bucket::Bucket`] |
//! | `"upgraded"` | nothing: what earlier programs kept is carried out |
//! | `"owned", account, name` | nothing: the buckets of an account |
//! | `"setting", bucket id, kind` | a structure of the API, as [`wire::keep`] writes it |
//! | `"setting", bucket id, kind, id` | likewise, for settings of which a bucket has several |
//! | `"object", bucket id, key` | `Version` of `crate::object`: the newest, where it is an object |
//! | `"version", bucket id, key, number, inverted` | likewise: a delete marker, or an object that is not the newest any more |
//! | `"null", bucket id, key` | the number of the null version, where it is among the last |
//! | `"parts", id of the version` | a list of `Part` of `crate::object`: those of an object that was uploaded in some |
//! | `"acl", id of the version` | a list of grants, as [`wire::keep`] writes it: of an object that is not private, or not the bucket's owner's |
//! | `"upload", bucket id, key, upload id` | `Upload` of `crate::object`: one in parts that is in progress |
//! | `"logged", name` | nothing: the buckets whose requests are logged |
//! | `"access-point", account, region, name` | [`crate::access_point::AccessPoint`] |
//! | `"alias", alias` | the ARN of the access point that has it |
//! | `"attached", bucket's name, name of the access point` | nothing: the access points of a bucket that its owner has made |
//! | `"public-access", account` | `Closed` of `crate::settings`: what an account has closed to the public |
//! | `"part", upload id, number` | `Part` of `crate::object`: what it has so far |
//!
//! So a key that shows an object has a record at `"object"`, and no other key has; a list of objects reads nothing else.
//!
//! An upload's id begins with a number that rises with time, so those of one key stand in the order in which they began. When it
//! is complete, the version that it makes has its id.
//!
//! A bucket that is made again under its old name has another id.

use names::{Account, Scope};
use store::tuple::{Key, Parts};

/// Sixteen random bytes.
pub(crate) type Id = [u8; 16];

/// The kinds of records whose deletion takes something else along.
pub(crate) const UPLOAD: &str = "upload";
pub(crate) const PART: &str = "part";

/// What kind of record a key is of.
pub(crate) fn kind(key: &[u8]) -> Result<String, store::Error> {
    let mut parts = Parts::new(key);
    parts.str()?;
    Ok(parts.str()?.into_owned())
}

fn of(kind: &str) -> Key {
    Key::new().str("s3").str(kind)
}

pub(crate) fn upgraded() -> Key {
    of("upgraded")
}

pub(crate) fn buckets() -> Key {
    of("bucket")
}

pub(crate) fn bucket(name: &str) -> Key {
    buckets().str(name)
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

/// The buckets whose requests are logged.
pub(crate) fn all_logged() -> Key {
    of("logged")
}

pub(crate) fn logged(name: &str) -> Key {
    all_logged().str(name)
}

/// The name in a key of [`logged`].
pub(crate) fn logged_name(key: &[u8]) -> Result<String, store::Error> {
    let mut parts = Parts::new(key);
    parts.str()?;
    parts.str()?;
    Ok(parts.str()?.into_owned())
}

/// The access points of an account in a region.
pub(crate) fn access_points(scope: &Scope) -> Key {
    service::scoped("s3", "access-point", scope)
}

pub(crate) fn access_point(scope: &Scope, name: &str) -> Key {
    access_points(scope).str(name)
}

pub(crate) fn alias(alias: &str) -> Key {
    of("alias").str(alias)
}

/// The access points of a bucket that keep it from being deleted.
pub(crate) fn attached_to(bucket: &str) -> Key {
    of("attached").str(bucket)
}

pub(crate) fn attached(bucket: &str, point: &str) -> Key {
    attached_to(bucket).str(point)
}

pub(crate) fn public_access(account: Account) -> Key {
    of("public-access").str(account.as_str())
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

/// The objects that a bucket shows.
pub(crate) fn objects(bucket: &Id) -> Key {
    of("object").bytes(bucket)
}

pub(crate) fn object(bucket: &Id, key: &str) -> Key {
    objects(bucket).str(key)
}

/// What a bucket has beside them.
pub(crate) fn versions(bucket: &Id) -> Key {
    of("version").bytes(bucket)
}

/// Those of one key, the newest first.
pub(crate) fn versions_of(bucket: &Id, key: &str) -> Key {
    versions(bucket).str(key)
}

pub(crate) fn version(bucket: &Id, key: &str, number: u64) -> Key {
    numbered_version(versions_of(bucket, key), number)
}

/// The version of that number among those of one key.
pub(crate) fn numbered_version(versions: Key, number: u64) -> Key {
    versions.u64(!number)
}

pub(crate) fn null(bucket: &Id, key: &str) -> Key {
    of("null").bytes(bucket).str(key)
}

pub(crate) fn parts(version: &Id) -> Key {
    of("parts").bytes(version)
}

pub(crate) fn acl(version: &Id) -> Key {
    of("acl").bytes(version)
}

/// The uploads in parts that are in progress in a bucket.
pub(crate) fn uploads(bucket: &Id) -> Key {
    of(UPLOAD).bytes(bucket)
}

/// Those of one key, the oldest first.
pub(crate) fn uploads_of(bucket: &Id, key: &str) -> Key {
    uploads(bucket).str(key)
}

pub(crate) fn upload(bucket: &Id, key: &str, upload: &Id) -> Key {
    uploads_of(bucket, key).bytes(upload)
}

/// The object's key and the upload's id in a key of [`upload`].
pub(crate) fn read_upload(key: &[u8]) -> Result<(String, Id), store::Error> {
    let mut parts = Parts::new(key);
    parts.str()?;
    parts.str()?;
    parts.bytes()?;
    let object = parts.str()?.into_owned();
    let id = parts.bytes()?.into_owned();
    let corrupt = |_| store::Error::Corrupt { what: "key", why: "it is no upload's".into() };
    Ok((object, id.try_into().map_err(corrupt)?))
}

/// The parts that an upload has so far, by their numbers.
pub(crate) fn parts_of_upload(upload: &Id) -> Key {
    of(PART).bytes(upload)
}

pub(crate) fn part_of_upload(upload: &Id, number: u32) -> Key {
    parts_of_upload(upload).u64(number.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_what_they_were_made_of() {
        assert_eq!(owned_name(&owned(Account::ZERO, "a.b-c")).unwrap(), "a.b-c");
        assert_eq!(logged_name(logged("a.b-c").as_bytes()).unwrap(), "a.b-c");
        let of_upload = upload(&[1; 16], "a/\0b", &[2; 16]);
        assert_eq!(read_upload(of_upload.as_bytes()).unwrap(), ("a/\0b".to_owned(), [2; 16]));
    }
}
