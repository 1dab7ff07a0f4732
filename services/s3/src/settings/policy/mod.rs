//! The policy of a bucket.

mod public;
mod resources;

use api_s3 as api;
use policy::{Document, Fault as Wrong, Kind};
use service::{Result, Tx, View};
use store::Reads;
use wire::Fault;

use super::public_access::{self, Closed};
use crate::access_point::AccessPoint;
use crate::bucket::Bucket;
use crate::errors;
use crate::setting::{self, Setting};

const BYTES_MAX: usize = 20 * 1024;

impl Setting for api::GetBucketPolicyOutput {
    const KIND: &'static str = "policy";

    fn check(&mut self, tx: &Tx<'_>, bucket: &Bucket) -> Result<()> {
        let text = self.policy.as_deref().unwrap_or_default();
        let document = read(text)?;
        resources::check(&document, &bucket.arn(), "/")?;
        check_public(&document, public_access::of(&**tx, bucket)?)
    }

    fn absent(bucket: &Bucket) -> Result<Self, Fault> {
        Err(bucket.has_no("NoSuchBucketPolicy", "The bucket policy does not exist"))
    }
}

/// Refuses a policy that lets in the public where that door is closed.
fn check_public(document: &Document, closed: Closed) -> Result<()> {
    let is_refused = closed.to_new_policies && public::is_public(document);
    if is_refused { Err(errors::access_denied().into()) } else { Ok(()) }
}

/// Refuses what is no policy of that access point, or must not be.
pub(crate) fn check_of_point(reads: &impl Reads, text: &str, point: &AccessPoint) -> Result<()> {
    let document = read(text)?;
    resources::check(&document, &point.arn(), "/object/")?;
    let is_within_vpc = point.vpc.is_some();
    let closed = if is_within_vpc { Closed::default() } else { public_access::of_point(reads, point)? };
    check_public(&document, closed)
}

/// Whether the policy of an access point lets in the public. A virtual network is not the public.
pub(crate) fn is_public_of_point(text: &str, point: &AccessPoint) -> bool {
    point.vpc.is_none() && is_public(text)
}

pub(crate) fn put(tx: &mut Tx<'_>, input: &api::PutBucketPolicyInput) -> Result<api::PutBucketPolicyOutput> {
    setting::put(tx, input, &api::GetBucketPolicyOutput { policy: Some(input.policy.clone()) })
}

pub(crate) fn status(
    view: &View<'_>,
    input: &api::GetBucketPolicyStatusInput,
) -> Result<api::GetBucketPolicyStatusOutput> {
    setting::get(view, input, |setting: api::GetBucketPolicyOutput| {
        let is_public = setting.policy.as_deref().is_some_and(is_public);
        let policy_status = Some(api::PolicyStatus { is_public: Some(is_public) });
        api::GetBucketPolicyStatusOutput { policy_status }
    })
}

/// Whether a policy that a bucket has lets in the public.
pub(crate) fn is_public(text: &str) -> bool {
    read(text).is_ok_and(|document| public::is_public(&document))
}

fn read(text: &str) -> Result<Document, Fault> {
    if text.len() > BYTES_MAX {
        return Err(malformed("Policy exceeds the maximum allowed document size."));
    }
    Document::parse(Kind::Resource, text).map_err(|error| match error.fault() {
        Wrong::NotJson => malformed("This policy contains invalid Json"),
        Wrong::Missing(element) => malformed(format!("Missing required field {element}")),
        Wrong::Principal(..) => malformed("Invalid principal in policy"),
        Wrong::Effect(effect) => malformed(format!("Invalid effect: {effect}")),
        Wrong::ActionVendorMissing | Wrong::ActionColons | Wrong::ActionVendor(_) => {
            malformed("Policy has invalid action")
        }
        _ => malformed(error.to_string()),
    })
}

fn malformed(message: impl Into<String>) -> Fault {
    Fault::new("MalformedPolicy", 400, message)
}
