//! What access control lists of buckets and objects say of a request.
//!
//! Follows "Mapping of ACL permissions and access policy permissions" in S3's user guide. Lists do not count where ownership is
//! enforced; what they say to everybody does not where public lists are ignored.

use api_s3 as api;
use api_s3::Permission;
use names::Arn;
use service::{Access, Caller, Context, Listed, PrincipalKind, Result};
use store::Snapshot;
use wire::Fault;

use super::bucket_of;
use crate::bucket::Bucket;
use crate::object::{self, Version, Versions};
use crate::owner;
use crate::settings::acl::{self, Asked, Grantee};
use crate::settings::{ownership, public_access};

/// What a list can allow, by IAM's names.
enum Means {
    OnBucket(Permission),
    OnObject(Permission),
    /// To write an object, for which the bucket's list is asked.
    Write,
}

fn means(action: &str) -> Option<Means> {
    Some(match action {
        "ListBucket" | "ListBucketVersions" | "ListBucketMultipartUploads" => {
            Means::OnBucket(Permission::Read)
        }
        "GetBucketAcl" => Means::OnBucket(Permission::ReadAcp),
        "PutBucketAcl" => Means::OnBucket(Permission::WriteAcp),
        "GetObject" | "GetObjectVersion" => Means::OnObject(Permission::Read),
        "GetObjectAcl" | "GetObjectVersionAcl" => Means::OnObject(Permission::ReadAcp),
        "PutObjectAcl" | "PutObjectVersionAcl" => Means::OnObject(Permission::WriteAcp),
        "PutObject" | "DeleteObject" => Means::Write,
        _ => return None,
    })
}

/// Asks the lists.
pub(crate) fn listed(snapshot: &Snapshot, access: &Access<'_>, arn: &Arn) -> Result<Listed> {
    let Some(means) = means(access.name()) else { return Ok(Listed::Silent) };
    let Some(bucket) = bucket_of(snapshot, arn)? else { return Ok(Listed::Silent) };
    if ownership::is_enforced(snapshot, &bucket)? {
        return Ok(Listed::Silent);
    }
    let grantee = grantee(snapshot, &bucket, access.caller())?;
    let key = arn.resource().split_once('/').map_or("", |(_, key)| key);
    let at = Versions { bucket: &bucket, key };
    match means {
        Means::OnBucket(permission) => on_bucket(snapshot, &bucket, &grantee, &permission),
        Means::Write => write(snapshot, &at, &grantee),
        Means::OnObject(permission) => {
            let version = access.condition("s3:versionid");
            on_object(snapshot, &at, version.as_deref(), &grantee, &permission)
        }
    }
}

/// The caller as lists see it.
fn grantee(snapshot: &Snapshot, bucket: &Bucket, caller: &Caller) -> Result<Grantee> {
    let is_service = caller.principal.kind == PrincipalKind::Service;
    Ok(Grantee {
        id: owner::of_caller(caller),
        is_known: !is_service && caller.principal.kind != PrincipalKind::Anonymous,
        delivers_logs: is_service && caller.principal.id == "logging.s3.amazonaws.com",
        ignores_public: public_access::of_request(snapshot, bucket, caller)?.to_lists,
    })
}

/// Of what belongs to the bucket's owner. A list lets the owner's account in, and not every identity of it: that is for the
/// account to say.
fn of_owners(
    bucket: &Bucket,
    grantee: &Grantee,
    list: &api::AccessControlPolicy,
    permission: &Permission,
) -> Listed {
    let is_owner = grantee.id.as_ref() == Some(&owner::canonical_id(bucket.owner));
    let grantee = Grantee { id: grantee.id.clone().filter(|_| !is_owner), ..grantee.clone() };
    if grantee.may(list, permission) { Listed::Allows } else { Listed::Silent }
}

fn on_bucket(
    snapshot: &Snapshot,
    bucket: &Bucket,
    grantee: &Grantee,
    permission: &Permission,
) -> Result<Listed> {
    Ok(of_owners(bucket, grantee, &acl::of(snapshot, bucket)?, permission))
}

/// Who may write may make new objects, and overwrite and delete its own.
fn write(snapshot: &Snapshot, at: &Versions<'_>, grantee: &Grantee) -> Result<Listed> {
    let bucket = on_bucket(snapshot, at.bucket, grantee, &Permission::Write)?;
    let Some(shown) = at.shown(snapshot)? else { return Ok(bucket) };
    let list = object::list_of(snapshot, at.bucket, &shown.id)?;
    let owner = list.and_then(|list| list.owner).and_then(|owner| owner.id);
    let is_its_own = owner.is_some() && owner == grantee.id;
    Ok(if is_its_own || grantee.delivers_logs { bucket } else { Listed::Silent })
}

fn on_object(
    snapshot: &Snapshot,
    at: &Versions<'_>,
    version: Option<&str>,
    grantee: &Grantee,
    permission: &Permission,
) -> Result<Listed> {
    let found: Option<Version> = match version {
        None => at.newest(snapshot)?,
        Some(id) => at.named(snapshot, id)?,
    };
    let Some(found) = found.filter(|version| version.content.is_some()) else {
        // Who may list the bucket may learn that there is no such object.
        return on_bucket(snapshot, at.bucket, grantee, &Permission::Read);
    };
    let Some(list) = object::list_of(snapshot, at.bucket, &found.id)? else { return Ok(Listed::Silent) };
    let owner = list.owner.as_ref().and_then(|owner| owner.id.clone());
    if owner == Some(owner::canonical_id(at.bucket.owner)) {
        return Ok(of_owners(at.bucket, grantee, &list, permission));
    }
    Ok(Listed::Apart { allows: grantee.may(&list, permission) })
}

/// Asks whether the caller may give a new object that list. Who may write by the list of the bucket gives its objects what lists
/// it wants.
///
/// # Errors
/// `AccessDenied`.
pub(crate) fn permit_list(context: &Context, at: &Versions<'_>, asked: &Asked<'_>) -> Result<(), Fault> {
    let condition = |key: &str| asked.condition(key);
    context.permit_if(&api::FACTS, "PutObjectAcl", &|| vec![at.arn()], &condition).or_else(|refused| {
        // The list says nothing of who comes through an access point.
        if context.caller.passage.is_some() {
            return Err(refused);
        }
        let snapshot = context.cloud.store.snapshot();
        let grantee = grantee(&snapshot, at.bucket, &context.caller);
        let bucket =
            grantee.and_then(|grantee| on_bucket(&snapshot, at.bucket, &grantee, &Permission::Write));
        match bucket {
            Ok(Listed::Allows) => Ok(()),
            Ok(_) => Err(refused),
            Err(error) => Err(error.into_fault()),
        }
    })
}
