//! Tags are added to many resources, and taken away: each resource by itself, and all that can be in one transaction.

use std::collections::BTreeMap;

use api_tagging as api;
use names::Arn;
use service::tags::Taggable;
use service::{Error, Result, Tx};
use wire::Fault;

use crate::errors;

/// What went wrong with which resource.
type Failed = BTreeMap<String, api::FailureInfo>;

pub(crate) fn tag(tx: &mut Tx<'_>, input: &api::TagResourcesInput) -> Result<api::TagResourcesOutput> {
    let failed = each(tx, &input.resource_arn_list, |tx, resource| resource.add(tx, &input.tags))?;
    Ok(api::TagResourcesOutput { failed_resources_map: Some(failed) })
}

pub(crate) fn untag(tx: &mut Tx<'_>, input: &api::UntagResourcesInput) -> Result<api::UntagResourcesOutput> {
    let failed = each(tx, &input.resource_arn_list, |tx, resource| resource.remove(tx, &input.tag_keys))?;
    Ok(api::UntagResourcesOutput { failed_resources_map: Some(failed) })
}

/// Changes the tags of each resource; says which refused it, and why.
fn each(
    tx: &mut Tx<'_>,
    arns: &[String],
    change: impl Fn(&mut Tx<'_>, &Taggable<'_>) -> Result<()>,
) -> Result<Failed> {
    let context = tx.context;
    let mut failed = Failed::new();
    // One that nobody could tag refuses the whole request.
    let arns = arns.iter().map(|text| parsed(text)).collect::<Result<Vec<_>, _>>()?;
    for arn in &arns {
        let resource =
            Taggable::find(context.cloud.directory(), arn).ok_or_else(|| not_taggable(arn.as_str()))?;
        match check_place(tx, arn).and_then(|()| tx.part(|tx| change(tx, &resource))) {
            Ok(()) => {}
            Err(Error::Fault(fault)) => drop(failed.insert(arn.to_string(), failure(fault))),
            Err(error @ Error::Store(_)) => return Err(error),
        }
    }
    Ok(failed)
}

fn parsed(text: &str) -> Result<Arn, Fault> {
    text.parse().map_err(|_| not_taggable(text))
}

fn not_taggable(arn: &str) -> Fault {
    errors::invalid(format!("{arn} is not a valid AmazonResourceName (ARN)"))
}

/// Only what is in the account and region of the request can be tagged, as far as an ARN says where it is.
fn check_place(tx: &Tx<'_>, arn: &Arn) -> Result<()> {
    let scope = tx.scope();
    let is_here = arn.partition() == scope.region.partition().as_str()
        && (arn.region_text().is_empty() || arn.region_text() == scope.region.as_str())
        && (arn.account_text().is_empty() || arn.account_text() == scope.account.as_str());
    match is_here {
        true => Ok(()),
        false => {
            Err(errors::invalid(format!("{arn} is not in the account and region of this request.")).into())
        }
    }
}

fn failure(fault: Fault) -> api::FailureInfo {
    api::FailureInfo {
        status_code: Some(fault.status.into()),
        error_code: Some((&*fault.code).into()),
        error_message: Some(fault.message),
    }
}
