//! GetAccessPoint and ListAccessPoints: one access point, and those of an account in a region in pages.

use std::collections::BTreeMap;

use api_s3control as api;
use service::{Pages, Result, View};
use store::{Reads as _, record};
use wire::{Fault, Timestamp};

use super::{account, find, scope_of};
use crate::access_point::AccessPoint;
use crate::bucket::Bucket;
use crate::{errors, keys};

const PAGE_MAX: usize = 1000;
/// What the access points here are for; AWS has some that are for file systems.
const BUCKETS: [&str; 2] = ["S3", "ALL"];

pub(super) fn get(view: &View<'_>, input: &api::GetAccessPointInput) -> Result<api::GetAccessPointOutput> {
    let point = find(&**view, view.context, &input.account_id, &input.name)?;
    let api::AccessPoint { network_origin, vpc_configuration, access_point_arn, .. } = listed(&point);
    Ok(api::GetAccessPointOutput {
        name: Some(point.name.clone()),
        bucket: Some(point.bucket.clone()),
        network_origin: Some(network_origin),
        vpc_configuration,
        public_access_block_configuration: Some(account::shown(point.closed)),
        creation_date: Some(Timestamp(point.created_ms)),
        alias: Some(point.alias.clone()),
        access_point_arn,
        endpoints: Some(endpoints(&point)),
        bucket_account_id: Some(point.bucket_owner.to_string()),
        ..Default::default()
    })
}

/// The hosts of its region, as AWS has them.
fn endpoints(point: &AccessPoint) -> BTreeMap<String, String> {
    let names = [
        ("dualstack", "s3-accesspoint.dualstack"),
        ("fips", "s3-accesspoint-fips"),
        ("fips_dualstack", "s3-accesspoint-fips.dualstack"),
        ("ipv4", "s3-accesspoint"),
    ];
    let host = |host: &str| format!("{host}.{}.amazonaws.com", point.region);
    names.into_iter().map(|(name, begin)| (name.to_owned(), host(begin))).collect()
}

pub(super) fn list(
    view: &View<'_>,
    input: &api::ListAccessPointsInput,
) -> Result<api::ListAccessPointsOutput> {
    let scope = scope_of(view.context, &input.account_id)?;
    if let Some(bucket) = &input.bucket {
        check_bucket(view, bucket)?;
    }
    let limit = input.max_results.and_then(|max| usize::try_from(max).ok()).filter(|max| *max > 0);
    let pages = Pages {
        operation: "s3:ListAccessPoints",
        token: input.next_token.as_deref(),
        limit: limit.unwrap_or(PAGE_MAX),
        bad_token,
    };
    let is_of_buckets = input.data_source_type.as_deref().is_none_or(|kind| BUCKETS.contains(&kind));
    let is_wanted = |point: &AccessPoint| {
        let is_there = is_of_buckets && input.data_source_id.is_none();
        is_there && input.bucket.as_ref().is_none_or(|bucket| *bucket == point.bucket)
    };
    let page = pages.of_range(view, keys::access_points(&scope).prefix_range(), |_, value| {
        let point: AccessPoint = record::decode(value)?;
        Ok(is_wanted(&point).then(|| listed(&point)))
    })?;
    Ok(api::ListAccessPointsOutput { access_point_list: Some(page.items), next_token: page.next_token })
}

fn check_bucket(view: &View<'_>, bucket: &str) -> Result<()> {
    if view.get_shared::<Bucket>(&keys::bucket(bucket))?.is_some() {
        return Ok(());
    }
    Err(errors::invalid_request("Amazon S3 AccessPoint can only be listed for existing bucket").into())
}

fn bad_token() -> Fault {
    errors::invalid_request("Invalid nextToken")
}

fn listed(point: &AccessPoint) -> api::AccessPoint {
    api::AccessPoint {
        name: point.name.clone(),
        network_origin: point.origin().into(),
        vpc_configuration: point.vpc.clone().map(|vpc_id| api::VpcConfiguration { vpc_id }),
        bucket: point.bucket.clone(),
        access_point_arn: Some(point.arn().to_string()),
        alias: Some(point.alias.clone()),
        bucket_account_id: Some(point.bucket_owner.to_string()),
        data_source_id: None,
        data_source_type: None,
    }
}
