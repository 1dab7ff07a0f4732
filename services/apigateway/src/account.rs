//! What an account has set for all of its APIs in a region, and caches of stages that are emptied.

use api_apigateway as api;
use service::throttle::{APIS_BURST, APIS_RATE};
use service::{Result, Tx, View};

use crate::call;
use crate::document::{Document as _, Home};
use crate::patch::{self, ENTRY};
use crate::{apis, errors};

/// There is one of it.
const ONE: &str = "account";

fn preset() -> api::Account {
    api::Account {
        throttle_settings: Some(api::ThrottleSettings {
            rate_limit: Some(APIS_RATE),
            burst_limit: Some(APIS_BURST),
        }),
        features: Some(vec!["UsagePlans".into()]),
        api_key_version: Some("4".into()),
        ..api::Account::default()
    }
}

pub(crate) fn get(view: &View<'_>, _: &api::GetAccountInput) -> Result<api::Account> {
    Ok(Home::Of(&view.scope()).get(&**view, ONE)?.unwrap_or_else(preset))
}

pub(crate) fn update(tx: &mut Tx<'_>, input: &api::UpdateAccountInput) -> Result<api::Account> {
    let scope = tx.scope();
    let found = Home::Of(&scope).get::<api::Account>(&**tx, ONE)?.unwrap_or_else(preset);
    let changed: api::Account =
        patch::apply(&found, &input.patch_operations, &[("/cloudwatchRoleArn", ENTRY)])?;
    if changed.cloudwatch_role_arn.as_deref().is_some_and(|arn| !arn.contains(":role/")) {
        return Err(errors::bad("Invalid role ARN specified for CloudWatch logs").into());
    }
    Home::Of(&scope).put(tx, ONE, &changed);
    Ok(changed)
}

pub(crate) fn flush_cache(
    view: &View<'_>,
    input: &api::FlushStageCacheInput,
) -> Result<api::FlushStageCacheOutput> {
    stage(view, &input.rest_api_id, &input.stage_name)?;
    call::flush_answers(&view.context.cloud, &input.rest_api_id, &input.stage_name);
    Ok(api::FlushStageCacheOutput::default())
}

pub(crate) fn flush_authorizers(
    view: &View<'_>,
    input: &api::FlushStageAuthorizersCacheInput,
) -> Result<api::FlushStageAuthorizersCacheOutput> {
    stage(view, &input.rest_api_id, &input.stage_name)?;
    call::flush_authorizers(&view.context.cloud, &input.rest_api_id, &input.stage_name);
    Ok(api::FlushStageAuthorizersCacheOutput::default())
}

fn stage(view: &View<'_>, api: &str, stage: &str) -> Result<()> {
    let found: Option<api::Stage> = apis::home(&**view, &view.scope(), api)?.get(&**view, stage)?;
    Ok(found.map(drop).ok_or_else(|| api::Stage::missing(stage))?)
}
