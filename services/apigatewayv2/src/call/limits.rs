//! How many requests and messages routes take.

use serde::Deserialize;
use service::Cloud;
use service::throttle::Buckets;

use super::plan::Stage;

/// What an account may send, where only one of a route's limits is set.
const RATE_OF_ACCOUNTS: f64 = 10_000.0;
const BURST_OF_ACCOUNTS: u32 = 5_000;

/// How many a route takes.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RouteSettings {
    throttling_rate_limit: Option<f64>,
    throttling_burst_limit: Option<u32>,
}

impl Stage {
    /// Whether a route of the stage takes one more: as is said of it, or of all.
    pub(crate) fn lets_through(&self, cloud: &Cloud, api: &str, route_key: &str, at_ms: i64) -> bool {
        let own = self.route_settings.get(route_key).copied().unwrap_or_default();
        let all = self.default_route_settings;
        let rate = own.throttling_rate_limit.or(all.throttling_rate_limit);
        let burst = own.throttling_burst_limit.or(all.throttling_burst_limit);
        if rate.is_none() && burst.is_none() {
            return true;
        }
        let (rate, burst) = (rate.unwrap_or(RATE_OF_ACCOUNTS), burst.unwrap_or(BURST_OF_ACCOUNTS));
        let name = format!("apigatewayv2 {api}/{}/{route_key}", self.name);
        cloud.memory.of::<Buckets>().take(&name, rate, f64::from(burst), at_ms)
    }
}
