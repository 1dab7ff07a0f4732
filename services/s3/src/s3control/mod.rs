//! S3 Control, the API: access points with their policies and tags, and what an account has closed to the public.
//!
//! It has the hosts and the signatures of S3; its requests are told from those by the header that names their account.
//!
//! Never here: what access points and closed doors do to requests, which is [`crate::access_point`] and [`crate::access`]. Batch
//! operations, access grants, storage lenses and access points of other kinds are refused by name.

mod account;
mod create;
mod delete;
mod policy;
mod shown;
mod tags;

use std::sync::Arc;

use api_s3control as api;
use names::{Arn, Scope};
use service::{Context, Result, Service};
use store::Reads;
use wire::{Fault, OperationFacts};

use crate::access_point::{self, AccessPoint};
use crate::{access, condition, errors, host};

/// The header that all of its requests have.
const ACCOUNT_ID: &str = "x-amz-account-id";

/// The service.
#[must_use]
pub fn service() -> Service {
    Service::new(&api::FACTS)
        .addresses(host::control)
        .marked_by(ACCOUNT_ID)
        // What is about directory buckets is signed so.
        .host_alias("s3express")
        .actions(action)
        .resource_policies(access::policy_of, access::SHARED)
        .owners(access::owner_of, &[])
        .refusing(access::refused)
        .caller_conditions(condition::of_caller)
        .wording(errors::of_failure)
        .tagging(tags::TAGGING)
        .conditions::<api::CreateAccessPoint>(create::condition)
        .transaction::<api::PutPublicAccessBlock>(account::put, |_, _| Vec::new())
        .read::<api::GetPublicAccessBlock>(account::get, |_, _| Vec::new())
        .transaction::<api::DeletePublicAccessBlock>(account::delete, |_, _| Vec::new())
        .transaction::<api::CreateAccessPoint>(create::create, |scope, input| at(scope, &input.name))
        .transaction::<api::DeleteAccessPoint>(delete::delete, |scope, input| at(scope, &input.name))
        .read::<api::GetAccessPoint>(shown::get, |_, _| Vec::new())
        .read::<api::ListAccessPoints>(shown::list, |_, _| Vec::new())
        .transaction::<api::PutAccessPointPolicy>(policy::put, |scope, input| at(scope, &input.name))
        .read::<api::GetAccessPointPolicy>(policy::get, |scope, input| at(scope, &input.name))
        .transaction::<api::DeleteAccessPointPolicy>(policy::delete, |scope, input| at(scope, &input.name))
        .read::<api::GetAccessPointPolicyStatus>(policy::status, |scope, input| at(scope, &input.name))
        .transaction::<api::TagResource>(tags::tag, |_, input| named(&input.resource_arn))
        .transaction::<api::UntagResource>(tags::untag, |_, input| named(&input.resource_arn))
        .read::<api::ListTagsForResource>(tags::list, |_, input| named(&input.resource_arn))
}

/// IAM tells the setting of an account from that of a bucket, and has no name of its own for deleting it.
fn action(operation: &'static OperationFacts) -> Option<&'static str> {
    Some(match operation.name {
        "DeletePublicAccessBlock" | "PutPublicAccessBlock" => "PutAccountPublicAccessBlock",
        "GetPublicAccessBlock" => "GetAccountPublicAccessBlock",
        name => name,
    })
}

/// The access point of that name, as a resource.
fn at(scope: &Scope, name: &str) -> Vec<Arn> {
    vec![access_point::arn(scope, name)]
}

/// The resource of that ARN.
fn named(arn: &str) -> Vec<Arn> {
    arn.parse().into_iter().collect()
}

/// Where a request looks for things of an account: in that of its caller alone.
fn scope_of(context: &Context, account: &str) -> Result<Scope, Fault> {
    let scope = context.scope();
    if account == scope.account.as_str() { Ok(scope) } else { Err(errors::access_denied()) }
}

/// The access point of that account and name.
fn find(reads: &impl Reads, context: &Context, account: &str, name: &str) -> Result<Arc<AccessPoint>> {
    access_point::check_name(name)?;
    let scope = scope_of(context, account)?;
    Ok(AccessPoint::find(reads, &scope, name)?.ok_or_else(|| access_point::no_such(name))?)
}
