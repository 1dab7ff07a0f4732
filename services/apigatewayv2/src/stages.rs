//! Stages: names under which an API is reached, each with one deployment.

use api_apigatewayv2 as model;
use serde_json::{Value, json};
use service::{Result, Tx, View};
use store::Reads;
use wire::{Fault, Kept};

use crate::api::{self, Api, Asked};
use crate::documents::{self, Members, text};
use crate::errors;
use crate::tags::{self, TAGGING};

pub(crate) fn create(tx: &mut Tx<'_>, input: &model::CreateStageInput) -> Result<model::CreateStageOutput> {
    let name = &input.stage_name;
    let mut api = Api::find(&**tx, &tx.scope(), &input.api_id)?;
    let is_default = name == "$default" && api.protocol == "HTTP";
    if !is_default && !names::is_plain(name, "-_", 1..=128) {
        return Err(errors::bad("Stage name only allows alphanumerics, hyphens and underscores").into());
    }
    if api.stages.contains_key(name) {
        return Err(errors::conflict("Stage already exists").into());
    }
    let mut members = documents::of(input)?;
    members.remove("apiId");
    members.remove("tags");
    check_routes(&api, &members)?;
    documents::default(&mut members, "createdDate", documents::moment(tx.now.millis()));
    put(tx, &mut api, name, members)?;
    TAGGING.add(tx, &api.scope, &tags::stage_arn(&api.scope, &api.id, name), input.tags.iter().flatten())?;
    shown(&**tx, &api, name)
}

/// The stage that quick create makes.
pub(crate) fn add_managed(tx: &Tx<'_>, api: &mut Api) {
    let now = documents::moment(tx.now.millis());
    let stage = json!({
        "stageName": "$default", "autoDeploy": true, "apiGatewayManaged": true, "createdDate": now,
        "defaultRouteSettings": { "detailedMetricsEnabled": false }, "routeSettings": {}, "stageVariables": {},
    });
    api.stages.insert("$default".into(), stage.to_string());
}

/// Checks a stage, new or changed, and stores it.
fn put(tx: &mut Tx<'_>, api: &mut Api, name: &str, mut members: Members) -> Result<()> {
    check(api, &members)?;
    let settings = match api.protocol.as_str() {
        "WEBSOCKET" => {
            json!({ "dataTraceEnabled": false, "detailedMetricsEnabled": false, "loggingLevel": "OFF" })
        }
        _ => json!({ "detailedMetricsEnabled": false }),
    };
    documents::default(&mut members, "autoDeploy", false);
    documents::default(&mut members, "routeSettings", json!({}));
    documents::default(&mut members, "stageVariables", json!({}));
    documents::default(&mut members, "defaultRouteSettings", settings);
    documents::set(&mut members, "lastUpdatedDate", Some(documents::moment(tx.now.millis())));
    if let Some(deployment) = text(&members, "deploymentId").map(str::to_owned) {
        if !api.deployments.contains_key(&deployment) {
            return Err(errors::bad(format!("Invalid deployment identifier specified {deployment}")).into());
        }
        if !api::is_auto(&members) {
            api.keep_live(tx, &deployment)?;
        }
        api::deployed(&mut members, &deployment);
    }
    api.stages.insert(name.to_owned(), json!(members).to_string());
    api.deploy_stages(tx)?;
    api.put(tx)
}

fn check(api: &Api, members: &Members) -> Result<(), Fault> {
    let of_routes = members.get("routeSettings").and_then(Value::as_object);
    let all = of_routes
        .into_iter()
        .flat_map(|settings| settings.values())
        .chain(members.get("defaultRouteSettings"));
    for settings in all {
        let level = settings.get("loggingLevel").and_then(Value::as_str).unwrap_or("OFF");
        if !["OFF", "ERROR", "INFO"].contains(&level) {
            return Err(errors::bad(format!("Invalid logging level specified: {level}")));
        }
        let is_logged = level != "OFF" || settings.get("dataTraceEnabled") == Some(&json!(true));
        if is_logged && api.protocol != "WEBSOCKET" {
            return Err(errors::bad("Execution logs are not supported on protocol type HTTP"));
        }
    }
    errors::refuse(&[("ClientCertificateId", members.contains_key("clientCertificateId"))])?;
    members.get("accessLogSettings").and_then(Value::as_object).map_or(Ok(()), check_access_log)
}

/// Lines go to a group of CloudWatch Logs.
fn check_access_log(settings: &Members) -> Result<(), Fault> {
    let destination = text(settings, "destinationArn").unwrap_or_default();
    errors::refuse(&[(
        "AccessLogSettings with Firehose",
        destination.split(':').nth(2) == Some("firehose"),
    )])?;
    if service::log_group_in(destination).is_none() {
        return Err(errors::bad("Invalid ARN specified in the request"));
    }
    match text(settings, "format").is_some_and(|format| format.contains("requestId")) {
        true => Ok(()),
        false => Err(errors::bad("Access Log format must contain at least requestId or extendedRequestId")),
    }
}

/// Settings that are set are of routes that are there. Those that are taken away need none.
fn check_routes(api: &Api, change: &Members) -> Result<()> {
    let settings = change.get("routeSettings").and_then(Value::as_object).into_iter().flatten();
    let mut set: Vec<&str> =
        settings.filter(|(_, one)| **one != json!({})).map(|(key, _)| key.as_str()).collect();
    for (_, route) in api.parts_in("routes") {
        let route = documents::read(route)?;
        set.retain(|key| Some(*key) != text(&route, "routeKey"));
    }
    match set.first() {
        Some(key) => Err(errors::no_route_for_settings(key).into()),
        None => Ok(()),
    }
}

pub(crate) fn get(view: &View<'_>, input: &model::GetStageInput) -> Result<model::GetStageOutput> {
    let api = Api::find(&**view, &view.scope(), &input.api_id)?;
    shown(&**view, &api, &input.stage_name)
}

pub(crate) fn list(view: &View<'_>, input: &model::GetStagesInput) -> Result<model::GetStagesOutput> {
    let api = Api::find(&**view, &view.scope(), &input.api_id)?;
    let named = |name: &String| Ok((name.clone(), members(&**view, &api, name)?));
    let stages: Vec<(String, Members)> = api.stages.keys().map(named).collect::<Result<_>>()?;
    let (max_results, token) = (input.max_results.as_deref(), input.next_token.as_deref());
    documents::show_page(
        Asked { operation: "apigatewayv2:GetStages", max_results, token }.page(view, stages)?,
    )
}

pub(crate) fn update(tx: &mut Tx<'_>, input: &model::UpdateStageInput) -> Result<model::UpdateStageOutput> {
    let mut change = documents::of(input)?;
    change.remove("apiId");
    change.remove("stageName");
    let mut api = Api::find(&**tx, &tx.scope(), &input.api_id)?;
    let stage = found(&api, &input.stage_name)?;
    let was_auto = api::is_auto(&stage);
    if was_auto && input.auto_deploy != Some(false) && change.contains_key("deploymentId") {
        return Err(
            errors::bad("Deployment ID cannot be updated on stages that have auto deploy enabled").into()
        );
    }
    check_routes(&api, &change)?;
    revise(tx, &mut api, &input.stage_name, |stage| documents::merge(stage, change))?;
    shown(&**tx, &api, &input.stage_name)
}

/// Changes a stage in some way.
fn revise(tx: &mut Tx<'_>, api: &mut Api, name: &str, change: impl FnOnce(&mut Members)) -> Result<()> {
    let mut stage = found(api, name)?;
    change(&mut stage);
    put(tx, api, name, stage)
}

pub(crate) fn delete_route_settings(
    tx: &mut Tx<'_>,
    input: &model::DeleteRouteSettingsInput,
) -> Result<model::DeleteRouteSettingsOutput> {
    let mut api = Api::find(&**tx, &tx.scope(), &input.api_id)?;
    let key = input.route_key.as_str();
    let stage = found(&api, &input.stage_name)?;
    if stage.get("routeSettings").is_none_or(|settings| settings.get(key).is_none()) {
        return Err(errors::not_found("Route Settings", key).into());
    }
    revise(tx, &mut api, &input.stage_name, |stage| {
        stage.get_mut("routeSettings").and_then(Value::as_object_mut).map(|settings| settings.remove(key));
    })?;
    Ok(model::DeleteRouteSettingsOutput::default())
}

pub(crate) fn delete_access_log(
    tx: &mut Tx<'_>,
    input: &model::DeleteAccessLogSettingsInput,
) -> Result<model::DeleteAccessLogSettingsOutput> {
    let mut api = Api::find(&**tx, &tx.scope(), &input.api_id)?;
    revise(tx, &mut api, &input.stage_name, |stage| drop(stage.remove("accessLogSettings")))?;
    Ok(model::DeleteAccessLogSettingsOutput::default())
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &model::DeleteStageInput) -> Result<model::DeleteStageOutput> {
    let mut api = Api::find(&**tx, &tx.scope(), &input.api_id)?;
    found(&api, &input.stage_name)?;
    crate::mappings::check_unmapped(tx, &api.id, Some(&input.stage_name))?;
    api.stages.remove(&input.stage_name);
    api.put(tx)?;
    service::tags::forget(tx, &api.scope, &tags::stage_arn(&api.scope, &api.id, &input.stage_name));
    Ok(model::DeleteStageOutput::default())
}

fn found(api: &Api, name: &str) -> Result<Members> {
    documents::read(api.stages.get(name).ok_or_else(|| errors::not_found("Stage", name))?)
}

fn shown<O: Kept>(reads: &impl Reads, api: &Api, name: &str) -> Result<O> {
    documents::show(&members(reads, api, name)?)
}

fn members(reads: &impl Reads, api: &Api, name: &str) -> Result<Members> {
    let mut members = found(api, name)?;
    let tags = service::tags::of(reads, &api.scope, &tags::stage_arn(&api.scope, &api.id, name))?;
    documents::set(&mut members, "tags", Some(json!(tags)));
    Ok(members)
}
