//! CreateAccessPoint: a name in an account and a region, for a bucket of that region.

use std::sync::Arc;

use api_s3control as api;
use names::Scope;
use service::{Result, Tx};
use store::Reads as _;
use wire::Fault;

use super::{account, scope_of, tags};
use crate::access_point::{self, AccessPoint};
use crate::bucket::Bucket;
use crate::settings::public_access::Closed;
use crate::{errors, keys};

pub(super) fn create(
    tx: &mut Tx<'_>,
    input: &api::CreateAccessPointInput,
) -> Result<api::CreateAccessPointOutput> {
    access_point::check_name(&input.name)?;
    let scope = scope_of(tx.context, &input.account_id)?;
    if input.scope.is_some() {
        let message = "Scope is only supported for access points attached to directory buckets.";
        return Err(errors::invalid_request(message).into());
    }
    let bucket = bucket_of(tx, input, &scope)?;
    if AccessPoint::find(&**tx, &scope, &input.name)?.is_some() {
        return Err(made_before().into());
    }
    let closed = input.public_access_block_configuration.as_ref().map_or(Closed::ALL, account::read);
    let point = AccessPoint {
        name: input.name.clone(),
        owner: scope.account,
        region: scope.region,
        alias: access_point::alias(&input.name, tx.random()),
        bucket: bucket.name.clone(),
        bucket_owner: bucket.owner,
        created_ms: tx.now.millis(),
        vpc: input.vpc_configuration.as_ref().map(|network| network.vpc_id.clone()),
        closed,
        policy: None,
    };
    let tags = input.tags.as_deref().unwrap_or_default();
    tags::TAGGING.add(tx, &scope, &point.arn(), tags::pairs(tags))?;
    put(tx, &point)?;
    Ok(api::CreateAccessPointOutput {
        access_point_arn: Some(point.arn().to_string()),
        alias: Some(point.alias),
    })
}

/// Notes it in all the ways in which it is found.
fn put(tx: &mut Tx<'_>, point: &AccessPoint) -> Result<()> {
    point.put(tx)?;
    tx.put(keys::alias(&point.alias), point.arn().as_str().as_bytes().to_vec());
    if point.owner == point.bucket_owner {
        tx.put(keys::attached(&point.bucket, &point.name), Vec::new());
    }
    Ok(())
}

/// The bucket that it is to be for, of the account that the client takes it for.
fn bucket_of(tx: &Tx<'_>, input: &api::CreateAccessPointInput, scope: &Scope) -> Result<Arc<Bucket>> {
    let bucket = tx.get_shared::<Bucket>(&keys::bucket(&input.bucket))?;
    let only =
        |what: &str| errors::invalid_request(format!("Amazon S3 AccessPoint can only be created for {what}"));
    let bucket = bucket.ok_or_else(|| only("existing bucket"))?;
    if bucket.region != scope.region {
        return Err(only("bucket in the same region").into());
    }
    let owner = input.bucket_account_id.as_deref().unwrap_or(scope.account.as_str());
    if owner != bucket.owner.as_str() {
        let message = "BucketAccountId parameter should be same as the AWS Account Id of bucket owner";
        return Err(errors::invalid_request(message).into());
    }
    Ok(bucket)
}

fn made_before() -> Fault {
    let message = "Your previous request to create the named accesspoint succeeded and you already own it.";
    Fault::new("AccessPointAlreadyOwnedByYou", 409, message)
}

/// What a request is for condition keys.
pub(super) fn condition(input: &api::CreateAccessPointInput, key: &str) -> Option<String> {
    match key {
        "s3:dataaccesspointaccount" => Some(input.account_id.clone()),
        "s3:accesspointnetworkorigin" => {
            Some(access_point::origin(input.vpc_configuration.is_some()).to_owned())
        }
        _ => None,
    }
}
