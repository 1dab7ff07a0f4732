//! APIs are made, shown and deleted.

use api_apigatewayv2 as model;
use service::{Result, Tx, View};
use store::{Direction, Reads as _};
use wire::Timestamp;

use crate::api::{self, HttpApi, Integration, Route, Stage};
use crate::{errors, integrations, keys, routes};

/// How an HTTP API selects routes; it cannot be changed.
const ROUTE_SELECTION: &str = "$request.method $request.path";

/// The same members under another name: the model repeats an API's members in each output.
macro_rules! output {
    ($output:ident, $api:expr) => {{
        let api = $api;
        model::$output {
            api_endpoint: api.api_endpoint,
            api_id: api.api_id,
            created_date: api.created_date,
            description: api.description,
            disable_execute_api_endpoint: api.disable_execute_api_endpoint,
            name: Some(api.name),
            protocol_type: Some(api.protocol_type),
            route_selection_expression: Some(api.route_selection_expression),
            tags: api.tags,
            version: api.version,
            ..model::$output::default()
        }
    }};
}

pub(crate) fn create(tx: &mut Tx<'_>, input: &model::CreateApiInput) -> Result<model::CreateApiOutput> {
    errors::refuse(&[
        ("ProtocolType WEBSOCKET", input.protocol_type.as_str() != "HTTP"),
        ("CorsConfiguration", input.cors_configuration.is_some()),
        ("CredentialsArn", input.credentials_arn.is_some()),
        ("DisableExecuteApiEndpoint", input.disable_execute_api_endpoint == Some(true)),
        ("IpAddressType", input.ip_address_type.as_ref().is_some_and(|kind| kind.as_str() != "ipv4")),
        ("ApiKeySelectionExpression", input.api_key_selection_expression.is_some()),
    ])?;
    if input.route_selection_expression.as_deref().is_some_and(|expression| expression != ROUTE_SELECTION) {
        return Err(errors::bad("Only $request.method $request.path is supported as a route selection expression for HTTP protocol Api").into());
    }
    if input.name.is_empty() || input.name.chars().count() > 128 {
        return Err(errors::bad("Name must be between 1 and 128 characters").into());
    }
    let mut api = HttpApi {
        scope: tx.scope(),
        id: api::fresh_id(tx.random(), 10),
        name: input.name.clone(),
        description: input.description.clone(),
        version: input.version.clone(),
        tags: input.tags.clone().unwrap_or_default(),
        created_ms: tx.now.millis(),
        integrations: Default::default(),
        routes: Default::default(),
        stages: Default::default(),
    };
    quick_create(tx, input, &mut api)?;
    api.put(tx)?;
    tx.put(keys::list(&api.scope).str(&api.id), Vec::new());
    Ok(output!(CreateApiOutput, show(api, &tx.context.caller.endpoint)))
}

/// With a target, an API comes with a route to it and a stage.
fn quick_create(tx: &Tx<'_>, input: &model::CreateApiInput, api: &mut HttpApi) -> Result<()> {
    let Some(target) = &input.target else {
        return Ok(errors::refuse(&[("RouteKey without Target", input.route_key.is_some())])?);
    };
    let key = input.route_key.as_deref().unwrap_or("$default");
    routes::check_key(key)?;
    let integration_id = api::fresh_id(tx.random(), 7);
    let integration = Integration {
        uri: integrations::checked_uri(Some(target))?,
        description: None,
        payload_format: "2.0".into(),
        timeout_ms: integrations::TIMEOUT_MS_MAX,
    };
    let route =
        Route { key: key.to_owned(), integration: Some(integration_id.clone()), operation_name: None };
    api.integrations.insert(integration_id, integration);
    api.routes.insert(api::fresh_id(tx.random(), 7), route);
    let stage = Stage {
        description: None,
        variables: Default::default(),
        tags: Default::default(),
        created_ms: tx.now.millis(),
    };
    api.stages.insert("$default".into(), stage);
    Ok(())
}

pub(crate) fn get(view: &View<'_>, input: &model::GetApiInput) -> Result<model::GetApiOutput> {
    let api = HttpApi::find(&**view, &view.scope(), &input.api_id)?;
    Ok(output!(GetApiOutput, show(api, &view.context.caller.endpoint)))
}

pub(crate) fn list(view: &View<'_>, input: &model::GetApisInput) -> Result<model::GetApisOutput> {
    let mut apis = Vec::new();
    for entry in view.scan(keys::list(&view.scope()).prefix_range(), Direction::Forward) {
        let id = keys::id_of(&entry?.0)?;
        if let Some(api) = view.get_record::<HttpApi>(&keys::api(&id))? {
            apis.push((id, api));
        }
    }
    let wish = ("apigatewayv2:GetApis", input.max_results.as_deref(), input.next_token.as_deref());
    let endpoint = &view.context.caller.endpoint;
    let tokens = &view.context.cloud.page_tokens;
    let (items, next_token) = api::page(apis.into_iter(), wish, tokens, |_, api| show(api, endpoint))?;
    Ok(model::GetApisOutput { items: Some(items), next_token })
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &model::DeleteApiInput) -> Result<model::DeleteApiOutput> {
    let api = HttpApi::find(&**tx, &tx.scope(), &input.api_id)?;
    tx.delete(keys::api(&api.id));
    tx.delete(keys::list(&api.scope).str(&api.id));
    Ok(model::DeleteApiOutput::default())
}

/// As the API shows it. Its address is a host below `localhost`, which every system resolves to this machine, at the
/// port by which the client came.
fn show(api: HttpApi, endpoint: &str) -> model::Api {
    let (scheme, host) = endpoint.split_once("://").unwrap_or(("http", endpoint));
    let port = host.rsplit_once(':').map(|(_, port)| format!(":{port}")).unwrap_or_default();
    model::Api {
        api_endpoint: Some(format!("{scheme}://{}.execute-api.localhost{port}", api.id)),
        api_id: Some(api.id),
        created_date: Some(Timestamp(api.created_ms)),
        description: api.description,
        disable_execute_api_endpoint: Some(false),
        name: api.name,
        protocol_type: "HTTP".into(),
        route_selection_expression: ROUTE_SELECTION.into(),
        tags: Some(api.tags),
        version: api.version,
        ..model::Api::default()
    }
}
