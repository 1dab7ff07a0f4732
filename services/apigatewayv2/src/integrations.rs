//! Integrations: Lambda functions behind routes.

use api_apigatewayv2 as model;
use names::Arn;
use service::{Result, Tx, View};
use wire::Fault;

use crate::api::{self, HttpApi, Integration};
use crate::errors;

/// The longest wait for a function, and the default, in milliseconds.
pub(crate) const TIMEOUT_MS_MAX: i32 = 30_000;

/// The same members under another name: the model repeats them in each output.
macro_rules! output {
    ($output:ident, $shown:expr) => {{
        let shown = $shown;
        model::$output {
            connection_type: shown.connection_type,
            description: shown.description,
            integration_id: shown.integration_id,
            integration_method: shown.integration_method,
            integration_type: shown.integration_type,
            integration_uri: shown.integration_uri,
            payload_format_version: shown.payload_format_version,
            timeout_in_millis: shown.timeout_in_millis,
            ..model::$output::default()
        }
    }};
}

pub(crate) fn create(
    tx: &mut Tx<'_>,
    input: &model::CreateIntegrationInput,
) -> Result<model::CreateIntegrationOutput> {
    errors::refuse(&[
        ("IntegrationType other than AWS_PROXY", input.integration_type.as_str() != "AWS_PROXY"),
        ("IntegrationSubtype", input.integration_subtype.is_some()),
        (
            "ConnectionType VPC_LINK",
            input.connection_type.as_ref().is_some_and(|kind| kind.as_str() != "INTERNET"),
        ),
        ("ConnectionId", input.connection_id.is_some()),
        ("CredentialsArn", input.credentials_arn.is_some()),
        ("RequestParameters", input.request_parameters.is_some()),
        ("RequestTemplates", input.request_templates.is_some()),
        ("ResponseParameters", input.response_parameters.is_some()),
        ("TlsConfig", input.tls_config.is_some()),
    ])?;
    let mut api = HttpApi::find(&**tx, &tx.scope(), &input.api_id)?;
    let integration = Integration {
        uri: checked_uri(input.integration_uri.as_deref())?,
        description: input.description.clone(),
        payload_format: checked_format(input.payload_format_version.as_deref())?,
        timeout_ms: checked_timeout(input.timeout_in_millis)?,
    };
    let id = api::fresh_id(tx.random(), 7);
    api.integrations.insert(id.clone(), integration.clone());
    api.put(tx)?;
    Ok(output!(CreateIntegrationOutput, show(id, integration)))
}

/// The ARN of a function, also inside of the URI that REST APIs have for it.
pub(crate) fn checked_uri(uri: Option<&str>) -> Result<String, Fault> {
    let uri = uri.ok_or_else(|| errors::bad("Integration URI is required"))?;
    let inner = uri.split_once("/functions/").and_then(|(_, rest)| rest.strip_suffix("/invocations"));
    let function = inner.unwrap_or(uri);
    match function.parse::<Arn>() {
        Ok(arn) if arn.service() == "lambda" => Ok(function.to_owned()),
        _ => Err(errors::bad("Invalid Integration URI specified: it must be the ARN of a Lambda function")),
    }
}

fn checked_format(version: Option<&str>) -> Result<String, Fault> {
    match version {
        Some("1.0" | "2.0") => Ok(version.unwrap_or_default().to_owned()),
        // Required by HTTP APIs, as AWS says it.
        None => Err(errors::bad("PayloadFormatVersion is a required parameter for integration")),
        Some(_) => Err(errors::bad("PayloadFormatVersion must be 1.0 or 2.0")),
    }
}

fn checked_timeout(timeout_ms: Option<i32>) -> Result<i32, Fault> {
    let timeout_ms = timeout_ms.unwrap_or(TIMEOUT_MS_MAX);
    if (50..=TIMEOUT_MS_MAX).contains(&timeout_ms) {
        return Ok(timeout_ms);
    }
    Err(errors::bad(format!("Timeout should be between 50 ms and {TIMEOUT_MS_MAX} ms")))
}

pub(crate) fn get(
    view: &View<'_>,
    input: &model::GetIntegrationInput,
) -> Result<model::GetIntegrationOutput> {
    let mut api = HttpApi::find(&**view, &view.scope(), &input.api_id)?;
    let id = &input.integration_id;
    let integration = api.integrations.remove(id).ok_or_else(|| errors::not_found("Integration", id))?;
    Ok(output!(GetIntegrationOutput, show(id.clone(), integration)))
}

pub(crate) fn list(
    view: &View<'_>,
    input: &model::GetIntegrationsInput,
) -> Result<model::GetIntegrationsOutput> {
    let api = HttpApi::find(&**view, &view.scope(), &input.api_id)?;
    let (max_results, token) = (input.max_results.as_deref(), input.next_token.as_deref());
    let pages = api::pages("apigatewayv2:GetIntegrations", max_results, token)?;
    let page = pages.of_sorted(view, api.integrations, |id, integration| Ok(show(id, integration)))?;
    Ok(model::GetIntegrationsOutput { items: Some(page.items), next_token: page.next_token })
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &model::DeleteIntegrationInput,
) -> Result<model::DeleteIntegrationOutput> {
    let mut api = HttpApi::find(&**tx, &tx.scope(), &input.api_id)?;
    let id = &input.integration_id;
    if api.routes.values().any(|route| route.integration.as_ref() == Some(id)) {
        return Err(errors::conflict("Cannot delete Integration, there is a Route that targets it").into());
    }
    api.integrations.remove(id).ok_or_else(|| errors::not_found("Integration", id))?;
    api.put(tx)?;
    Ok(model::DeleteIntegrationOutput::default())
}

fn show(id: String, integration: Integration) -> model::Integration {
    model::Integration {
        connection_type: Some("INTERNET".into()),
        description: integration.description,
        integration_id: Some(id),
        integration_method: Some("POST".into()),
        integration_type: Some("AWS_PROXY".into()),
        integration_uri: Some(integration.uri),
        payload_format_version: Some(integration.payload_format),
        timeout_in_millis: Some(integration.timeout_ms),
        ..model::Integration::default()
    }
}
