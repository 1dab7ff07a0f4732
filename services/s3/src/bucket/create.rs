//! CreateBucket: who asks first has the name, in whatever region.

use std::collections::BTreeSet;

use api_s3 as api;
use names::Region;
use service::{Result, Tx};
use store::Reads as _;
use wire::Fault;

use super::{Bucket, name};
use crate::keys;
use crate::setting::{self, Setting as _};
use crate::settings::{acl, object_lock, ownership, public_access, versioning};

/// A region's older name.
const EU: &str = "EU";

pub(crate) fn create(tx: &mut Tx<'_>, input: &api::CreateBucketInput) -> Result<api::CreateBucketOutput> {
    name::check(&input.bucket)?;
    let asked =
        input.create_bucket_configuration.as_ref().and_then(|asked| asked.location_constraint.as_ref());
    let constraint = asked.map(api::BucketLocationConstraint::as_str);
    let region = region_of(tx.scope().region, constraint)?;
    if let Some(present) = tx.get_shared::<Bucket>(&keys::bucket(&input.bucket))? {
        made_before(tx, &present, region)?;
        return Ok(output(&present));
    }
    let mut bucket = Bucket {
        id: tx.random().bytes(),
        name: input.bucket.clone(),
        owner: tx.scope().account,
        region,
        constraint: constraint.map(str::to_owned),
        created_ms: tx.now.millis(),
        settings: BTreeSet::new(),
    };
    set_all(tx, &mut bucket, input)?;
    tx.put(keys::owned(bucket.owner, &bucket.name), Vec::new());
    Ok(output(&bucket))
}

/// What a new bucket has set: its doors to the public are closed, access control lists do not count, and all that the request
/// asks for.
fn set_all(tx: &mut Tx<'_>, bucket: &mut Bucket, input: &api::CreateBucketInput) -> Result<()> {
    let controls = ownership::of_new(input.object_ownership.as_ref())?;
    let list = acl::of_new(input, bucket, &controls)?;
    setting::set(tx, bucket, &controls)?;
    setting::set(tx, bucket, &public_access::closed())?;
    if let Some(list) = list {
        setting::set(tx, bucket, &list)?;
    }
    if input.object_lock_enabled_for_bucket == Some(true) {
        setting::set(tx, bucket, &versioning::enabled())?;
        setting::set(tx, bucket, &object_lock::enabled())?;
    }
    let tags = input.create_bucket_configuration.as_ref().and_then(|asked| asked.tags.as_ref());
    if let Some(tags) = tags.filter(|tags| !tags.is_empty()) {
        let mut tagging = api::Tagging { tag_set: tags.clone() };
        tagging.check(tx, bucket)?;
        setting::set(tx, bucket, &tagging)?;
    }
    Ok(())
}

/// The region in which a bucket is made, when a request to `endpoint` asks for one: us-east-1 makes buckets everywhere, every
/// other region its own.
fn region_of(endpoint: Region, constraint: Option<&str>) -> Result<Region, Fault> {
    let Some(constraint) = constraint else {
        return if endpoint == Region::US_EAST_1 { Ok(endpoint) } else { Err(incompatible("unspecified")) };
    };
    let wanted = if constraint == EU { "eu-west-1" } else { constraint };
    // The model's list has all regions but us-east-1, which is nobody's constraint.
    if matches!(api::BucketLocationConstraint::from(constraint), api::BucketLocationConstraint::Unknown(_)) {
        let message = "The specified location-constraint is not valid";
        let fault = Fault::new("InvalidLocationConstraint", 400, message);
        return Err(fault.with_element("LocationConstraint", constraint));
    }
    match wanted.parse() {
        Ok(region) if endpoint == region || endpoint == Region::US_EAST_1 => Ok(region),
        _ => Err(incompatible(constraint)),
    }
}

fn incompatible(constraint: &str) -> Fault {
    let message = format!(
        "The {constraint} location constraint is incompatible for the region specific endpoint this request was sent to."
    );
    Fault::new("IllegalLocationConstraintException", 400, message)
}

/// A bucket of us-east-1 may be made again by its owner, which changes nothing.
fn made_before(tx: &Tx<'_>, present: &Bucket, region: Region) -> Result<(), Fault> {
    let fault = if present.owner != tx.scope().account {
        api::error::bucket_already_exists(
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please \
             select a different name and try again.",
        )
    } else if present.region != Region::US_EAST_1 || region != Region::US_EAST_1 {
        api::error::bucket_already_owned_by_you(
            "Your previous request to create the named bucket succeeded and you already own it.",
        )
    } else {
        return Ok(());
    };
    Err(fault.with_element("BucketName", present.name.clone()))
}

fn output(bucket: &Bucket) -> api::CreateBucketOutput {
    let location = if bucket.region == Region::US_EAST_1 {
        format!("/{}", bucket.name)
    } else {
        format!("http://{}.s3.amazonaws.com/", bucket.name)
    };
    api::CreateBucketOutput { location: Some(location), ..Default::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(endpoint: &str, constraint: Option<&str>) -> Result<String, String> {
        let region = region_of(endpoint.parse().unwrap(), constraint);
        region.map(|region| region.to_string()).map_err(|fault| fault.code.into_owned())
    }

    #[test]
    fn us_east_1_makes_buckets_everywhere_and_others_their_own() {
        let illegal = Err("IllegalLocationConstraintException".to_owned());
        assert_eq!(made("us-east-1", None), Ok("us-east-1".into()));
        assert_eq!(made("us-east-1", Some("eu-west-1")), Ok("eu-west-1".into()));
        assert_eq!(made("us-east-1", Some("EU")), Ok("eu-west-1".into()));
        assert_eq!(made("eu-west-1", Some("EU")), Ok("eu-west-1".into()));
        assert_eq!(made("eu-west-1", Some("eu-west-1")), Ok("eu-west-1".into()));
        assert_eq!(made("eu-west-1", None), illegal);
        assert_eq!(made("eu-west-1", Some("us-west-2")), illegal);
        for constraint in ["us-east-1", "mars-north-1", ""] {
            assert_eq!(
                made("us-east-1", Some(constraint)),
                Err("InvalidLocationConstraint".into()),
                "{constraint}"
            );
        }
    }
}
