//! Which objects of the class INTELLIGENT_TIERING go into archives. All of them stay at hand here.

use std::collections::BTreeSet;

use api_s3 as api;
use wire::Fault;

use super::filter::check_filter;
use crate::errors;
use crate::numbered::{Numbered, Page};

const DAYS_MAX: i32 = 730;

impl Numbered for api::IntelligentTieringConfiguration {
    const KIND: &'static str = "intelligent-tiering";

    fn id(&self) -> &str {
        &self.id
    }

    fn check(&self) -> Result<(), Fault> {
        let mut seen = BTreeSet::new();
        if self.tierings.is_empty() || !self.tierings.iter().all(|tiering| seen.insert(&tiering.access_tier))
        {
            return Err(errors::malformed_xml());
        }
        self.tierings.iter().try_for_each(check_tiering)?;
        self.filter.as_ref().map_or(Ok(()), |filter| check_filter!(filter))
    }
}

fn check_tiering(tiering: &api::Tiering) -> Result<(), Fault> {
    let min =
        if tiering.access_tier == api::IntelligentTieringAccessTier::DeepArchiveAccess { 180 } else { 90 };
    if (min..=DAYS_MAX).contains(&tiering.days) {
        return Ok(());
    }
    let tier = tiering.access_tier.as_str();
    let message = format!("'Days' for {tier} must be between {min} and {DAYS_MAX}");
    Err(errors::argument(message, "Days", &tiering.days.to_string()))
}

pub(crate) fn shown(
    setting: api::IntelligentTieringConfiguration,
) -> api::GetBucketIntelligentTieringConfigurationOutput {
    api::GetBucketIntelligentTieringConfigurationOutput { intelligent_tiering_configuration: Some(setting) }
}

pub(crate) fn listed(
    page: Page<api::IntelligentTieringConfiguration>,
) -> api::ListBucketIntelligentTieringConfigurationsOutput {
    api::ListBucketIntelligentTieringConfigurationsOutput {
        is_truncated: Some(page.next.is_some()),
        continuation_token: page.token,
        next_continuation_token: page.next,
        intelligent_tiering_configuration_list: Some(page.settings),
    }
}
