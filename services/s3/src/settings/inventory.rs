//! Which lists of a bucket's objects are written regularly. They are kept and not written.

use std::collections::BTreeSet;

use api_s3 as api;
use wire::Fault;

use crate::errors;
use crate::numbered::{Numbered, Page};

impl Numbered for api::InventoryConfiguration {
    const KIND: &'static str = "inventory";

    fn id(&self) -> &str {
        &self.id
    }

    fn check(&self) -> Result<(), Fault> {
        let mut seen = BTreeSet::new();
        if !self.optional_fields.iter().flatten().all(|field| seen.insert(field)) {
            return Err(errors::malformed_xml());
        }
        errors::check_destination(&self.destination.s3_bucket_destination.bucket)
    }
}

pub(crate) fn shown(setting: api::InventoryConfiguration) -> api::GetBucketInventoryConfigurationOutput {
    api::GetBucketInventoryConfigurationOutput { inventory_configuration: Some(setting) }
}

pub(crate) fn listed(
    page: Page<api::InventoryConfiguration>,
) -> api::ListBucketInventoryConfigurationsOutput {
    api::ListBucketInventoryConfigurationsOutput {
        is_truncated: Some(page.next.is_some()),
        continuation_token: page.token,
        next_continuation_token: page.next,
        inventory_configuration_list: Some(page.settings),
    }
}
