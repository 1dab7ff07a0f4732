//! Analyses of how objects are used, which are kept and not made.

use api_s3 as api;
use wire::Fault;

use super::filter::check_filter;
use crate::errors;
use crate::numbered::{Numbered, Page};

impl Numbered for api::AnalyticsConfiguration {
    const KIND: &'static str = "analytics";

    fn id(&self) -> &str {
        &self.id
    }

    fn check(&self) -> Result<(), Fault> {
        if let Some(export) = &self.storage_class_analysis.data_export {
            errors::check_destination(&export.destination.s3_bucket_destination.bucket)?;
        }
        self.filter.as_ref().map_or(Ok(()), |filter| check_filter!(filter))
    }
}

pub(crate) fn shown(setting: api::AnalyticsConfiguration) -> api::GetBucketAnalyticsConfigurationOutput {
    api::GetBucketAnalyticsConfigurationOutput { analytics_configuration: Some(setting) }
}

pub(crate) fn listed(
    page: Page<api::AnalyticsConfiguration>,
) -> api::ListBucketAnalyticsConfigurationsOutput {
    api::ListBucketAnalyticsConfigurationsOutput {
        is_truncated: Some(page.next.is_some()),
        continuation_token: page.token,
        next_continuation_token: page.next,
        analytics_configuration_list: Some(page.settings),
    }
}
