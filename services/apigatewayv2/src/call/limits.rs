//! What a stage says of its routes: how many requests and messages they take, and what is logged of them.

use names::Scope;
use serde::Deserialize;
use service::Cloud;
use service::throttle::{APIS_BURST, APIS_RATE, Buckets};

use super::plan::Stage;

/// What is said of a route.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RouteSettings {
    throttling_rate_limit: Option<f64>,
    throttling_burst_limit: Option<i32>,
    logging_level: Option<String>,
    data_trace_enabled: Option<bool>,
}

impl Stage {
    /// A setting of a route, or of all routes.
    fn setting<'a, T>(&'a self, route_key: &str, read: impl Fn(&'a RouteSettings) -> Option<T>) -> Option<T> {
        let own = self.route_settings.get(route_key);
        own.into_iter().chain([&self.default_route_settings]).find_map(read)
    }

    /// What is logged of a route: all, or what fails.
    pub(crate) fn logging_level(&self, route_key: &str) -> Option<&str> {
        self.setting(route_key, |settings| settings.logging_level.as_deref()).filter(|level| *level != "OFF")
    }

    /// Bodies are in the log of a route.
    pub(crate) fn traces(&self, route_key: &str) -> bool {
        self.setting(route_key, |settings| settings.data_trace_enabled) == Some(true)
    }

    /// Some route is logged.
    pub(crate) fn is_logged(&self) -> bool {
        let mut all = self.route_settings.values().chain([&self.default_route_settings]);
        all.any(|settings| settings.logging_level.as_ref().is_some_and(|level| level != "OFF"))
    }

    /// Whether a route of the stage takes one more: as is said of it, or of all, and as the account may.
    pub(crate) fn lets_through(
        &self,
        cloud: &Cloud,
        (scope, api): (&Scope, &str),
        route_key: &str,
        at_ms: i64,
    ) -> bool {
        let buckets = cloud.memory.of::<Buckets>();
        let rate = self.setting(route_key, |settings| settings.throttling_rate_limit);
        let burst = self.setting(route_key, |settings| settings.throttling_burst_limit);
        if rate.is_some() || burst.is_some() {
            let (rate, burst) = (rate.unwrap_or(APIS_RATE), burst.unwrap_or(APIS_BURST));
            let name = format!("apigatewayv2 {api}/{}/{route_key}", self.name);
            if !buckets.take(&name, rate, f64::from(burst), at_ms) {
                return false;
            }
        }
        buckets.take_of_apis(scope, at_ms)
    }
}
