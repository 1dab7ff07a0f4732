//! Stages: names under which deployments are served, with settings of their own.

use api_apigateway as api;
use service::{Result, Tx, View};
use store::Reads;

use crate::document::{self, Home};
use crate::patch::{self, Change, ENTRY, REPLACE, Table};
use crate::tags::{self, TAGGING};
use crate::{apis, errors};

const TABLE: Table = &[
    ("/description", ENTRY),
    ("/deploymentId", REPLACE),
    ("/clientCertificateId", ENTRY),
    ("/cacheClusterEnabled", REPLACE),
    ("/cacheClusterSize", REPLACE),
    ("/documentationVersion", ENTRY),
    ("/tracingEnabled", REPLACE),
    ("/variables/*", ENTRY),
    ("/variables", &["remove"]),
    ("/accessLogSettings/destinationArn", ENTRY),
    ("/accessLogSettings/format", ENTRY),
    ("/accessLogSettings", &["remove"]),
    ("/canarySettings", &["remove"]),
    ("/canarySettings/percentTraffic", ENTRY),
    ("/canarySettings/deploymentId", ENTRY),
    ("/canarySettings/useStageCache", ENTRY),
    ("/canarySettings/stageVariableOverrides/*", ENTRY),
    ("/canarySettings/stageVariableOverrides", &["remove"]),
    ("/methodSettings/*", &["remove"]),
    ("/methodSettings/*/*", ENTRY),
];

/// Settings of methods in paths of changes, and what they are called in the stage.
const SETTINGS: [(&str, &str); 10] = [
    ("metrics/enabled", "metricsEnabled"),
    ("logging/loglevel", "loggingLevel"),
    ("logging/dataTrace", "dataTraceEnabled"),
    ("throttling/burstLimit", "throttlingBurstLimit"),
    ("throttling/rateLimit", "throttlingRateLimit"),
    ("caching/enabled", "cachingEnabled"),
    ("caching/ttlInSeconds", "cacheTtlInSeconds"),
    ("caching/dataEncrypted", "cacheDataEncrypted"),
    ("caching/requireAuthorizationForCacheControl", "requireAuthorizationForCacheControl"),
    ("caching/unauthorizedCacheControlHeaderStrategy", "unauthorizedCacheControlHeaderStrategy"),
];

pub(crate) fn create(tx: &mut Tx<'_>, input: &api::CreateStageInput) -> Result<api::Stage> {
    let home = apis::home(&**tx, &tx.scope(), &input.rest_api_id)?;
    home.find::<api::Deployment>(&**tx, &input.deployment_id)?;
    check_name(&input.stage_name)?;
    if home.get::<api::Stage>(&**tx, &input.stage_name)?.is_some() {
        return Err(errors::conflict("Stage already exists").into());
    }
    let made: api::Stage = document::made_of(input)?;
    let made = dated(tx, made);
    checked(&**tx, home, &made)?;
    let scope = tx.scope();
    let arn = tags::stage_arn(&scope, &input.rest_api_id, &input.stage_name);
    TAGGING.add(tx, &scope, &arn, input.tags.iter().flatten())?;
    home.put(tx, &input.stage_name, &made);
    shown(&**tx, &input.rest_api_id, &scope, made)
}

fn check_name(name: &str) -> Result<()> {
    let is_name = !name.is_empty() && name.len() <= 128;
    match is_name && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        true => Ok(()),
        false => Err(errors::bad("Stage name only allows a-zA-Z0-9_-").into()),
    }
}

/// A new stage.
fn dated(tx: &Tx<'_>, made: api::Stage) -> api::Stage {
    with_cache(api::Stage {
        created_date: Some(tx.now),
        last_updated_date: Some(tx.now),
        tracing_enabled: made.tracing_enabled.or(Some(false)),
        method_settings: Some(made.method_settings.unwrap_or_default()),
        tags: None,
        ..made
    })
}

/// Refuses what a stage may not be.
fn checked(reads: &impl Reads, home: Home<'_>, stage: &api::Stage) -> Result<()> {
    home.find::<api::Deployment>(reads, stage.deployment_id.as_deref().unwrap_or_default())?;
    for (name, value) in stage.variables.iter().flatten() {
        let fine = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#&=,".contains(c);
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(errors::bad(format!(
                "Stage variable name must be alphanumeric and underscore: {name}"
            ))
            .into());
        }
        if !value.chars().all(fine) || value.len() > 512 {
            let message = "Stage variable value may only contain letters, numbers, and the following special characters: -._~:/?#&=,";
            return Err(errors::bad(message).into());
        }
    }
    if let Some(canary) = &stage.canary_settings {
        let percent = canary.percent_traffic.unwrap_or_default();
        if !(0.0..=100.0).contains(&percent) {
            return Err(
                errors::bad("Invalid canary settings: percentTraffic must be between 0.0 and 100.0").into()
            );
        }
        if let Some(id) = &canary.deployment_id {
            home.find::<api::Deployment>(reads, id)?;
        }
    }
    let logs = stage.access_log_settings.as_ref();
    let destination = logs.and_then(|settings| settings.destination_arn.as_deref());
    errors::refuse(&[
        ("clientCertificateId", stage.client_certificate_id.is_some()),
        (
            "accessLogSettings.destinationArn of Firehose",
            destination.is_some_and(|arn| arn.contains(":firehose:")),
        ),
    ])?;
    for settings in stage.method_settings.iter().flatten().map(|(_, settings)| settings) {
        let level = settings.logging_level.as_deref().unwrap_or("OFF");
        if !["OFF", "ERROR", "INFO"].contains(&level) {
            let message = format!("Invalid logging level {level}: must be one of [OFF, ERROR, INFO]");
            return Err(errors::bad(message).into());
        }
    }
    if let Some(version) = &stage.documentation_version {
        home.find::<api::DocumentationVersion>(reads, version)?;
    }
    let format = logs.and_then(|settings| settings.format.as_deref());
    let ids = ["$context.requestId", "$context.extendedRequestId"];
    if format.is_some_and(|format| !ids.iter().any(|id| format.contains(id))) {
        return Err(errors::bad("Access Log format must contain a requestId or extendedRequestId").into());
    }
    Ok(())
}

/// A deployment that names a stage: it is made, or serves this from now on.
pub(crate) fn deploy(
    tx: &mut Tx<'_>,
    input: &api::CreateDeploymentInput,
    name: &str,
    deployment: &str,
) -> Result<()> {
    check_name(name)?;
    let home = Home::In(&input.rest_api_id);
    let found: Option<api::Stage> = home.get(&**tx, name)?;
    let is_new = found.is_none();
    let mut stage = found.unwrap_or_else(|| {
        let made = api::Stage { stage_name: Some(name.into()), ..api::Stage::default() };
        dated(tx, made)
    });
    if let Some(canary) = input.canary_settings.as_ref() {
        if is_new {
            return Err(
                errors::bad("Canary settings cannot be specified when the stage does not exist").into()
            );
        }
        stage.canary_settings = Some(api::CanarySettings {
            deployment_id: Some(deployment.into()),
            percent_traffic: canary.percent_traffic.or(Some(0.0)),
            stage_variable_overrides: canary.stage_variable_overrides.clone(),
            use_stage_cache: canary.use_stage_cache.or(Some(false)),
        });
    } else {
        stage.deployment_id = Some(deployment.into());
    }
    stage.description = input.stage_description.clone().or(stage.description);
    stage.tracing_enabled = input.tracing_enabled.or(stage.tracing_enabled);
    stage.cache_cluster_enabled = input.cache_cluster_enabled.or(stage.cache_cluster_enabled);
    stage.cache_cluster_size = input.cache_cluster_size.clone().or(stage.cache_cluster_size);
    if let Some(variables) = &input.variables {
        stage.variables.get_or_insert_default().extend(variables.clone());
    }
    stage.last_updated_date = Some(tx.now);
    checked(&**tx, home, &stage)?;
    home.put(tx, name, &with_cache(stage));
    Ok(())
}

fn shown(reads: &impl Reads, api_id: &str, scope: &names::Scope, stage: api::Stage) -> Result<api::Stage> {
    let arn = tags::stage_arn(scope, api_id, stage.stage_name.as_deref().unwrap_or_default());
    let tags = service::tags::of(reads, scope, &arn)?;
    Ok(api::Stage { tags: Some(tags).filter(|tags| !tags.is_empty()), ..stage })
}

pub(crate) fn get(view: &View<'_>, input: &api::GetStageInput) -> Result<api::Stage> {
    let scope = view.scope();
    let home = apis::home(&**view, &scope, &input.rest_api_id)?;
    shown(&**view, &input.rest_api_id, &scope, home.find(&**view, &input.stage_name)?)
}

pub(crate) fn list(view: &View<'_>, input: &api::GetStagesInput) -> Result<api::GetStagesOutput> {
    let scope = view.scope();
    let home = apis::home(&**view, &scope, &input.rest_api_id)?;
    let all = home.all::<api::Stage>(&**view)?.into_iter();
    let wanted =
        all.filter(|stage| input.deployment_id.is_none() || stage.deployment_id == input.deployment_id);
    let shown = wanted.map(|stage| shown(&**view, &input.rest_api_id, &scope, stage));
    Ok(api::GetStagesOutput { item: Some(shown.collect::<Result<_>>()?) })
}

pub(crate) fn update(tx: &mut Tx<'_>, input: &api::UpdateStageInput) -> Result<api::Stage> {
    let scope = tx.scope();
    let home = apis::home(&**tx, &scope, &input.rest_api_id)?;
    let found: api::Stage = home.find(&**tx, &input.stage_name)?;
    let mut changes = patch::changes(&input.patch_operations)?;
    let mut changed = found;
    for change in &mut changes {
        if change.op == "copy" {
            changed = promoted(changed, change)?;
            continue;
        }
        name_setting(change);
        changed = patch::apply_changes(&changed, std::slice::from_ref(change), TABLE)?;
    }
    let changed =
        api::Stage { last_updated_date: Some(tx.now), created_date: changed.created_date, ..changed };
    checked(&**tx, home, &changed)?;
    let changed = with_cache(changed);
    home.put(tx, &input.stage_name, &changed);
    shown(&**tx, &input.rest_api_id, &scope, changed)
}

fn with_cache(stage: api::Stage) -> api::Stage {
    let caches = stage.cache_cluster_enabled == Some(true);
    let status = if caches { "AVAILABLE" } else { "NOT_AVAILABLE" };
    let size = stage.cache_cluster_size.or_else(|| caches.then(|| "0.5".into()));
    api::Stage {
        cache_cluster_enabled: Some(caches),
        cache_cluster_status: Some(status.into()),
        cache_cluster_size: size,
        ..stage
    }
}

/// A canary becomes the stage: its deployment, or its variables.
fn promoted(mut stage: api::Stage, change: &Change<'_>) -> Result<api::Stage> {
    let canary = stage.canary_settings.as_ref();
    let nothing = || errors::bad("Invalid patch path: the stage has no canary");
    match change.parts.join("/").as_str() {
        "deploymentId" => {
            let of_canary = canary.and_then(|canary| canary.deployment_id.clone());
            stage.deployment_id = Some(of_canary.ok_or_else(nothing)?);
        }
        "variables" => {
            let overrides = canary.ok_or_else(nothing)?.stage_variable_overrides.clone();
            stage.variables.get_or_insert_default().extend(overrides.unwrap_or_default());
        }
        _ => return Err(errors::bad(format!(
            "Invalid patch path  '{}' specified for op 'copy'. Must be one of: [/deploymentId, /variables]",
            change.path
        ))
        .into()),
    }
    Ok(stage)
}

/// `/{path}/{method}/throttling/rateLimit`, where the path is one part, as the stage has it.
fn name_setting(change: &mut Change<'_>) {
    let parts = &change.parts;
    let method = match parts.as_slice() {
        [path, verb, ..] if parts.len() == 4 => format!("{}/{verb}", path.trim_start_matches('/')),
        [path, verb] if change.op == "remove" && is_method(verb) => {
            format!("{}/{verb}", path.trim_start_matches('/'))
        }
        _ => return,
    };
    if parts.len() == 2 {
        change.parts = vec!["methodSettings".into(), method];
        return;
    }
    let name = parts[2..].join("/");
    if let Some((_, member)) = SETTINGS.iter().find(|(known, _)| *known == name) {
        change.parts = vec!["methodSettings".into(), method, (*member).into()];
    }
}

fn is_method(verb: &str) -> bool {
    verb == "*" || verb.chars().all(|c| c.is_ascii_uppercase())
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteStageInput) -> Result<api::DeleteStageOutput> {
    let scope = tx.scope();
    let home = apis::home(&**tx, &scope, &input.rest_api_id)?;
    home.find::<api::Stage>(&**tx, &input.stage_name)?;
    crate::domains::check_unmapped(tx, &input.rest_api_id, Some(&input.stage_name))?;
    home.delete::<api::Stage>(tx, &input.stage_name)?;
    crate::usage_plans::forget_stage(tx, &scope, &input.rest_api_id, Some(&input.stage_name))?;
    service::tags::forget(tx, &scope, &tags::stage_arn(&scope, &input.rest_api_id, &input.stage_name));
    Ok(api::DeleteStageOutput::default())
}
