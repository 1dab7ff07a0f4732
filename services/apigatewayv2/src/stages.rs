//! Stages: names under which an API is reached. Each has all changes at once (`AutoDeploy`).

use api_apigatewayv2 as model;
use service::{Result, Tx, View};
use wire::Timestamp;

use crate::api::{self, HttpApi, Stage};
use crate::errors;

pub(crate) fn create(tx: &mut Tx<'_>, input: &model::CreateStageInput) -> Result<model::CreateStageOutput> {
    errors::refuse(&[
        ("AutoDeploy false", input.auto_deploy != Some(true)),
        ("DeploymentId", input.deployment_id.is_some()),
        ("AccessLogSettings", input.access_log_settings.is_some()),
        ("ClientCertificateId", input.client_certificate_id.is_some()),
        ("DefaultRouteSettings", input.default_route_settings.is_some()),
        ("RouteSettings", input.route_settings.is_some()),
    ])?;
    let name = &input.stage_name;
    let is_name =
        |name: &str| name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
    if name != "$default" && (name.is_empty() || name.len() > 128 || !is_name(name)) {
        return Err(errors::bad("Stage name only allows alphanumerics, hyphens and underscores").into());
    }
    let mut api = HttpApi::find(&**tx, &tx.scope(), &input.api_id)?;
    let stage = Stage {
        description: input.description.clone(),
        variables: input.stage_variables.clone().unwrap_or_default(),
        tags: input.tags.clone().unwrap_or_default(),
        created_ms: tx.now.millis(),
    };
    if api.stages.insert(name.clone(), stage.clone()).is_some() {
        return Err(errors::conflict("Stage already exists").into());
    }
    api.put(tx)?;
    let shown = show(name.clone(), stage);
    Ok(model::CreateStageOutput {
        auto_deploy: shown.auto_deploy,
        created_date: shown.created_date,
        description: shown.description,
        last_updated_date: shown.last_updated_date,
        stage_name: Some(shown.stage_name),
        stage_variables: shown.stage_variables,
        tags: shown.tags,
        ..model::CreateStageOutput::default()
    })
}

pub(crate) fn get(view: &View<'_>, input: &model::GetStageInput) -> Result<model::GetStageOutput> {
    let mut api = HttpApi::find(&**view, &view.scope(), &input.api_id)?;
    let name = &input.stage_name;
    let stage = api.stages.remove(name).ok_or_else(|| errors::not_found("Stage", name))?;
    let shown = show(name.clone(), stage);
    Ok(model::GetStageOutput {
        auto_deploy: shown.auto_deploy,
        created_date: shown.created_date,
        description: shown.description,
        last_updated_date: shown.last_updated_date,
        stage_name: Some(shown.stage_name),
        stage_variables: shown.stage_variables,
        tags: shown.tags,
        ..model::GetStageOutput::default()
    })
}

pub(crate) fn list(view: &View<'_>, input: &model::GetStagesInput) -> Result<model::GetStagesOutput> {
    let api = HttpApi::find(&**view, &view.scope(), &input.api_id)?;
    let wish = ("apigatewayv2:GetStages", input.max_results.as_deref(), input.next_token.as_deref());
    let tokens = &view.context.cloud.page_tokens;
    let (items, next_token) = api::page(api.stages.into_iter(), wish, tokens, show)?;
    Ok(model::GetStagesOutput { items: Some(items), next_token })
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &model::DeleteStageInput) -> Result<model::DeleteStageOutput> {
    let mut api = HttpApi::find(&**tx, &tx.scope(), &input.api_id)?;
    api.stages.remove(&input.stage_name).ok_or_else(|| errors::not_found("Stage", &input.stage_name))?;
    api.put(tx)?;
    Ok(model::DeleteStageOutput::default())
}

fn show(name: String, stage: Stage) -> model::Stage {
    model::Stage {
        auto_deploy: Some(true),
        created_date: Some(Timestamp(stage.created_ms)),
        description: stage.description,
        last_updated_date: Some(Timestamp(stage.created_ms)),
        stage_name: name,
        stage_variables: Some(stage.variables),
        tags: Some(stage.tags),
        ..model::Stage::default()
    }
}
