//! Clients with API keys: whose key it is, and what its usage plan lets it do.

use ::service::throttle::Buckets;
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

fn failed(call: &Call, error: &::service::Error) -> Box<Refusal> {
    tracing::error!(%error, api = call.api_id, "a usage plan could not be read");
    Refusal::internal()
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
    let (key, plan) = plan(call, &value).map_err(|error| failed(call, &error))?.ok_or_else(forbidden)?;
    let key_id = key.id.unwrap_or_default();
    call.identity.api_key = Some((value, Some(key_id.clone())));
    throttle(call, &plan, &key_id)?;
    match usage::take(&call.cloud, call.scope, &plan, &key_id).await {
        Ok(Taken::Yes) => Ok(()),
        Ok(Taken::NoMore) => Err(Refusal::new("QUOTA_EXCEEDED", "Limit Exceeded")),
        Err(error) => Err(failed(call, &error)),
    }
}

/// The key of that value, and the plan by which it may call this stage.
fn plan(call: &Call, value: &str) -> ::service::Result<Option<(api::ApiKey, api::UsagePlan)>> {
    let snapshot = call.cloud.store.snapshot();
    let home = Home::Of(&call.scope);
    let Some(id) = snapshot.get_record::<String>(&keys::key_value(&call.scope, value))? else {
        return Ok(None);
    };
    let key = home.get::<api::ApiKey>(&snapshot, &id)?.filter(|key| key.enabled == Some(true));
    let Some(key) = key else { return Ok(None) };
    for plan in home.all::<api::UsagePlan>(&snapshot)? {
        let serves = stage_of(call, &plan).is_some();
        let plan_id = plan.id.as_deref().unwrap_or_default();
        if serves && usage_plans::has(&snapshot, &call.scope, plan_id, &id)? {
            return Ok(Some((key, plan)));
        }
    }
    Ok(None)
}

fn stage_of<'a>(call: &Call, plan: &'a api::UsagePlan) -> Option<&'a api::ApiStage> {
    plan.api_stages.iter().flatten().find(|stage| {
        stage.api_id.as_deref() == Some(&call.api_id) && stage.stage.as_deref() == Some(call.stage_name())
    })
}

/// What a plan lets a key do in a second: on the whole, and with this method.
fn throttle(call: &Call, plan: &api::UsagePlan, key: &str) -> Refused<()> {
    let buckets = call.cloud.memory.of::<Buckets>();
    let plan_id = plan.id.as_deref().unwrap_or_default();
    let path = format!("{}/{}", call.resource_path(), call.visit.method);
    let of_method = stage_of(call, plan).and_then(|stage| {
        stage
            .throttle
            .as_ref()?
            .iter()
            .find(|(name, _)| name.trim_start_matches('/') == path.trim_start_matches('/'))
    });
    let of_method = of_method
        .map(|(_, throttle)| (format!("apigateway {plan_id}/{key}/{}{path}", call.api_id), throttle));
    let of_plan = plan.throttle.as_ref().map(|throttle| (format!("apigateway {plan_id}/{key}"), throttle));
    for (name, throttle) in of_method.into_iter().chain(of_plan) {
        let rate = throttle.rate_limit.unwrap_or(f64::MAX);
        let burst = throttle.burst_limit.filter(|burst| *burst > 0).map_or_else(|| rate.max(1.0), f64::from);
        if !buckets.take(&name, rate, burst, call.at_ms) {
            return Err(too_many());
        }
    }
    Ok(())
}
