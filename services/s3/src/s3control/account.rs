//! What an account has closed to the public, in all regions and for all of its buckets and access points.

use api_s3control as api;
use service::{Result, Tx, View};
use store::Reads as _;
use wire::Fault;

use super::scope_of;
use crate::settings::public_access::{Closed, NOT_FOUND};
use crate::{errors, keys};

pub(super) fn put(
    tx: &mut Tx<'_>,
    input: &api::PutPublicAccessBlockInput,
) -> Result<api::PutPublicAccessBlockOutput> {
    let scope = scope_of(tx.context, &input.account_id)?;
    let setting = &input.public_access_block_configuration;
    if *setting == api::PublicAccessBlockConfiguration::default() {
        return Err(errors::invalid_request("Must specify at least one configuration.").into());
    }
    tx.put_record(keys::public_access(scope.account), &read(setting))?;
    Ok(api::PutPublicAccessBlockOutput::default())
}

pub(super) fn get(
    view: &View<'_>,
    input: &api::GetPublicAccessBlockInput,
) -> Result<api::GetPublicAccessBlockOutput> {
    let scope = scope_of(view.context, &input.account_id)?;
    let closed: Option<Closed> = view.get_record(&keys::public_access(scope.account))?;
    let missing = || {
        let fault = Fault::new("NoSuchPublicAccessBlockConfiguration", 404, NOT_FOUND);
        fault.with_element("AccountId", scope.account.as_str())
    };
    let public_access_block_configuration = Some(shown(closed.ok_or_else(missing)?));
    Ok(api::GetPublicAccessBlockOutput { public_access_block_configuration })
}

pub(super) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeletePublicAccessBlockInput,
) -> Result<api::DeletePublicAccessBlockOutput> {
    let scope = scope_of(tx.context, &input.account_id)?;
    tx.delete(keys::public_access(scope.account));
    Ok(api::DeletePublicAccessBlockOutput::default())
}

/// What a request does not name is open.
pub(super) fn read(setting: &api::PublicAccessBlockConfiguration) -> Closed {
    Closed {
        to_new_lists: setting.block_public_acls == Some(true),
        to_lists: setting.ignore_public_acls == Some(true),
        to_new_policies: setting.block_public_policy == Some(true),
        to_policies: setting.restrict_public_buckets == Some(true),
    }
}

pub(super) fn shown(closed: Closed) -> api::PublicAccessBlockConfiguration {
    api::PublicAccessBlockConfiguration {
        block_public_acls: Some(closed.to_new_lists),
        ignore_public_acls: Some(closed.to_lists),
        block_public_policy: Some(closed.to_new_policies),
        restrict_public_buckets: Some(closed.to_policies),
    }
}
