//! Which requests are counted by themselves. They are kept and not counted.

use api_s3 as api;
use wire::Fault;

use super::filter;
use crate::numbered::{Numbered, Page};

impl Numbered for api::MetricsConfiguration {
    const KIND: &'static str = "metrics";

    fn id(&self) -> &str {
        &self.id
    }

    fn check(&self) -> Result<(), Fault> {
        let Some(filter) = &self.filter else { return Ok(()) };
        let parts = [&filter.prefix, &filter.access_point_arn].map(Option::is_some);
        filter::says_one(&[parts[0], parts[1], filter.tag.is_some(), filter.and.is_some()], true)?;
        match &filter.and {
            Some(and) => {
                let others = [and.prefix.is_some(), and.access_point_arn.is_some()];
                filter::says_several(&others, and.tags.as_deref())
            }
            None => Ok(()),
        }
    }
}

pub(crate) fn shown(setting: api::MetricsConfiguration) -> api::GetBucketMetricsConfigurationOutput {
    api::GetBucketMetricsConfigurationOutput { metrics_configuration: Some(setting) }
}

pub(crate) fn listed(page: Page<api::MetricsConfiguration>) -> api::ListBucketMetricsConfigurationsOutput {
    api::ListBucketMetricsConfigurationsOutput {
        is_truncated: Some(page.next.is_some()),
        continuation_token: page.token,
        next_continuation_token: page.next,
        metrics_configuration_list: Some(page.settings),
    }
}
