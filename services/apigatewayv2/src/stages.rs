//! Stages: names under which an API is reached. Each has all changes at once (`AutoDeploy`).

use api_apigatewayv2 as model;
use service::{Result, Tx, View};
use store::Reads;
use wire::Timestamp;

use crate::api::{self, HttpApi, Stage};
use crate::errors;
use crate::tags::{self, TAGGING};

/// The same members under another name: the model repeats them in each output.
macro_rules! output {
    ($output:ident, $shown:expr) => {{
        let shown = $shown;
        model::$output {
            auto_deploy: shown.auto_deploy,
            created_date: shown.created_date,
            description: shown.description,
            last_updated_date: shown.last_updated_date,
            stage_name: Some(shown.stage_name),
            stage_variables: shown.stage_variables,
            tags: shown.tags,
            ..model::$output::default()
        }
    }};
}

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
    if name != "$default" && !names::is_plain(name, "-_", 1..=128) {
        return Err(errors::bad("Stage name only allows alphanumerics, hyphens and underscores").into());
    }
    let mut api = HttpApi::find(&**tx, &tx.scope(), &input.api_id)?;
    let stage = Stage {
        description: input.description.clone(),
        variables: input.stage_variables.clone().unwrap_or_default(),
        created_ms: tx.now.millis(),
    };
    if api.stages.insert(name.clone(), stage.clone()).is_some() {
        return Err(errors::conflict("Stage already exists").into());
    }
    api.put(tx)?;
    let arn = tags::stage_arn(&api.scope, &api.id, name);
    TAGGING.add(tx, &api.scope, &arn, input.tags.iter().flatten())?;
    Ok(output!(CreateStageOutput, show(&**tx, &api, name.clone(), stage)?))
}

pub(crate) fn get(view: &View<'_>, input: &model::GetStageInput) -> Result<model::GetStageOutput> {
    let mut api = HttpApi::find(&**view, &view.scope(), &input.api_id)?;
    let name = &input.stage_name;
    let stage = api.stages.remove(name).ok_or_else(|| errors::not_found("Stage", name))?;
    Ok(output!(GetStageOutput, show(&**view, &api, name.clone(), stage)?))
}

pub(crate) fn list(view: &View<'_>, input: &model::GetStagesInput) -> Result<model::GetStagesOutput> {
    let mut api = HttpApi::find(&**view, &view.scope(), &input.api_id)?;
    let stages = std::mem::take(&mut api.stages);
    let (max_results, token) = (input.max_results.as_deref(), input.next_token.as_deref());
    let pages = api::pages("apigatewayv2:GetStages", max_results, token)?;
    let page = pages.of_sorted(view, stages, |name, stage| show(&**view, &api, name, stage))?;
    Ok(model::GetStagesOutput { items: Some(page.items), next_token: page.next_token })
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &model::DeleteStageInput) -> Result<model::DeleteStageOutput> {
    let mut api = HttpApi::find(&**tx, &tx.scope(), &input.api_id)?;
    api.stages.remove(&input.stage_name).ok_or_else(|| errors::not_found("Stage", &input.stage_name))?;
    api.put(tx)?;
    service::tags::forget(tx, &api.scope, &tags::stage_arn(&api.scope, &api.id, &input.stage_name));
    Ok(model::DeleteStageOutput::default())
}

fn show(reads: &impl Reads, api: &HttpApi, name: String, stage: Stage) -> Result<model::Stage> {
    let tags = service::tags::of(reads, &api.scope, &tags::stage_arn(&api.scope, &api.id, &name))?;
    Ok(model::Stage {
        auto_deploy: Some(true),
        created_date: Some(Timestamp(stage.created_ms)),
        description: stage.description,
        last_updated_date: Some(Timestamp(stage.created_ms)),
        stage_name: name,
        stage_variables: Some(stage.variables),
        tags: Some(tags),
        ..model::Stage::default()
    })
}
