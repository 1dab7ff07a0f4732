//! Integrations: what is behind a method, and how its answers become responses.

use api_apigateway as api;
use names::Scope;
use service::{Result, Tx, View};
use store::Reads;
use wire::Fault;

use crate::document::{self, Home};
use crate::errors;
use crate::methods::{self, Place};
use crate::patch::{self, ENTRY, REPLACE, Table, VALUE};

const TABLE: Table = &[
    ("/type", REPLACE),
    ("/httpMethod", REPLACE),
    ("/uri", REPLACE),
    ("/connectionType", REPLACE),
    ("/connectionId", REPLACE),
    ("/integrationTarget", REPLACE),
    ("/credentials", ENTRY),
    ("/passthroughBehavior", REPLACE),
    ("/contentHandling", ENTRY),
    ("/timeoutInMillis", REPLACE),
    ("/cacheNamespace", REPLACE),
    ("/cacheKeyParameters/*", VALUE),
    ("/requestParameters/*", ENTRY),
    ("/requestTemplates/*", ENTRY),
    ("/tlsConfig/insecureSkipVerification", REPLACE),
];

const RESPONSE: Table = &[
    ("/selectionPattern", ENTRY),
    ("/contentHandling", ENTRY),
    ("/responseParameters/*", ENTRY),
    ("/responseTemplates/*", ENTRY),
];

/// How long an integration may take, unless it says so itself.
pub(crate) const TIMEOUT_MS: i32 = 29_000;

fn missing() -> Fault {
    errors::missing("Invalid Integration identifier specified")
}

/// Refuses what an integration may not be.
pub(crate) fn checked(integration: &api::Integration) -> Result<(), Fault> {
    let kind = integration.r#type.as_ref().map(api::IntegrationType::as_str).unwrap_or_default();
    let uri = integration.uri.as_deref().unwrap_or_default();
    match kind {
        "MOCK" => {}
        "AWS" | "AWS_PROXY" => check_arn(uri, kind == "AWS_PROXY")?,
        "HTTP" | "HTTP_PROXY" => check_url(uri, integration)?,
        _ => {
            return Err(errors::bad(
                "Enumeration value for IntegrationType must be one of [HTTP, AWS, MOCK, HTTP_PROXY, AWS_PROXY]",
            ));
        }
    }
    if kind != "MOCK" && integration.http_method.as_deref().unwrap_or_default().is_empty() {
        return Err(errors::bad("Enumeration value for HttpMethod must be non-empty"));
    }
    let passes = integration.passthrough_behavior.as_deref().unwrap_or("WHEN_NO_MATCH");
    if !["WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"].contains(&passes) {
        return Err(errors::bad(
            "Invalid passthrough behavior specified. Must be one of: WHEN_NO_MATCH, WHEN_NO_TEMPLATES, NEVER",
        ));
    }
    if !(50..=300_000).contains(&integration.timeout_in_millis.unwrap_or(TIMEOUT_MS)) {
        return Err(errors::bad("Timeout should be between 50 ms and 29000 ms"));
    }
    let streams = integration.response_transfer_mode.as_ref().is_some_and(|mode| mode.as_str() == "STREAM");
    let trusts_all = integration.tls_config.as_ref().and_then(|tls| tls.insecure_skip_verification);
    errors::refuse(&[
        ("responseTransferMode STREAM", streams),
        ("tlsConfig.insecureSkipVerification", trusts_all == Some(true)),
        ("integrationTarget", integration.integration_target.is_some()),
    ])
}

/// `arn:aws:apigateway:us-east-1:sqs:path/…`.
fn check_arn(uri: &str, is_proxy: bool) -> Result<(), Fault> {
    let parts: Vec<&str> = uri.splitn(6, ':').collect();
    let ["arn", _, "apigateway", _, service, rest] = parts[..] else {
        return Err(errors::bad("Invalid ARN specified in the request"));
    };
    if !rest.starts_with("path/") && !rest.starts_with("action/") {
        return Err(errors::bad("AWS ARN for integration must contain path or action"));
    }
    if is_proxy && !["lambda", "firehose"].contains(&service) {
        return Err(errors::bad(
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
        ));
    }
    Ok(())
}

/// A VPC link stands between.
fn is_linked(integration: &api::Integration) -> bool {
    integration.connection_type.as_ref().is_some_and(|kind| kind.as_str() == "VPC_LINK")
}

/// The link that an integration names is there. Which one is meant may be a stage variable's to say.
pub(crate) fn check_link(reads: &impl Reads, scope: &Scope, integration: &api::Integration) -> Result<()> {
    let link = integration.connection_id.as_deref().filter(|_| is_linked(integration));
    match link.filter(|link| !link.contains("${")) {
        Some(link) => Home::Of(scope).find::<api::VpcLink>(reads, link).map(drop),
        None => Ok(()),
    }
}

fn check_url(uri: &str, integration: &api::Integration) -> Result<(), Fault> {
    let is_url = uri.starts_with("http://") || uri.starts_with("https://") || uri.starts_with("${");
    if !is_url || uri.len() > 2048 {
        return Err(errors::bad("Invalid HTTP endpoint specified for URI"));
    }
    if is_linked(integration) && integration.connection_id.as_deref().unwrap_or_default().is_empty() {
        return Err(errors::bad("VpcLink id must be specified for integrations of connection type VPC_LINK"));
    }
    Ok(())
}

pub(crate) fn put(tx: &mut Tx<'_>, input: &api::PutIntegrationInput) -> Result<api::Integration> {
    let mut place = Place::of(tx, &input.rest_api_id, &input.resource_id, &input.http_method)?;
    let made: api::Integration = document::made_of(input)?;
    let made = with_defaults(made, &input.resource_id);
    let method = place.method()?;
    checked(&made)?;
    check_link(&**tx, &tx.scope(), &made)?;
    method.method_integration = Some(made.clone());
    place.put(tx);
    Ok(made)
}

/// What an integration has that does not say so.
pub(crate) fn with_defaults(made: api::Integration, resource_id: &str) -> api::Integration {
    api::Integration {
        passthrough_behavior: made.passthrough_behavior.or_else(|| Some("WHEN_NO_MATCH".into())),
        timeout_in_millis: made.timeout_in_millis.or(Some(TIMEOUT_MS)),
        cache_namespace: made.cache_namespace.or_else(|| Some(resource_id.to_owned())),
        cache_key_parameters: Some(made.cache_key_parameters.unwrap_or_default()),
        ..made
    }
}

pub(crate) fn get(view: &View<'_>, input: &api::GetIntegrationInput) -> Result<api::Integration> {
    let method = methods::find(view, &input.rest_api_id, &input.resource_id, &input.http_method)?;
    Ok(method.method_integration.ok_or_else(missing)?)
}

pub(crate) fn update(tx: &mut Tx<'_>, input: &api::UpdateIntegrationInput) -> Result<api::Integration> {
    let mut place = Place::of(tx, &input.rest_api_id, &input.resource_id, &input.http_method)?;
    let integration = place.method()?.method_integration.as_mut().ok_or_else(missing)?;
    let changed = patch::apply(integration, &input.patch_operations, TABLE)?;
    checked(&changed)?;
    check_link(&**tx, &tx.scope(), &changed)?;
    *integration = changed.clone();
    place.put(tx);
    Ok(changed)
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteIntegrationInput,
) -> Result<api::DeleteIntegrationOutput> {
    let mut place = Place::of(tx, &input.rest_api_id, &input.resource_id, &input.http_method)?;
    place.method()?.method_integration.take().ok_or_else(missing)?;
    place.put(tx);
    Ok(api::DeleteIntegrationOutput::default())
}

pub(crate) fn put_response(
    tx: &mut Tx<'_>,
    input: &api::PutIntegrationResponseInput,
) -> Result<api::IntegrationResponse> {
    let mut place = Place::of(tx, &input.rest_api_id, &input.resource_id, &input.http_method)?;
    let response: api::IntegrationResponse = document::made_of(input)?;
    let response = api::IntegrationResponse { status_code: Some(input.status_code.clone()), ..response };
    let method = place.method()?;
    methods::check_status(&input.status_code)?;
    let known = method.method_responses.as_ref().and_then(|known| known.get(&input.status_code)).cloned();
    let integration = method.method_integration.as_mut().ok_or_else(missing)?;
    if known.is_none() {
        return Err(errors::missing("Invalid Response status code specified").into());
    }
    check_mappings(&response, known.as_ref())?;
    check_selection(&response)?;
    integration
        .integration_responses
        .get_or_insert_default()
        .insert(input.status_code.clone(), response.clone());
    place.put(tx);
    Ok(response)
}

/// Headers that are set must be declared by the method's response.
fn check_mappings(
    response: &api::IntegrationResponse,
    known: Option<&api::MethodResponse>,
) -> Result<(), Fault> {
    let declared = known.and_then(|known| known.response_parameters.as_ref());
    for (name, source) in response.response_parameters.iter().flatten() {
        let wrong = |what: &str| {
            errors::bad(format!(
                "Invalid mapping expression specified: Validation Result: warnings : [], errors : [{what}: {name}]"
            ))
        };
        if !declared.is_some_and(|declared| declared.contains_key(name)) {
            return Err(wrong("Invalid mapping expression parameter specified"));
        }
        if !is_source(source, "integration.response.") {
            return Err(wrong("Invalid mapping expression specified"));
        }
    }
    Ok(())
}

/// A text in quotes, or where a value comes from.
pub(crate) fn is_source(source: &str, side: &str) -> bool {
    let quoted = source.len() > 1 && source.starts_with('\'') && source.ends_with('\'');
    quoted || [side, "context.", "stageVariables."].iter().any(|start| source.starts_with(start))
}

fn check_selection(response: &api::IntegrationResponse) -> Result<(), Fault> {
    let pattern = response.selection_pattern.as_deref().unwrap_or_default();
    fancy_regex::Regex::new(pattern)
        .map(|_| ())
        .map_err(|_| errors::bad("Invalid selection pattern specified"))
}

pub(crate) fn get_response(
    view: &View<'_>,
    input: &api::GetIntegrationResponseInput,
) -> Result<api::IntegrationResponse> {
    let method = methods::find(view, &input.rest_api_id, &input.resource_id, &input.http_method)?;
    let responses = method.method_integration.ok_or_else(missing)?.integration_responses;
    let found = responses.and_then(|mut responses| responses.remove(&input.status_code));
    Ok(found.ok_or_else(methods::no_response)?)
}

pub(crate) fn update_response(
    tx: &mut Tx<'_>,
    input: &api::UpdateIntegrationResponseInput,
) -> Result<api::IntegrationResponse> {
    let mut place = Place::of(tx, &input.rest_api_id, &input.resource_id, &input.http_method)?;
    let method = place.method()?;
    let known = method.method_responses.as_ref().and_then(|known| known.get(&input.status_code)).cloned();
    let integration = method.method_integration.as_mut().ok_or_else(missing)?;
    let responses = integration.integration_responses.get_or_insert_default();
    let response = responses.get_mut(&input.status_code).ok_or_else(methods::no_response)?;
    let changed: api::IntegrationResponse = patch::apply(response, &input.patch_operations, RESPONSE)?;
    check_mappings(&changed, known.as_ref())?;
    check_selection(&changed)?;
    *response = changed.clone();
    place.put(tx);
    Ok(changed)
}

pub(crate) fn delete_response(
    tx: &mut Tx<'_>,
    input: &api::DeleteIntegrationResponseInput,
) -> Result<api::DeleteIntegrationResponseOutput> {
    let mut place = Place::of(tx, &input.rest_api_id, &input.resource_id, &input.http_method)?;
    let integration = place.method()?.method_integration.as_mut().ok_or_else(missing)?;
    let responses = integration.integration_responses.get_or_insert_default();
    responses.remove(&input.status_code).ok_or_else(methods::no_response)?;
    place.put(tx);
    Ok(api::DeleteIntegrationResponseOutput::default())
}
