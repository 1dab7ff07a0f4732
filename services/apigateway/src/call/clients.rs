//! Clients with API keys: whose key it is, and what its usage plan lets it do.

use std::sync::Arc;

use ::service::throttle::Buckets;
use ::service::{Cloud, Judging, KeyUse, KeyVerdict};
use api_apigateway as api;
use store::Reads as _;

use super::refusal::{Refusal, Refused};
use super::request::Call;
use super::settings::too_many;
use crate::document::Home;
use crate::usage::{self, Taken};
use crate::{keys, usage_plans};

fn forbidden() -> Box<Refusal> {
    Refusal::new("INVALID_API_KEY", "Forbidden")
}

/// Lets a request in whose key may still call this method, where the method asks for one.
pub(crate) async fn admit(call: &mut Call) -> Refused<()> {
    let is_asked = call.method().is_some_and(|method| method.facts.api_key_required == Some(true));
    let by_authorizer =
        call.api.api.api_key_source.as_ref().is_some_and(|source| source.as_str() == "AUTHORIZER");
    let said = match by_authorizer {
        true => call.identity.api_key.take().map(|(key, _)| key),
        false => call.header("x-api-key").map(str::to_owned),
    };
    let Some(value) = said else { return if is_asked { Err(forbidden()) } else { Ok(()) } };
    if !is_asked {
        call.identity.api_key = Some((value, None));
        return Ok(());
    }
    let verdict = judge(&call.cloud, used(call, &value, &method_of(call))).await.map_err(|error| {
        tracing::error!(%error, api = call.api_id, "a usage plan could not be read");
        Refusal::internal()
    })?;
    let (id, outcome) = match verdict {
        KeyVerdict::Admitted(id) => (id, Ok(())),
        KeyVerdict::Throttled(id) => (id, Err(too_many())),
        KeyVerdict::Exhausted(id) => (id, Err(Refusal::new("QUOTA_EXCEEDED", "Limit Exceeded"))),
        KeyVerdict::Unknown => return Err(forbidden()),
    };
    call.identity.api_key = Some((value, Some(id)));
    outcome
}

fn method_of(call: &Call) -> String {
    format!("{}/{}", call.resource_path(), call.visit.method)
}

fn used<'a>(call: &'a Call, value: &'a str, method: &'a str) -> KeyUse<'a> {
    let (api, stage) = (call.api_id.as_str(), call.stage_name());
    KeyUse { scope: call.scope, api, stage, method, value, at_ms: call.at_ms }
}

/// What becomes of the use of a key, for services that have APIs of their own.
pub(crate) fn judge<'a>(cloud: &'a Arc<Cloud>, used: KeyUse<'a>) -> Judging<'a> {
    Box::pin(judged(cloud, used))
}

async fn judged(cloud: &Arc<Cloud>, used: KeyUse<'_>) -> ::service::Result<KeyVerdict> {
    let Some((id, plan)) = plan(cloud, &used)? else { return Ok(KeyVerdict::Unknown) };
    if !lets_through(cloud, &used, &plan, &id) {
        return Ok(KeyVerdict::Throttled(id));
    }
    Ok(match usage::take(cloud, used.scope, &plan, &id).await? {
        Taken::Yes => KeyVerdict::Admitted(id),
        Taken::NoMore => KeyVerdict::Exhausted(id),
    })
}

/// The id of the key of that value, and the plan by which it may call this stage.
fn plan(cloud: &Cloud, used: &KeyUse<'_>) -> ::service::Result<Option<(String, api::UsagePlan)>> {
    let snapshot = cloud.store.snapshot();
    let home = Home::Of(&used.scope);
    let Some(id) = snapshot.get_record::<String>(&keys::key_value(&used.scope, used.value))? else {
        return Ok(None);
    };
    let key = home.get::<api::ApiKey>(&snapshot, &id)?.filter(|key| key.enabled == Some(true));
    if key.is_none() {
        return Ok(None);
    }
    for plan in home.all::<api::UsagePlan>(&snapshot)? {
        let serves = stage_of(used, &plan).is_some();
        let plan_id = plan.id.as_deref().unwrap_or_default();
        if serves && usage_plans::has(&snapshot, &used.scope, plan_id, &id)? {
            return Ok(Some((id, plan)));
        }
    }
    Ok(None)
}

fn stage_of<'a>(used: &KeyUse<'_>, plan: &'a api::UsagePlan) -> Option<&'a api::ApiStage> {
    plan.api_stages
        .iter()
        .flatten()
        .find(|stage| stage.api_id.as_deref() == Some(used.api) && stage.stage.as_deref() == Some(used.stage))
}

/// What a plan lets a key do in a second: on the whole, and with this method.
fn lets_through(cloud: &Cloud, used: &KeyUse<'_>, plan: &api::UsagePlan, key: &str) -> bool {
    let buckets = cloud.memory.of::<Buckets>();
    let plan_id = plan.id.as_deref().unwrap_or_default();
    let KeyUse { api, method, .. } = used;
    let of_method = stage_of(used, plan).and_then(|stage| {
        let mut throttles = stage.throttle.as_ref()?.iter();
        throttles.find(|(name, _)| name.trim_start_matches('/') == method.trim_start_matches('/'))
    });
    let of_method =
        of_method.map(|(_, throttle)| (format!("apigateway {plan_id}/{key}/{api}{method}"), throttle));
    let of_plan = plan.throttle.as_ref().map(|throttle| (format!("apigateway {plan_id}/{key}"), throttle));
    of_method.into_iter().chain(of_plan).all(|(name, throttle)| {
        let rate = throttle.rate_limit.unwrap_or(f64::MAX);
        let burst = throttle.burst_limit.filter(|burst| *burst > 0).map_or_else(|| rate.max(1.0), f64::from);
        buckets.take(&name, rate, burst, used.at_ms)
    })
}
