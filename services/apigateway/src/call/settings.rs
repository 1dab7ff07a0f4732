//! Settings of methods in a stage: throttling, logging, caching. What a method does not say, the stage says for all.

use ::service::throttle::{APIS_BURST, APIS_RATE, Buckets};
use api_apigateway as api;

use super::refusal::{Refusal, Refused};
use super::request::{Call, Target};

/// What a stage sets for requests of that kind to a method: what it does not say of the method, it says for all.
pub(crate) fn of(stage: &api::Stage, target: Option<&Target>, verb: &str) -> api::MethodSetting {
    let Some(all) = stage.method_settings.as_ref().filter(|all| !all.is_empty()) else {
        return api::MethodSetting::default();
    };
    let own = target.and_then(|target| {
        let path = target.place.path.trim_start_matches('/');
        let of = |verb: &str| all.get(&[path, "/", verb].concat());
        of(verb).or_else(|| of(&target.method.verb))
    });
    match (own.cloned(), all.get("*/*").cloned()) {
        (Some(own), Some(other)) => either(own, other),
        (own, other) => own.or(other).unwrap_or_default(),
    }
}

/// Each setting of the first; of the second where the first says nothing.
fn either(own: api::MethodSetting, other: api::MethodSetting) -> api::MethodSetting {
    api::MethodSetting {
        metrics_enabled: own.metrics_enabled.or(other.metrics_enabled),
        logging_level: own.logging_level.or(other.logging_level),
        data_trace_enabled: own.data_trace_enabled.or(other.data_trace_enabled),
        throttling_burst_limit: own.throttling_burst_limit.or(other.throttling_burst_limit),
        throttling_rate_limit: own.throttling_rate_limit.or(other.throttling_rate_limit),
        caching_enabled: own.caching_enabled.or(other.caching_enabled),
        cache_ttl_in_seconds: own.cache_ttl_in_seconds.or(other.cache_ttl_in_seconds),
        cache_data_encrypted: own.cache_data_encrypted.or(other.cache_data_encrypted),
        require_authorization_for_cache_control: own
            .require_authorization_for_cache_control
            .or(other.require_authorization_for_cache_control),
        unauthorized_cache_control_header_strategy: own
            .unauthorized_cache_control_header_strategy
            .or(other.unauthorized_cache_control_header_strategy),
    }
}

/// Whether executions are logged: `INFO`, or `ERROR` alone.
pub(crate) fn is_logged(call: &Call) -> bool {
    matches!(call.settings.logging_level.as_deref(), Some("INFO" | "ERROR"))
}

/// Refuses what comes faster than the account, the stage or the method may be called.
pub(crate) fn throttle(call: &Call) -> Refused<()> {
    let buckets = call.cloud.memory.of::<Buckets>();
    let now = call.at_ms;
    let rate = call.settings.throttling_rate_limit.filter(|rate| *rate >= 0.0);
    let burst = call.settings.throttling_burst_limit.filter(|burst| *burst >= 0);
    if rate.is_some() || burst.is_some() {
        let (verb, place) = (call.visit.method.as_str(), call.resource_path());
        let name = ["apigateway ", &call.api_id, "/", call.stage_name(), "/", verb, place].concat();
        let burst = f64::from(burst.unwrap_or(APIS_BURST));
        if !buckets.take(&name, rate.unwrap_or(APIS_RATE), burst, now) {
            return Err(too_many());
        }
    }
    match buckets.take_of_apis(&call.scope, now) {
        true => Ok(()),
        false => Err(too_many()),
    }
}

pub(crate) fn too_many() -> Box<Refusal> {
    Refusal::new("THROTTLED", "Too Many Requests")
}
