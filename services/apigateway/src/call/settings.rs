//! Settings of methods in a stage: throttling, logging, caching. What a method does not say, the stage says for all.

use ::service::throttle::Buckets;
use api_apigateway as api;

use super::refusal::{Refusal, Refused};
use super::request::Call;

/// What an account may do in a region, unless it asks for more.
pub(crate) const ACCOUNT_RATE: f64 = 10_000.0;
pub(crate) const ACCOUNT_BURST: i32 = 5_000;

/// The settings of a call's method, and those of all methods.
fn of(call: &Call) -> [Option<&api::MethodSetting>; 2] {
    let all = call.stage.method_settings.as_ref();
    let own = call.target.as_ref().and_then(|target| {
        let path = target.place.path.trim_start_matches('/');
        let verb = call.visit.method.as_str();
        all?.get(&format!("{path}/{verb}")).or_else(|| all?.get(&format!("{path}/{}", target.method.verb)))
    });
    [own, all.and_then(|all| all.get("*/*"))]
}

/// A setting, of the method or of the stage.
pub(crate) fn setting<T>(call: &Call, read: impl Fn(&api::MethodSetting) -> Option<T>) -> Option<T> {
    of(call).into_iter().flatten().find_map(read)
}

/// Whether executions are logged: `INFO`, or `ERROR` alone.
pub(crate) fn is_logged(call: &Call) -> bool {
    let level = setting(call, |setting| setting.logging_level.clone());
    level.is_some_and(|level| level == "INFO" || level == "ERROR")
}

/// Refuses what comes faster than the account, the stage or the method may be called.
pub(crate) fn throttle(call: &Call) -> Refused<()> {
    let buckets = call.cloud.memory.of::<Buckets>();
    let now = call.at_ms;
    let rate = setting(call, |setting| setting.throttling_rate_limit).filter(|rate| *rate >= 0.0);
    let burst = setting(call, |setting| setting.throttling_burst_limit).filter(|burst| *burst >= 0);
    if rate.is_some() || burst.is_some() {
        let place = call.resource_path();
        let name = format!("apigateway {}/{}/{}{place}", call.api_id, call.stage_name(), call.visit.method);
        let burst = f64::from(burst.unwrap_or(ACCOUNT_BURST));
        if !buckets.take(&name, rate.unwrap_or(ACCOUNT_RATE), burst, now) {
            return Err(too_many());
        }
    }
    let account = format!("apigateway {}/{}", call.scope.account, call.scope.region);
    match buckets.take(&account, ACCOUNT_RATE, f64::from(ACCOUNT_BURST), now) {
        true => Ok(()),
        false => Err(too_many()),
    }
}

pub(crate) fn too_many() -> Box<Refusal> {
    Refusal::new("THROTTLED", "Too Many Requests")
}
